"""Where the old addresses of topics lead, whatever became of them."""

import pytest
from django.urls import reverse

from catalog import curation
from catalog.curation import Part, Place
from catalog.models import Topic, TreeChange
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db


def undo(change: TreeChange | None) -> TreeChange | None:
    assert change
    return curation.undo_tree_change(change)


def follow(client, path: str) -> tuple[str, str]:
    """Where an address leads at last, and what the page there says of it."""
    answer = client.get(f"/topics/long-context/{path}/", follow=True)
    note = answer.text.partition('role="status">“')[2].partition("<")[0]
    return answer.request["PATH_INFO"].removeprefix("/topics/long-context/"), note.strip()


def test_a_retired_topic_leads_to_the_nearest_above_that_is_left_and_its_page_says_so(client):
    top = make_topic("Attention")
    middle = make_topic("Sparse", top)
    below = make_topic("Windows", middle)
    curation.rename_topic(below, "Sliding")
    for topic in (below, middle):
        curation.retire_topic(topic)
    for old in ("attention/sparse/windows", "attention/sparse/sliding"):
        page, note = follow(client, old)
        assert page == "attention/"
        assert note.startswith("Sliding” was taken out of this catalogue on ")
        assert note.endswith(". This is the nearest topic above it.")
    curation.retire_topic(top)
    assert follow(client, "attention/sparse")[0] == ""
    assert follow(client, "attention/sparse")[1].endswith("These are the topics that there are.")
    first = client.get("/topics/long-context/attention/sparse/?sort=title")
    assert (first.status_code, first["Cache-Control"]) == (302, "no-cache")
    assert first["Location"] == "/topics/long-context/?was=attention%2Fsparse&sort=title"
    assert client.get("/trends/long-context/attention/")["Location"] == "/trends/long-context/"
    curation.bring_back_topic(below)
    assert follow(client, "attention/sparse/windows") == ("attention/sparse/sliding/", "")


def test_the_papers_of_a_topic_that_is_gone_are_not_another_s(client):
    topic = make_topic("Sparse", make_topic("Attention"))
    curation.retire_topic(topic)
    answer = client.get("/topics/long-context/attention/sparse.bib")
    assert answer.status_code == 410
    assert answer.text == "“Sparse” is no topic of this catalogue any more.\n"


def test_an_address_follows_a_chain_of_merges_to_what_its_end_became(client):
    one, two, three = make_topic("One"), make_topic("Two"), make_topic("Three", make_topic("Top"))
    first = curation.merge_topics(one, two)
    second = curation.merge_topics(two, three)
    assert follow(client, "one") == follow(client, "two") == ("top/three/", "")
    assert "“One” was merged into it on" in client.get("/topics/long-context/top/three/").text
    curation.retire_topic(three)
    assert follow(client, "one") == (
        "top/",
        "One” was merged into “Three”, which was taken out of this catalogue since. "
        "This is the nearest topic above it.",
    )
    curation.bring_back_topic(three)
    undo(second)
    assert follow(client, "one") == ("two/", "")
    undo(first)
    assert follow(client, "one") == ("one/", "")


def test_an_old_address_stays_its_topic_s_when_another_takes_the_name(client):
    topic = make_topic("Prompt")
    curation.rename_topic(topic, "Prompting")
    other = curation.add_topic(topic.catalogue, "Prompt", Place(None))
    assert follow(client, "prompt") == ("prompting/", "")
    assert follow(client, "prompt-2") == ("prompt-2/", "")
    undo(other)
    curation.rename_topic(topic, "Prompt")
    assert follow(client, "prompting") == follow(client, "prompt") == ("prompt/", "")


def test_what_a_split_made_and_its_undoing_took_away_leads_back(client):
    topic = make_topic("Sparse")
    paper = make_paper(topics=[topic])
    change = curation.split_topic(topic, [Part("Windows", (paper.pk,))])
    assert follow(client, "sparse/windows") == ("sparse/windows/", "")
    undone = undo(change)
    assert not Topic.objects.filter(name="Windows").exists()
    page, note = follow(client, "sparse/windows")
    assert page == "sparse/"
    assert note.startswith("Windows” was taken out")
    undo(undone)
    assert follow(client, "sparse/windows") == ("sparse/windows/", "")


def test_a_page_says_nothing_of_topics_whose_address_did_not_lead_to_it(client):
    topic, other = make_topic("Sparse"), make_topic("Other")
    gone = make_topic("Gone", topic)
    curation.retire_topic(gone)
    for page in (other, make_catalogue()):
        for was in (gone.path, topic.path, "x", "\x00", "y" * 3000, ""):
            answer = client.get(page.get_absolute_url(), {"was": was})
            assert answer.status_code == 200
            assert "taken out" not in answer.text
    assert client.get(reverse("topic-detail", args=["other", "gone"])).status_code == 404
