"""Splitting a topic: by hand, by a search, by groups of vectors."""

import numpy
import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.models import Paper, Placement, Topic, TreeChange
from search import serving
from search.clusters import suggest_clusters
from search.embeddings import configured_model
from search.index import refresh_words
from search.models import Embedding
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db

TITLES = {
    "retrieval": [
        "Dense passage retrieval for open questions", "Passage retrieval with long readers",
        "Learning passage retrieval", "Passage retrieval at scale",
    ],
    "caches": [
        "KV cache eviction by attention", "Compressing the KV cache", "KV cache quantisation",
        "Sharing the KV cache between layers", "A KV cache for streams",
    ],
}  # fmt: skip


@pytest.fixture
def topic(client) -> Topic:
    client.force_login(User.objects.create_superuser("jane"))
    topic = make_topic("Systems")
    for titles in TITLES.values():
        for title in titles:
            make_paper(title, topics=[topic])
    return topic


@pytest.fixture
def vectors(topic) -> None:
    """Two directions, with a little noise of its own for each paper."""
    random = numpy.random.default_rng(7)
    for number, titles in enumerate(TITLES.values()):
        for paper in Paper.objects.filter(title__in=titles):
            vector = random.normal(0, 0.05, 8)
            vector[number] += 1
            Embedding.objects.create(
                paper=paper, model=configured_model(), text_hash="h",
                vector=(vector / numpy.linalg.norm(vector)).tolist(),
            )  # fmt: skip
    serving.forget()


def url(topic: Topic) -> str:
    return reverse("admin:catalog_topic_split", args=[topic.pk])


def titles_of() -> dict[int, str]:
    return dict(Paper.objects.values_list("pk", "title"))


def under(path: str) -> set[str]:
    rows = Placement.objects.current().filter(topic__path=path)
    return set(rows.values_list("paper__title", flat=True))


def test_groups_are_told_apart_by_vectors_and_named_by_their_titles(vectors):
    found = suggest_clusters(titles_of())
    titles = titles_of()
    groups = [{titles[pk] for pk in one.papers} for one in found.clusters]
    assert groups == [set(TITLES["caches"]), set(TITLES["retrieval"])]
    assert [one.name for one in found.clusters] == ["KV cache", "Passage retrieval"]
    assert found.clusters == suggest_clusters(dict(reversed(titles.items()))).clusters
    assert len(suggest_clusters(titles_of(), 3).clusters) == 3


def test_without_vectors_that_is_said(client, topic):
    assert "None of its papers has a vector yet" in suggest_clusters(titles_of()).refusal
    page = client.get(url(topic), {"by": "clusters"})
    assert "None of its papers has a vector yet" in page.text
    for odd in ("99", "x", "-1", "9" * 40):
        assert client.get(url(topic), {"by": "clusters", "groups": odd}).status_code == 200


def test_papers_alike_and_too_few_make_no_groups(vectors):
    few = dict(list(titles_of().items())[:3])
    assert "among 6 papers or more" in suggest_clusters(few).refusal
    Embedding.objects.update(vector=[1.0] + [0.0] * 7)
    assert "too much alike" in suggest_clusters(titles_of()).refusal


def test_suggested_groups_become_subtopics_after_a_look(client, topic, vectors):
    page = client.get(url(topic), {"by": "clusters"})
    boxes = page.context["offer"].boxes
    form: dict[str, object] = {"use": [box.number for box in boxes], "where": "below"}
    for box in boxes:
        form[f"name-{box.number}"] = box.name
        form[f"papers-{box.number}"] = [pick.paper.pk for pick in box.picks]
    look = client.post(url(topic), {**form, "step": "look"})
    assert "9 papers leave “Systems”; 0 stay." in " ".join(look.text.split())
    assert not TreeChange.objects.exists()
    done = client.post(url(topic), {**form, "step": "apply"}, follow=True)
    assert "Split “KV cache”, “Passage retrieval” off “Systems”" in done.text
    assert under("systems/kv-cache") == set(TITLES["caches"])
    client.post(reverse("admin:catalog_topic_undo", args=[TreeChange.objects.get().pk]))
    assert len(under("systems")) == 9


def test_choosing_again_shows_all_groups_as_they_were_left(client, topic, vectors):
    boxes = client.get(url(topic), {"by": "clusters"}).context["offer"].boxes
    kept = boxes[1].picks[1:]
    form: dict[str, object] = {"use": "1", "where": "beside", "by": "clusters", "groups": "2"}
    for box in boxes:
        form |= {f"name-{box.number}": f"Name {box.number}", f"shown-{box.number}": box.shown}
    form["papers-1"] = [pick.paper.pk for pick in kept]
    for step in ("look", "again", ""):
        page = client.post(url(topic), {**form, "step": step, **({} if step else {"name-1": ""})})
        offer = page.context["offer"]
        assert (offer.by, offer.beside) == ("clusters", True)
        assert [box.is_used for box in offer.boxes] == [False, True]
        assert [box.shown for box in offer.boxes] == [box.shown for box in boxes]
        assert [pick.paper for pick in offer.boxes[1].picks if pick.is_chosen] == [pick.paper for pick in kept]  # fmt: skip


def test_papers_are_chosen_by_a_search_among_those_of_the_topic(client, topic):
    make_paper("KV cache elsewhere", topics=[make_topic("Other")])
    refresh_words()
    page = client.get(url(topic), {"by": "search", "q": "cache"})
    (box,) = page.context["offer"].boxes
    assert {pick.paper.title for pick in box.picks if pick.is_chosen} == set(TITLES["caches"])
    assert box.name == "Cache"
    assert "No paper of this topic answers that." in client.get(url(topic), {"by": "search", "q": "year:1999"}).text  # fmt: skip
    for odd in ("\x00", "(" * 500, '"', "x" * 9999):
        assert client.get(url(topic), {"by": "search", "q": odd}).status_code == 200


def test_a_split_that_cannot_be_is_said_with_what_was_chosen(client, topic):
    paper = Paper.objects.first()
    assert paper
    stranger = make_paper(topics=[make_topic("Other")])
    form: dict[str, object] = {"use": "0", "name-0": "", "papers-0": [paper.pk], "step": "look"}
    page = client.post(url(topic), form)
    assert "A topic needs a name." in page.text
    assert f'value="{paper.pk}" checked' in page.text
    changes: list[tuple[dict[str, object], str]] = [
        ({"name-0": "A", "papers-0": []}, "Choose the papers that go to “A”"),
        ({"name-0": "A", "papers-0": [stranger.pk]}, "somebody moved them meanwhile"),
        ({"name-0": "A", "papers-0": ["x", "9" * 30, ""]}, "Choose the papers"),
        ({"use": ["x", "", "12"]}, "Choose some papers"),
        ({"name-0": "x" * 100_000}, "at most 200"),
        ({"name-0": "Other", "where": "beside"}, "There is a “Other” at the top already"),
    ]
    for change, words in changes:
        for step in ("look", "apply"):
            assert words in client.post(url(topic), {**form, **change, "step": step}).text
    assert Topic.objects.count() == 2


def test_a_retired_or_unknown_topic_is_not_split(client, topic):
    topic.retired_at = "2025-01-01T00:00Z"
    topic.save()
    assert client.get(url(topic)).status_code == 302
    assert client.get(reverse("admin:catalog_topic_split", args=[0])).status_code == 404
