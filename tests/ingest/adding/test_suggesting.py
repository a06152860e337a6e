"""Topics that are suggested while a paper is added: by words until the model is there, and unsure where nothing fits."""

import threading

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.models import Topic
from ingest.adding.suggesting import suggest_topics
from ingest.models import Draft, Paste
from search import embed, embeddings
from search.index import refresh_words
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def topics() -> list[Topic]:
    cache, bees = make_topic("KV cache compression"), make_topic("Beekeeping")
    papers = []
    for number in range(4):
        papers.append(make_paper(f"Compressing the key-value cache, part {number}", topics=[cache]))
        papers.append(make_paper(f"Keeping bees in winter, part {number}", topics=[bees]))
    refresh_words([paper.pk for paper in papers])
    embed.embed_changed("test")
    return [cache, bees]


@pytest.fixture
def loading(monkeypatch):
    """A web process whose model is on its way until the event is set."""
    release, models = threading.Event(), dict(embeddings._models)
    monkeypatch.setattr(embeddings, "_models", {})
    monkeypatch.setattr(embeddings, "_loaders", {})
    monkeypatch.setattr(embeddings, "_PATIENCE", 0.01)
    monkeypatch.setattr(embeddings, "_waits", True)

    def open_late(name: str) -> object:
        release.wait(10)
        return models[name]

    monkeypatch.setattr(embeddings, "_open", open_late)
    loader = embeddings.warm_up()

    def end() -> None:
        release.set()
        loader.join()

    yield end
    end()


def draft(title: str, user: User | None = None) -> Draft:
    user = user or User.objects.create_superuser("jane")
    paste = Paste.objects.create(user=user, catalogue=make_catalogue(), form="titles")
    return Draft.objects.create(
        paste=paste, position=1, shown=title, asked={"title": title}, state=Draft.State.READY
    )


def test_a_page_suggests_by_words_until_the_model_is_there(client, topics, loading):
    user = User.objects.create_superuser("jane")
    client.force_login(user)
    one = draft("A smaller cache by compressing keys", user)
    suggest_topics([one], one.paste.catalogue)
    one.save()
    assert (one.suggested[0]["topic"], one.suggested_by) == (topics[0].pk, Draft.By.WORDS)
    page = reverse("admin:catalog_paper_draft", args=[one.pk])
    part = reverse("admin:catalog_paper_draft_topics", args=[one.pk])
    text = client.get(page).text
    assert "Suggested by words alone" in text
    assert f'<a href="{page}">Suggest again</a>' in text
    assert f'data-later="{part}"' in text
    assert client.get(part).status_code == 204
    loading()
    shown = client.get(part).text
    assert "Suggested, " in shown
    assert "cosine" in shown
    assert "data-later" not in client.get(page).text
    one.refresh_from_db()
    assert one.suggested_by == Draft.By.MEANING


@pytest.mark.parametrize("title", ["asdf qwer", "test", "Roman law of the second century", "???"])
def test_of_what_resembles_nothing_no_topic_is_likely(client, topics, title):
    client.force_login(User.objects.create_superuser("jane"))
    one = draft(title, User.objects.get())
    suggest_topics([one], one.paste.catalogue)
    one.save()
    assert all(row["confidence"] < 0.1 for row in one.suggested)
    page = client.get(reverse("admin:catalog_paper_draft", args=[one.pk]))
    assert "No topic here seems to fit: choose one. The likeliest would be “" in page.text
    assert page.context["form"]["topic"].value() in (None, "")


def test_without_a_model_words_alone_suggest_for_good(client, topics, monkeypatch):
    monkeypatch.setattr(embeddings, "_models", {})
    monkeypatch.setattr(embeddings, "_failed", {embeddings.PACKAGED: "It is broken."})
    client.force_login(User.objects.create_superuser("jane"))
    one = draft("Winter bees", User.objects.get())
    suggest_topics([one], one.paste.catalogue)
    one.save()
    assert (one.suggested[0]["topic"], one.suggested_by) == (topics[1].pk, Draft.By.WORDS)
    assert "data-later" not in client.get(reverse("admin:catalog_paper_draft", args=[one.pk])).text
