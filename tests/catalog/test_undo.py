"""A group of changes is taken back whole, and what others have done since stays."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
import pytest
from django.contrib.auth.models import User
from django.db import connection

from catalog import curation
from catalog.history.groups import Wanted, group_named, group_of_run, latest
from catalog.history.tables import tracked_models
from catalog.history.undo import Outdated, preview, take_back
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Catalogue,
    Citation,
    Identifier,
    Link,
    Paper,
    Placement,
    Provenance,
    Topic,
    TopicRedirect,
)
from ingest.lists.service import import_list
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db

LIST = """# Long context

## News
- **[2025.02.24]**
  - [Longformer](https://arxiv.org/abs/2004.05150)

## 1. Sparse Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy, Matthew E. Peters.* Arxiv 2020.
2. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.

## 2. Recurrent Transformers
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* Arxiv 2019.
   [![GitHub Repo stars](https://img.shields.io/github/stars/kimiyoung/transformer-xl)](https://github.com/kimiyoung/transformer-xl)
"""
CHANGED = (
    LIST.replace("NeurIPS 2020", "NeurIPS 2021")
    .replace("## 2. Recurrent Transformers", "## 2. Recurrence")
    .replace("Arxiv 2019", "ACL 2019")
    + "2. [**Memorizing Transformers.**](https://arxiv.org/abs/2203.08913) *Yuhuai Wu.* ICLR 2022.\n"
)


@pytest.fixture
def jane() -> User:
    return User.objects.create_superuser("jane")


@contextmanager
def request_of(user: User | None, **said: object) -> Iterator[uuid.UUID]:
    """The changes of one request, as the middleware groups them."""
    said = {"url": "/admin/", **({"user": user.pk} if user else {}), **said}
    with pghistory.context(**said) as value:
        yield value.id


def bring(text: str, **given: object) -> uuid.UUID:
    """Import a list; return the group of what it changed."""
    outcome = import_list(text.encode(), "long-context", **given)  # type: ignore[arg-type]
    assert outcome.run
    group = group_of_run(outcome.run.pk)
    assert group
    return group


# What changes by itself, or says when a thing was changed.
IDLE = {"updated_at", "stated_at", "listed_path"}


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of every table with a past."""
    found = {}
    for model in tracked_models():
        names = [field.attname for field in model._meta.concrete_fields if field.name not in IDLE]
        rows = model._default_manager.order_by("pk").values(*names)
        if rows:
            found[model.__name__] = list(rows)
    return found


def undo(group: uuid.UUID, user: User | None = None, **given: object) -> uuid.UUID:
    with request_of(user) as own:
        take_back(group, user, **given)  # type: ignore[arg-type]
    return own


def test_the_first_import_taken_back_leaves_nothing(jane):
    group = bring(LIST)
    assert Paper.objects.count() == 3
    undo(group, jane)
    assert everything() == {}


def test_an_import_taken_back_leaves_everything_as_it_was(jane):
    bring(LIST)
    before = everything()
    group = bring(CHANGED, force=True)
    assert everything() != before
    undo(group, jane)
    redirects = everything().pop("TopicRedirect", [])
    after = everything()
    after.pop("TopicRedirect", None)
    assert after == before
    assert [row["path"] for row in redirects] == ["recurrence"]  # whoever noted it still gets there


def test_taking_back_is_itself_taken_back(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    done = everything()
    again = undo(undo(group, jane), jane)
    assert everything() == done
    assert group_named(again).by.who == "jane"  # type: ignore[union-attr]


def test_what_somebody_changed_since_stays_and_is_named(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    paper = Paper.objects.get(title__startswith="Transformer-XL")
    with request_of(jane):
        paper.distinction = "Oral"
        curation.save_paper(paper, ["distinction"], jane)
        bird = Paper.objects.get(identifiers__value="2007.14062")
        bird.year = 2022
        curation.save_paper(bird, ["year"], jane)
    shown = preview(group)
    mine = [one for one in shown.obstacles if one.model is Paper]
    assert [(one.who, one.why) for one in mine] == [("jane", "changed since: year")]
    undo(group, jane)
    paper.refresh_from_db()
    bird.refresh_from_db()
    assert (paper.distinction, paper.venue.name) == ("Oral", "arXiv")  # type: ignore[union-attr]
    assert bird.year == 2022


def test_a_preview_changes_nothing_and_tells_what_will_be(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_paperevent")
        events = cursor.fetchone()
        preview(group)
        cursor.execute("SELECT count(*) FROM catalog_paperevent")
        assert cursor.fetchone() == events
    assert everything() == before


def test_a_plan_that_is_no_longer_true_is_not_carried_out(jane):
    group = bring(LIST)
    digest = preview(group).digest
    with request_of(jane):
        curation.unlist([Paper.objects.first()])  # type: ignore[list-item]
    with pytest.raises(Outdated):
        undo(group, jane, digest=digest)
    assert Paper.objects.count() == 3


def test_a_paper_that_others_built_upon_is_unlisted_not_deleted(jane):
    group = bring(LIST)
    longformer = Paper.objects.get(title__startswith="Longformer")
    with request_of(jane):
        other = make_paper(topics=[])
        Citation.objects.create(citing=other, cited=longformer, source="semantic_scholar")
    shown = preview(group)
    assert [(one.model, one.about) for one in shown.obstacles] == [(Paper, longformer.title)]
    assert shown.unlisted == {longformer.pk}
    undo(group, jane)
    assert list(Paper.objects.order_by("pk")) == sorted([longformer, other], key=lambda one: one.pk)
    assert longformer.authorships.count() == 2
    assert longformer.identifiers.get().value == "2004.05150"
    assert not Paper.objects.listed().exists()
    assert not Topic.objects.exists()


def test_a_paper_that_somebody_placed_elsewhere_stays_there(jane):
    group = bring(LIST)
    longformer = Paper.objects.get(title__startswith="Longformer")
    with request_of(jane):
        topic = make_topic("Surveys", catalogue=make_catalogue("surveys", title="Surveys"))
        curation.save_placements(longformer, [Placement(topic=topic)])
    undo(group, jane)
    assert [row.topic for row in Placement.objects.current()] == [topic]
    assert Placement.objects.get().is_primary
    assert Catalogue.objects.get() == topic.catalogue


def test_undone_for_good_the_next_import_does_not_do_it_again(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    with request_of(jane):
        take_back(group, jane, for_good=True)
    assert not Paper.objects.listed().filter(title__startswith="Memorizing").exists()
    paper = Paper.objects.get(title__startswith="Transformer-XL")
    assert paper.provenance.get(field="venue").locked
    import_list(CHANGED.encode(), "long-context", force=True)
    paper.refresh_from_db()
    assert paper.venue.name == "arXiv"  # type: ignore[union-attr]
    assert not Paper.objects.listed().filter(title__startswith="Memorizing").exists()
    assert not Topic.objects.current().filter(name="Recurrence").exists()


def test_undone_as_if_it_had_never_been_the_next_import_does_it_again(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    done = {row["title"] for row in everything()["Paper"]}
    undo(group, jane)
    bring(CHANGED, force=True)
    assert {row["title"] for row in everything()["Paper"]} == done
    assert Paper.objects.listed().count() == 4


def test_a_bulk_action_is_taken_back_with_its_search(jane, django_capture_on_commit_callbacks):
    bring(LIST)
    with request_of(jane) as group:
        curation.unlist(Paper.objects.all())
    told: list[int] = []
    from catalog.signals import papers_changed

    papers_changed.connect(receiver := lambda ids, **kwargs: told.extend(ids))
    try:
        with django_capture_on_commit_callbacks(execute=True):
            undo(group, jane)
    finally:
        papers_changed.disconnect(receiver)
    assert Paper.objects.listed().count() == 3
    assert set(told) == set(Paper.objects.values_list("pk", flat=True))


def test_a_merge_is_taken_back_and_done_again(jane):
    bring(LIST)
    one, other, _ = Paper.objects.order_by("pk")
    before = everything()
    with request_of(jane) as group:
        curation.merge_papers(one, [other])
    merged = everything()
    again = undo(group, jane)
    assert everything() == before
    undo(again, jane)
    other.refresh_from_db()
    assert other.merged_into == one
    assert everything()["Placement"] == merged["Placement"]


def test_merged_authors_are_parted_again(jane):
    bring(LIST)
    one, other = Author.objects.order_by("pk")[:2]
    before = everything()
    with request_of(jane) as group:
        curation.merge_authors(one, [other])
    undo(group, jane)
    assert everything() == before


def test_authors_put_in_another_order_go_back(jane):
    bring(LIST)
    paper = Paper.objects.get(title__startswith="Longformer")
    before = everything()
    with request_of(jane) as group:
        first, second = paper.authorships.order_by("position")
        first.position, second.position = 2, 1
        curation.save_authorships(paper, [first, second], [], jane)
    assert everything() != before
    undo(group, jane)
    assert everything() == before


def test_two_topics_that_changed_places_go_back(jane):
    one, other = make_topic("One"), make_topic("Two")
    before = everything()
    with request_of(jane) as group:
        for topic, name in ((one, "Three"), (other, "One"), (one, "Two")):
            topic.refresh_from_db()
            topic.name = name
            curation.save_topic(topic, ["name"])
    undo(group, jane)
    names = [(row["name"], row["path"]) for row in everything()["Topic"]]
    assert names == [(row["name"], row["path"]) for row in before["Topic"]]


def test_a_deleted_row_does_not_return_to_a_paper_that_is_gone(jane):
    paper = make_paper(arxiv="2004.05150")
    with request_of(jane) as group:
        Identifier.objects.all().delete()
    with request_of(jane):
        paper.delete()
    shown = preview(group)
    assert [one.why for one in shown.obstacles] == ["the paper that it belonged to is gone"]
    undo(group, jane)
    assert not Identifier.objects.exists()


def test_a_deleted_row_whose_place_is_taken_stays_away(jane):
    one, other = make_paper(arxiv="2004.05150"), make_paper()
    with request_of(jane) as group:
        Identifier.objects.all().delete()
    with request_of(jane):
        Identifier.objects.create(paper=other, scheme="arxiv", value="2004.05150")
    shown = preview(group)
    assert [one.why for one in shown.obstacles] == ["another row has taken its place"]
    undo(group, jane)
    assert Identifier.objects.get().paper == other
    assert one.pk


def test_a_deleted_paper_returns_with_all_that_was_its(jane):
    bring(LIST)
    before = everything()
    with request_of(jane) as group:
        Paper.objects.get(title__startswith="Longformer").delete()
    undo(group, jane)
    assert everything() == before


def test_one_row_of_a_group_can_be_taken_back_alone(jane):
    bring(LIST)
    with request_of(jane) as group:
        curation.unlist(Paper.objects.all())
    row = Placement.objects.order_by("pk").first()
    assert row
    undo(group, jane, only=(Placement, row.pk))
    assert list(Placement.objects.current()) == [row]
    assert group_named(group).undone_by == []  # type: ignore[union-attr]


def test_a_row_that_was_changed_there_and_back_is_no_obstacle(jane):
    paper = make_paper("Old", topics=[])
    with request_of(jane) as group:
        paper.title = "New"
        curation.save_paper(paper, ["title"], jane)
    undo(undo(undo(group, jane), jane), jane)
    paper.refresh_from_db()
    assert paper.title == "Old"
    assert not Provenance.objects.exists()
    undo(group, jane)  # there is nothing left to do
    paper.refresh_from_db()
    assert paper.title == "Old"


def test_a_curators_edit_between_two_batches_of_a_run_stays(jane):
    paper = make_paper("One", topics=[], year=2020)
    with pghistory.context(job="arxiv") as run:
        Paper.objects.filter(pk=paper.pk).update(title="Two", year=2021)
    with request_of(jane):
        Paper.objects.filter(pk=paper.pk).update(title="Three")
    with pghistory.context(job="arxiv"):
        pghistory.runtime._tracker.value = pghistory.runtime.Context(run.id, {"job": "arxiv"})
        Paper.objects.filter(pk=paper.pk).update(abstract="Words.")
    undo(run.id, jane)
    paper.refresh_from_db()
    assert (paper.title, paper.year, paper.abstract) == ("Three", 2020, "")


def test_a_topic_with_later_papers_stays(jane):
    bring(LIST)
    with request_of(jane) as group:
        topic = make_topic("Surveys")
    paper = Paper.objects.order_by("pk").first()
    assert paper
    with request_of(jane):
        curation.save_placements(paper, [Placement(topic=topic)])
    shown = preview(group)
    assert [(one.about, one.who) for one in shown.obstacles] == [("Surveys", "jane")]
    undo(group, jane)
    assert Topic.objects.filter(pk=topic.pk).exists()


def test_groups_are_found_by_hand_kind_day_and_word(jane):
    with request_of(jane, act="tidied up", why="spring") as tidied:
        make_topic("One")
    imported = bring(LIST)
    every = [one.key for one in latest()[0]]
    assert set(every) == {tidied, imported}
    assert [one.key for one in latest(Wanted(person=jane.pk))[0]] == [tidied]
    assert [one.key for one in latest(Wanted(job="import_list"))[0]] == [imported]
    assert [one.key for one in latest(Wanted(model=Announcement))[0]] == [imported]
    assert [one.key for one in latest(Wanted(text="SPRING"))[0]] == [tidied]
    first, has_more = latest(limit=1)
    assert has_more
    rest, has_more = latest(Wanted(before=(first[0].when, first[0].key)), limit=1)
    assert [first[0].key, rest[0].key] == every
    assert not has_more


def test_a_group_counts_what_it_touched():
    group = group_named(bring(LIST))
    assert group
    counts = {one.label: one.added for one in group.counts}
    assert counts["catalog.paper"] == 3
    assert counts["catalog.authorship"] == Authorship.objects.count()
    assert group.by.who == "a job: list import"


def test_links_and_redirects_of_a_group_go_with_it(jane):
    paper = make_paper()
    topic = make_topic()
    before = everything()
    with request_of(jane) as group:
        curation.save_rows(paper, [Link(kind="blog", url="https://example.org/")])
        topic.name = "Sparsity"
        curation.save_topic(topic, ["name"])
    assert TopicRedirect.objects.exists()
    undo(group, jane)
    after = everything()
    assert after.pop("TopicRedirect")
    assert after == before


def test_a_merge_in_a_group_gives_back_what_no_history_keeps(jane):
    kept, duplicate, citing = make_paper("One"), make_paper("Another"), make_paper("Third")
    cited = Citation.objects.create(citing=citing, cited=duplicate, source="openalex")
    with request_of(jane) as group:
        curation.merge_papers(kept, [duplicate], jane)
    cited.refresh_from_db()
    assert cited.cited == kept
    with request_of(jane):
        take_back(group, jane)
    cited.refresh_from_db()
    duplicate.refresh_from_db()
    assert cited.cited == duplicate
    assert duplicate.merged_into is None


def test_topics_merged_in_a_group_are_apart_again_at_their_own_addresses(jane):
    source, target = make_topic("Recurrence"), make_topic("Memory")
    paper = make_paper(topics=[source])
    with request_of(jane) as group:
        curation.merge_topics(source, target, user=jane)
    assert Placement.objects.current().get(paper=paper).topic == target
    with request_of(jane) as second:
        take_back(group, jane)
    source.refresh_from_db()
    assert source.retired_at is None
    assert Placement.objects.current().get(paper=paper).topic == source
    with request_of(jane):
        take_back(second, jane)
    assert Placement.objects.current().get(paper=paper).topic == target
