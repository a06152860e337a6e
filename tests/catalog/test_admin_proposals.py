"""A curator takes, changes or turns down what readers propose."""

import pytest
from django.urls import reverse

from catalog import curation
from catalog.models import Editorship, Link, Paper, Placement, Proposal, Topic
from tests.factories import make_catalogue, make_paper, make_staff, make_topic, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper():
    return make_paper(
        "Longformer: The Long-Document Transformer",
        authors=["Iz Beltagy", "Arman Cohan"],
        topics=[make_topic("Sparse Attention")],
        arxiv="2004.05150",
        repository="allenai/longformer",
        venue=make_venue("arXiv"),
        year=2020,
        abstract="We present a model.",
    )


def propose(paper=None, before=None, **after):
    return Proposal.objects.create(
        kind="fix", paper=paper, before=before or {}, after=after, credit="Ada L."
    )


def page(proposal):
    return reverse("admin:catalog_proposal_change", args=[proposal.pk])


def decide(client, proposal, *names, **more):
    values = {f"take-{name}": "on" for name in names}
    return client.post(page(proposal), values | {"_accept": "1"} | more, follow=True)


def test_a_correction_is_shown_word_by_word(client, curator, paper):
    proposal = propose(
        paper,
        {"title": paper.title},
        title="Longformer: A Long-Document Transformer",
    )
    text = client.get(page(proposal)).text
    assert "<del>The</del><ins>A</ins>" in text
    assert "It was changed since" not in text


def test_what_is_taken_is_the_curators_word(client, curator, paper):
    proposal = propose(
        paper,
        {"venue": "arXiv", "year": "2020", "abstract": "We present a model."},
        venue="ACL",
        year="2021",
        abstract="We present a better model.",
    )
    response = decide(client, proposal, "venue", "year", answer="Thank you.")
    assert "Taken over." in response.text
    paper.refresh_from_db()
    assert (paper.venue.name, paper.year, paper.abstract) == ("ACL", 2021, "We present a model.")
    said = {row.field: (row.source, row.locked) for row in paper.provenance.all()}
    assert said == {"venue": ("curator", True), "year": ("curator", True)}
    proposal.refresh_from_db()
    assert (proposal.status, set(proposal.taken)) == ("partly", {"venue", "year"})
    assert (proposal.decided_by, proposal.answer) == (curator, "Thank you.")
    seen = client.get(proposal.get_absolute_url()).text
    assert "Accepted in part" in seen
    assert "Thank you." in seen
    assert "Ada L." in client.get(paper.get_absolute_url()).text


def test_the_curator_changes_it_before_taking_it(client, curator, paper):
    proposal = propose(paper, {"title": paper.title}, title="longformer")
    decide(client, proposal, "title", **{"value-title": "Longformer"}, credit="")
    paper.refresh_from_db()
    assert paper.title == "Longformer"
    assert paper.aliases.get().title == "Longformer: The Long-Document Transformer"
    proposal.refresh_from_db()
    assert (proposal.status, proposal.credit) == ("accepted", "")


def test_authors_that_stay_are_the_same_people(client, curator, paper):
    first = paper.authorships.get(printed_name="Iz Beltagy").author
    proposal = propose(
        paper,
        {"authors": "Iz Beltagy\nArman Cohan"},
        authors="Iz Beltagy\nMatthew E. Peters\nArman Cohan",
    )
    decide(client, proposal, "authors")
    names = list(paper.authorships.values_list("printed_name", flat=True))
    assert names == ["Iz Beltagy", "Matthew E. Peters", "Arman Cohan"]
    assert paper.authorships.get(position=1).author == first
    assert paper.provenance.get(field="authors").locked


def test_links_code_and_identifiers_change_by_what_came_and_went(client, curator, paper):
    Link.objects.create(paper=paper, kind="blog", url="https://example.org/kept", source="list")
    proposal = propose(
        paper,
        {
            "links": "https://example.org/old",
            "repositories": "https://github.com/allenai/longformer",
            "identifiers": "arxiv:2004.05150",
        },
        links="https://example.org/new",
        repositories="https://github.com/allenai/longformer2",
        identifiers="arxiv:2004.05150\ndoi:10.1000/x",
    )
    decide(client, proposal, "links", "repositories", "identifiers")
    current = set(Link.objects.current().values_list("url", flat=True))
    assert current == {"https://example.org/kept", "https://example.org/new"}
    code = [row.repository.name for row in paper.repository_links.filter(retired_at=None)]
    assert code == ["longformer2"]
    assert {str(row) for row in paper.identifiers.all()} == {"arxiv:2004.05150", "doi:10.1000/x"}


@pytest.mark.parametrize(("prefix", "left"), [("", 2), ("=", 1)])
def test_a_topic_is_added_or_put_in_the_place_of_others(client, curator, paper, prefix, left):
    topic = make_topic("Memory")
    proposal = propose(paper, topic=f"{prefix}{topic.pk}")
    assert "Memory, instead of them" in client.get(page(proposal)).text
    decide(client, proposal, "topic")
    places = Placement.objects.current().filter(paper=paper)
    assert places.count() == left
    assert places.filter(topic=topic).exists()
    assert places.get(is_primary=True).topic == (topic if prefix else places.exclude(topic=topic).get().topic)  # fmt: skip


def test_a_fact_that_changed_since_is_warned_of_and_not_ticked(client, curator, paper):
    proposal = propose(paper, {"year": "2019"}, year="2021")
    text = client.get(page(proposal)).text
    assert "It was changed since." in text
    assert 'name="take-year">' in text


def test_the_same_work_is_merged_first(client, curator, paper):
    other = make_paper("Longformer")
    proposal = propose(paper, same_as=str(other.pk))
    assert f"?ids={paper.pk},{other.pk}" in client.get(page(proposal)).text
    assert "Merge the two papers first" in decide(client, proposal, "same_as").text
    curation.merge_papers(paper, [other])
    assert "Taken over." in decide(client, proposal, "same_as").text


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"title": "  "}, "A paper has a title."),
        ({"year": "abc"}, "between 1800 and 2200"),
        ({"identifiers": "nonsense"}, "is no identifier"),
        ({"repositories": "nonsense"}, "github.com/owner/name"),
        ({"links": "nonsense"}, "no address of a web page"),
        ({"topic": "999999"}, "here no more"),
        ({"venue": "x" * 200}, "too long"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_line_and_nothing_is_written(
    client, curator, paper, after, words
):
    proposal = propose(paper, abstract="New.", **after)
    response = decide(client, proposal, "abstract", *after)
    assert response.status_code == 400
    assert words in response.text
    paper.refresh_from_db()
    assert paper.abstract == "We present a model."
    proposal.refresh_from_db()
    assert proposal.is_open


def test_nothing_ticked_is_told(client, curator, paper):
    assert "Tick what to take over" in decide(client, propose(paper, year="2021")).text


def test_turned_down_with_an_answer(client, curator, paper):
    proposal = propose(paper, year="2021")
    client.post(page(proposal), {"_reject": "1", "answer": "It appeared in 2020."})
    seen = client.get(proposal.get_absolute_url()).text
    assert "Not taken" in seen
    assert "It appeared in 2020." in seen
    assert Paper.objects.get().year == 2020


def test_two_curators_decide_once(client, curator, paper):
    proposal = propose(paper, year="2021")
    curation.reject_proposal(proposal, curator)
    assert "is decided already" in decide(client, proposal, "year").text
    with pytest.raises(curation.Refused, match="decided already"):
        curation.accept_fields(proposal, {"year": "2021"}, curator)


def test_a_topics_name_and_description_are_taken(client, curator):
    topic = make_topic("Sparse Atention")
    proposal = Proposal.objects.create(kind="topic", topic=topic, before={"name": "Sparse Atention"}, after={"name": "Sparse Attention"})  # fmt: skip
    decide(client, proposal, "name")
    topic.refresh_from_db()
    assert (topic.name, topic.curated) == ("Sparse Attention", True)
    assert Topic.objects.count() == 1


def test_a_paper_that_is_gone_or_was_merged(client, curator, paper):
    survivor = make_paper("Survivor", year=2020)
    proposal = propose(paper, {"year": "2020"}, year="2021")
    curation.merge_papers(survivor, [paper])
    decide(client, proposal, "year")
    survivor.refresh_from_db()
    assert survivor.year == 2021
    orphan = propose(None, {"year": "2020"}, year="2021")
    assert "here no more" in client.get(page(orphan)).text
    assert "here no more" in decide(client, orphan, "year").text


def test_many_are_turned_down_at_once(client, curator, paper):
    rows = [propose(paper, year=str(year)) for year in (2021, 2022)]
    keys = [row.pk for row in rows]
    values = {"action": "reject_selected", "_selected_action": keys}
    client.post(reverse("admin:catalog_proposal_changelist"), values)
    assert set(Proposal.objects.values_list("status", flat=True)) == {"rejected"}


def test_hostile_text_is_escaped(client, curator, paper):
    hostile = "<script>alert(1)</script>"
    proposal = propose(paper, {"title": hostile}, title=hostile + "x", other=hostile)
    Proposal.objects.update(note=hostile, credit=hostile, seen_at="javascript:alert(1)")
    for address in (page(proposal), reverse("admin:catalog_proposal_changelist")):
        text = client.get(address).text
        assert hostile not in text
        assert 'href="javascript' not in text


def test_who_may_look_and_who_may_decide(client, paper):
    proposal = propose(paper, {"year": "2020"}, year="2021")
    values = {"take-year": "on", "_accept": "1"}
    assert client.post(page(proposal), values).status_code == 302  # to the login
    client.force_login(make_staff(name="nobody"))
    assert client.get(page(proposal)).status_code == 403
    client.force_login(make_staff("view_proposal", name="reader"))
    assert "may not decide" in client.get(page(proposal)).text
    assert client.post(page(proposal), values).status_code == 403
    client.force_login(make_staff("view_proposal", "change_proposal", name="half"))
    assert client.post(page(proposal), values).status_code == 403
    editor = make_staff("view_proposal", "change_proposal", "change_paper", name="editor")
    editorship = Editorship.objects.create(user=editor, catalogue=make_catalogue("other"))
    client.force_login(editor)
    assert "may not decide" in client.get(page(proposal)).text
    assert client.post(page(proposal), values).status_code == 403
    assert not client.get(reverse("admin:catalog_proposal_changelist")).context["cl"].result_count
    editorship.catalogue = make_catalogue()
    editorship.save()
    client.post(page(proposal), values)
    paper.refresh_from_db()
    assert paper.year == 2021


def test_the_list_asks_no_more_for_more_rows(client, curator, django_assert_max_num_queries):
    for number in range(30):
        propose(make_paper(), {"year": ""}, year=str(2000 + number))
    with django_assert_max_num_queries(20):
        client.get(reverse("admin:catalog_proposal_changelist"))
    assert "30 proposals from readers" in client.get(reverse("admin:index")).text
