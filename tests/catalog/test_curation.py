"""What a curator does is remembered: nothing of it is undone by the next import."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from catalog import curation
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Candidate,
    Citation,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Provenance,
    Relation,
    Source,
    Topic,
    TopicRedirect,
)
from ingest.lists.service import import_list
from tests.factories import make_author, make_catalogue, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

LIST = """# Long context

## 1. Sparse Attention
1. [**Longformer: The Long-Document Transformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy, Arman Cohan.* Arxiv 2020. [![Star](https://img.shields.io/github/stars/allenai/longformer.svg?style=social)](https://github.com/allenai/longformer) [![Homepage](https://img.shields.io/badge/Homepage-blue)](https://longformer.example.org)
2. [**Big Bird: Transformers for Longer Sequences.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.

## 2. Recurrent Transformers
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* ACL 2019.
"""


@pytest.fixture
def curator() -> User:
    return User.objects.create_user("jane", is_staff=True)


@pytest.fixture
def longformer() -> Paper:
    load()
    return Paper.objects.get(title__startswith="Longformer")


def load(text: str = LIST) -> str:
    """Import the list and say what became of the papers."""
    outcome = import_list(text.encode(), "long-context", force=True)
    assert outcome.status == "applied"
    counts = outcome.plan.counts()
    return ", ".join(f"{counts[key]} {key}" for key in ("new", "changed", "moved", "gone"))


NOTHING = "0 new, 0 changed, 0 moved, 0 gone"


def edit(paper: Paper, curator: User, **values: object) -> None:
    for name, value in values.items():
        setattr(paper, name, value)
    curation.save_paper(paper, list(values), curator)


# Facts


def test_a_corrected_field_is_locked_in_the_curators_name_and_the_others_are_not(
    longformer, curator
):
    edit(longformer, curator, year=2021)
    said = {row.field: row for row in longformer.provenance.all()}
    assert (said["year"].source, said["year"].locked) == ("curator", True)
    assert said["year"].detail == "jane"
    assert (said["title"].source, said["title"].locked) == ("list", False)


def test_a_new_title_survives_the_next_import_of_the_old_list(longformer, curator):
    edit(longformer, curator, title="Longformer, corrected")
    load()
    longformer.refresh_from_db()
    assert longformer.title == "Longformer, corrected"
    assert Paper.objects.count() == 3


def test_the_old_title_alone_still_names_the_paper_on_import(longformer, curator):
    longformer.identifiers.all().delete()
    edit(longformer, curator, title="Something else entirely")
    load()
    assert Paper.objects.count() == 3
    assert longformer.aliases.get().title == "Longformer: The Long-Document Transformer"


def test_a_title_that_comes_back_is_no_alias_of_itself(longformer, curator):
    first = longformer.title
    edit(longformer, curator, title="Another")
    edit(longformer, curator, title=first)
    assert [row.title for row in longformer.aliases.all()] == ["Another"]


def test_an_unlocked_field_takes_the_lists_word_again(longformer, curator):
    edit(longformer, curator, year=2021)
    load()
    assert Paper.objects.get(pk=longformer.pk).year == 2021
    curation.set_lock(longformer.provenance.get(field="year"), False)
    load()
    assert Paper.objects.get(pk=longformer.pk).year == 2020


def test_a_save_writes_only_what_was_changed(longformer, curator):
    Paper.objects.filter(pk=longformer.pk).update(abstract="From arXiv, meanwhile.")
    edit(longformer, curator, year=2021)
    longformer.refresh_from_db()
    assert longformer.abstract == "From arXiv, meanwhile."


def test_changed_papers_are_announced_after_the_commit(
    longformer, curator, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        edit(longformer, curator, year=2021)
    assert callbacks


# Authors


def test_authors_are_renumbered_and_locked(longformer, curator):
    _first, second = longformer.authorships.all()
    second.position = 1
    third = Authorship(author=make_author("Matthew Peters"), position=0)
    curation.save_authorships(longformer, [second, third], [], curator)
    assert list(longformer.authorships.values_list("position", "printed_name")) == [
        (1, "Arman Cohan"),
        (2, "Iz Beltagy"),
        (3, "Matthew Peters"),
    ]
    load()
    assert longformer.authorships.count() == 3


def test_who_is_printed_as_before_stays_the_same_person_when_authors_are_set_anew(db):
    paper = make_paper("On Lamps", authors=["A. Bee", "C. Dee", "A. Bee"])
    other = make_author("Another A. Bee")
    first, _, third = paper.authorships.all()
    paper.authorships.filter(pk=third.pk).update(author=other)
    curation.write_authors(paper, ["E. Eff", "A. Bee", "A. Bee", "x" * 300])
    rows = [(row.position, row.printed_name[:6], row.pk) for row in paper.authorships.all()]
    assert rows[1:3] == [(2, "A. Bee", first.pk), (3, "A. Bee", third.pk)]
    assert [rows[0][:2], rows[3][:2]] == [(1, "E. Eff"), (4, "xxxxxx")]
    assert paper.authorships.get(pk=third.pk).author == other


def test_a_removed_author_leaves_no_gap_and_stays_away(longformer, curator):
    curation.save_authorships(longformer, [], [longformer.authorships.first()], curator)
    load()
    assert list(longformer.authorships.values_list("position", "printed_name")) == [
        (1, "Arman Cohan")
    ]


# Identifiers


def test_a_removed_identifier_does_not_come_back(longformer):
    curation.save_identifiers(longformer, [], [longformer.identifiers.get()])
    load()
    assert not longformer.identifiers.exists()
    assert Paper.objects.count() == 3


def test_a_corrected_identifier_stays_corrected(longformer):
    row = longformer.identifiers.get()
    row.value = "2004.99999"
    curation.save_identifiers(longformer, [row])
    load()
    assert [str(row) for row in longformer.identifiers.all()] == ["arxiv:2004.99999"]
    assert Paper.objects.count() == 3


def test_an_identifier_given_back_is_no_longer_rejected(longformer):
    curation.save_identifiers(longformer, [], [longformer.identifiers.get()])
    curation.save_identifiers(longformer, [Identifier(scheme="arxiv", value="2004.05150")])
    assert not longformer.rejected_identifiers.exists()


# Places, links, repositories


@pytest.mark.parametrize("table", ["placements", "links", "repository_links"])
def test_a_removed_row_is_retired_and_no_import_brings_it_back(longformer, table):
    rows = getattr(longformer, table)
    save = curation.save_placements if table == "placements" else curation.save_rows
    save(longformer, [], [rows.get()])
    load()
    row = rows.get()
    assert (row.source, row.retired_at is not None) == ("curator", True)


@pytest.mark.parametrize("table", ["placements", "links", "repository_links"])
def test_a_retired_row_can_be_restored(longformer, table):
    rows = getattr(longformer, table)
    curation.save_rows(longformer, [], [rows.get()])
    curation.restore(rows.get())
    assert (rows.get().source, rows.get().retired_at) == ("curator", None)


def test_a_paper_moved_to_another_topic_stays_moved(longformer):
    row = longformer.placements.get()
    row.topic = Topic.objects.get(name="Recurrent Transformers")
    curation.save_placements(longformer, [row])
    load()
    assert placed(longformer) == ["Recurrent Transformers*"]


def test_two_placements_can_change_places(longformer):
    sparse, recurrent = Topic.objects.order_by("position")
    curation.save_placements(longformer, [Placement(topic=recurrent, listed_title="B")])
    a, b = longformer.placements.order_by("pk")
    a.topic, b.topic = recurrent, sparse
    curation.save_placements(longformer, [a, b])
    titles = dict(longformer.placements.current().values_list("topic__name", "listed_title"))
    assert titles == {"Recurrent Transformers": "", "Sparse Attention": "B"}
    assert sum(row.is_primary for row in longformer.placements.all()) == 1


def test_an_edited_link_stays_edited(longformer):
    link = longformer.links.get()
    link.url = "https://new.example.org/"
    curation.save_rows(longformer, [link])
    load()
    assert [row.url for row in longformer.links.current()] == ["https://new.example.org/"]


def test_a_link_added_where_one_was_retired_takes_its_place(longformer):
    link = longformer.links.get()
    curation.save_rows(longformer, [], [link])
    curation.save_rows(longformer, [Link(url=link.url, kind="blog")])
    assert longformer.links.get().kind == "blog"


def test_another_primary_topic_stays_chosen(longformer):
    recurrent = Topic.objects.get(name="Recurrent Transformers")
    row = Placement(topic=recurrent)
    curation.save_placements(longformer, [row], primary=row)
    assert placed(longformer) == ["Recurrent Transformers*", "Sparse Attention"]
    load()
    assert placed(longformer) == ["Recurrent Transformers*", "Sparse Attention"]


def test_when_the_primary_placement_goes_the_next_one_takes_over(longformer):
    curation.save_placements(
        longformer, [Placement(topic=Topic.objects.get(name="Recurrent Transformers"))]
    )
    curation.save_placements(longformer, [], [longformer.placements.get(is_primary=True)])
    assert placed(longformer) == ["Recurrent Transformers*"]


def placed(paper: Paper) -> list[str]:
    rows = Placement.objects.current().filter(paper=paper).order_by("topic__name")
    return [row.topic.name + "*" * row.is_primary for row in rows]


def test_an_unlisted_paper_is_not_new_to_the_next_import(longformer):
    assert curation.unlist([longformer]) == 1
    assert load() == NOTHING
    assert placed(longformer) == []
    assert Paper.objects.filter(pk=longformer.pk).exists()


# Topics


def test_a_renamed_topic_keeps_its_name_and_its_old_address(longformer):
    topic = Topic.objects.get(name="Sparse Attention")
    topic.name = "Sparse and local attention"
    curation.save_topic(topic, ["name"])
    load()
    topic.refresh_from_db()
    assert (topic.path, topic.curated) == ("sparse-and-local-attention", True)
    assert TopicRedirect.objects.get(path="sparse-attention").topic == topic
    assert Topic.objects.count() == 2


def test_a_topic_moved_up_in_the_order_stays_there(longformer):
    topic = Topic.objects.get(name="Recurrent Transformers")
    topic.position = 0
    curation.save_topic(topic, ["position"])
    load()
    assert Topic.objects.order_by("position").first() == topic


def test_a_new_topic_gets_an_address_a_place_and_a_colour(longformer):
    topic = Topic(catalogue=make_catalogue(), name="State Spaces")
    curation.save_topic(topic, ["name"])
    assert (topic.path, topic.position, topic.hue) == ("state-spaces", 3, 2)
    assert not TopicRedirect.objects.exists()
    load()
    assert Topic.objects.get(pk=topic.pk).retired_at is None


def test_an_address_that_leads_to_another_topic_is_not_given_away(db):
    topic = make_topic("A")
    topic.name = "B"
    curation.save_topic(topic, ["name"])
    other = Topic(catalogue=topic.catalogue, name="A")
    curation.save_topic(other, ["name"])
    assert other.path == "a-2"
    assert TopicRedirect.objects.get(path="a").topic == topic
    topic.name = "A"
    with pytest.raises(curation.Refused, match="There is a “A” at the top already"):
        curation.save_topic(topic, ["name"])
    curation.rename_topic(other, "C")
    curation.save_topic(topic, ["name"])
    assert topic.path == "a"


def test_subtopics_follow_their_topic_in_address_and_colour(db):
    top, other = make_topic("A"), make_topic("B", hue=5)
    child = make_topic("C", parent=top)
    top.parent = other
    curation.save_topic(top, ["parent"])
    child.refresh_from_db()
    assert (child.path, child.hue) == ("b/a/c", 5)


def test_a_topic_that_holds_papers_or_subtopics_is_not_removed(longformer):
    topic = Topic.objects.get(name="Sparse Attention")
    with pytest.raises(curation.Refused, match="“Sparse Attention” holds 2 papers and no subtop"):
        curation.retire_topic(topic)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": " New  name "}, "Renamed “Old” to “New name”"),
        ({"name": "New", "parent": "Top"}, "Renamed “Old” to “New”, moved “New” under “Top”"),
        ({"position": 1}, "Changed the place of “Old”"),
        ({"description": "About it"}, "Changed the description of “Old”"),
        ({"hue": 7}, "Changed the colour of “Old”"),
        ({"name": "Old"}, None),
    ],
)
def test_a_topic_s_form_makes_a_change_of_the_tree_that_can_be_undone(db, changed, words):
    make_topic("Top", position=1)
    topic = make_topic("Old", position=2)
    make_topic("Below", topic, position=3)
    before = list(Topic.objects.values("pk", "name", "path", "parent", "position", "hue"))
    for name, value in changed.items():
        setattr(topic, name, Topic.objects.get(name=value) if name == "parent" else value)
    change = curation.save_topic(topic, list(changed))
    assert (change.words if change else None) == words
    if change:
        curation.undo_tree_change(change)
    assert list(Topic.objects.values("pk", "name", "path", "parent", "position", "hue")) == before


def test_no_way_of_saving_a_topic_gives_two_siblings_one_name(db):
    top, topic = make_topic("Attention"), make_topic("Memory")
    below = make_topic("attention", topic)
    topic.name = "ATTENTION"
    with pytest.raises(curation.Refused, match="There is a “Attention” at the top already"):
        curation.save_topic(topic, ["name"])
    below.parent = None
    with pytest.raises(curation.Refused, match="at the top already"):
        curation.save_topic(below, ["parent"])
    with pytest.raises(curation.Refused, match="at the top already"):
        curation.save_topic(Topic(catalogue=top.catalogue, name="attention "), ["name"])
    curation.retire_topic(top)
    curation.place_topic(below, curation.Place(None))
    with pytest.raises(curation.Refused, match="There is a “attention” at the top already"):
        curation.bring_back_topic(top)


# Merging


def test_merging_moves_what_is_known_and_keeps_both_names(curator):
    a, b = make_topic("A"), make_topic("B")
    survivor = make_paper("Kept", topics=[a], arxiv="2004.05150", repository="x/one")
    duplicate = make_paper("Dropped", topics=[a, b], repository="x/two")
    other = make_paper("Other")
    Identifier.objects.create(paper=duplicate, scheme="doi", value="10.1/x")
    Link.objects.create(paper=duplicate, kind="blog", url="https://example.org/")
    Citation.objects.create(citing=other, cited=duplicate, source="openalex")
    Citation.objects.create(citing=other, cited=survivor, source="openalex")
    Citation.objects.create(citing=duplicate, cited=survivor, source="openalex")
    Relation.objects.create(subject=duplicate, object=survivor, kind="same_work")
    Relation.objects.create(subject=duplicate, object=other, kind="extends")
    announced = Announcement.objects.create(
        catalogue=a.catalogue, date="2025-01-01", position=1, title="Dropped", paper=duplicate
    )
    curation.merge_papers(survivor, [duplicate])
    assert sorted(map(str, survivor.identifiers.all())) == ["arxiv:2004.05150", "doi:10.1/x"]
    assert placed(survivor) == ["A*", "B"]
    assert survivor.repository_links.count() == 2
    assert survivor.links.count() == 1
    assert list(Citation.objects.values_list("citing", "cited")) == [(other.pk, survivor.pk)]
    assert list(Relation.objects.values_list("subject", "object")) == [(survivor.pk, other.pk)]
    assert [row.title for row in survivor.aliases.all()] == ["Dropped"]
    announced.refresh_from_db()
    assert announced.paper == survivor
    duplicate.refresh_from_db()
    assert duplicate.merged_into == survivor


def test_a_list_that_has_both_changes_nothing_after_a_merge(longformer):
    bird = Paper.objects.get(title__startswith="Big Bird")
    curation.merge_papers(longformer, [bird])
    load()
    assert load() == NOTHING
    assert Paper.objects.public().count() == 2
    assert longformer.identifiers.count() == 2


def test_chains_of_merges_lead_to_the_last_in_one_step(db):
    first, second, third = (make_paper(f"Paper {n}") for n in range(3))
    curation.merge_papers(second, [first])
    curation.merge_papers(third, [second])
    first.refresh_from_db()
    assert first.merged_into == third


def test_a_curators_removal_outlives_a_merge_and_a_lists_does_not(db):
    a, b = make_topic("A"), make_topic("B")
    survivor, duplicate = make_paper("Kept", topics=[a, b]), make_paper("Dropped", topics=[a, b])
    curation.save_placements(survivor, [], [survivor.placements.get(topic=a)])
    survivor.placements.filter(topic=b).update(retired_at=duplicate.created_at, is_primary=False)
    curation.merge_papers(survivor, [duplicate])
    assert placed(survivor) == ["B*"]


def test_gaps_of_the_survivor_are_filled_with_who_said_it(db):
    survivor, duplicate = make_paper("Kept", year=2020), make_paper("Dropped", year=2021)
    Paper.objects.filter(pk=duplicate.pk).update(abstract="What it is about.")
    duplicate.refresh_from_db()
    Provenance.objects.create(paper=duplicate, field="abstract", source=Source.ARXIV)
    curation.merge_papers(survivor, [duplicate])
    survivor.refresh_from_db()
    assert (survivor.year, survivor.abstract) == (2020, "What it is about.")
    assert survivor.provenance.get(field="abstract").source == "arxiv"


@pytest.mark.parametrize("case", ["alone", "with itself", "merged before"])
def test_odd_merges_are_refused(case):
    one, other = make_paper(), make_paper()
    if case == "merged before":
        curation.merge_papers(make_paper(), [other])
        other.refresh_from_db()
    with pytest.raises(curation.Refused):
        curation.merge_papers(
            one, {"alone": [], "with itself": [one], "merged before": [other]}[case]
        )


def test_an_undone_merge_gives_the_duplicate_its_own_back(db):
    a, b = make_topic("A"), make_topic("B")
    survivor = make_paper("Kept", topics=[a], arxiv="2004.05150")
    duplicate = make_paper("Dropped", topics=[a, b], arxiv="2007.14062", repository="x/two")
    curation.merge_papers(survivor, [duplicate])
    duplicate.refresh_from_db()
    assert curation.unmerge_paper(duplicate) == survivor
    duplicate.refresh_from_db()
    assert duplicate.merged_into is None
    assert placed(duplicate) == ["A*", "B"]
    assert placed(survivor) == ["A*"]
    assert [str(row) for row in duplicate.identifiers.all()] == ["arxiv:2007.14062"]
    assert [str(row) for row in survivor.identifiers.all()] == ["arxiv:2004.05150"]
    assert PaperRepository.objects.get().paper == duplicate
    assert not survivor.aliases.exists()


@pytest.mark.django_db(transaction=True)
def test_undoing_a_merge_gives_back_only_what_that_merge_took():
    one = make_paper("One", topics=[make_topic("A")], arxiv="2004.05150")
    other = make_paper("Other", topics=[make_topic("B")], arxiv="2007.14062")
    for survivor, duplicate in ((other, one), (one, other)):
        curation.merge_papers(survivor, [duplicate])
        duplicate.refresh_from_db()
        curation.unmerge_paper(duplicate)
    assert [str(row) for row in one.identifiers.all()] == ["arxiv:2004.05150"]
    assert [str(row) for row in other.identifiers.all()] == ["arxiv:2007.14062"]
    assert (placed(one), placed(other)) == (["A*"], ["B*"])


def test_filling_a_gap_leaves_what_changed_meanwhile(db):
    survivor, duplicate = make_paper("Kept"), make_paper("Dropped", year=2021)
    Paper.objects.filter(pk=survivor.pk).update(abstract="Meanwhile.")
    curation.merge_papers(survivor, [duplicate])
    survivor.refresh_from_db()
    assert (survivor.year, survivor.abstract) == (2021, "Meanwhile.")


def test_merged_authors_share_their_papers_and_can_part_again(db):
    one, other = make_paper(authors=["Jane Doe"]), make_paper(authors=["J. Doe"])
    jane, j = Author.objects.get(name="Jane Doe"), Author.objects.get(name="J. Doe")
    Author.objects.filter(pk=j.pk).update(orcid="0000-0002-1825-0097")
    j.refresh_from_db()
    curation.merge_authors(jane, [j])
    assert list(jane.papers.order_by("pk")) == [one, other]
    j.refresh_from_db()
    jane.refresh_from_db()
    assert (j.merged_into, jane.orcid) == (jane, "0000-0002-1825-0097")
    curation.unmerge_author(j)
    assert list(j.papers.all()) == [other]
    assert list(jane.papers.all()) == [one]


# Decisions


def make_candidate(**fields: object) -> Candidate:
    values = {
        "catalogue": make_catalogue(),
        "scheme": "arxiv",
        "value": "2501.00001",
        "title": "A candidate",
        "authors": ["Ada Lovelace", "New Person"],
        "published_on": "2025-01-02",
        **fields,
    }
    candidate = Candidate.objects.create(**values)
    candidate.refresh_from_db()
    return candidate


def test_an_accepted_candidate_is_a_listed_paper(curator):
    topic = make_topic()
    make_author("Ada Lovelace")
    candidate = make_candidate(suggested_topic=topic)
    paper = curation.accept_candidate(candidate, curator)
    assert list(Paper.objects.listed()) == [paper]
    assert (paper.year, paper.identifiers.get().source) == (2025, "curator")
    assert paper.placements.get().is_primary
    assert Author.objects.count() == 2
    assert paper.provenance.get(field="title").source == "arxiv"
    candidate.refresh_from_db()
    assert (candidate.status, candidate.paper, candidate.decided_by) == ("accepted", paper, curator)


def test_a_candidate_that_is_known_already_gains_a_topic(curator):
    known = make_paper("Known", topics=[make_topic("A")], arxiv="2501.00001")
    curation.accept_candidate(make_candidate(), curator, make_topic("B"))
    assert placed(known) == ["A*", "B"]
    assert Paper.objects.count() == 1


def test_a_candidate_that_is_known_by_its_title_gains_its_identifier(curator):
    known = make_paper("A New Paper", topics=[make_topic("A")])
    candidate = make_candidate(title="A new paper")
    assert curation.accept_candidate(candidate, curator, make_topic("B")) == known
    assert known.identifiers.get().value == candidate.value


def test_a_candidate_that_another_curator_took_first_is_not_taken_twice(curator):
    candidate = make_candidate()
    candidate.suggested_topic = make_topic()
    stale = Candidate.objects.get(pk=candidate.pk)
    stale.suggested_topic = candidate.suggested_topic
    curation.accept_candidate(candidate, curator)
    with pytest.raises(curation.Refused, match="is accepted already"):
        curation.accept_candidate(stale, curator)


def test_the_service_gives_a_write_more_time_than_a_page(db):
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL statement_timeout = 5000")
        curation.hold_off_imports()
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("45s",)


def test_a_candidate_without_a_topic_is_not_accepted(curator):
    with pytest.raises(curation.Refused, match="has no suggested topic"):
        curation.accept_candidate(make_candidate(), curator)
    assert not Paper.objects.exists()


def test_a_rejected_candidate_remembers_who_and_when(curator):
    candidate = make_candidate()
    curation.reject_candidates([candidate], curator)
    candidate.refresh_from_db()
    assert (candidate.status, candidate.decided_by) == ("rejected", curator)
    assert candidate.decided_at
    Candidate.objects.update(status="accepted")  # by another, while a page still shows it as open
    assert curation.reject_candidates([Candidate(pk=candidate.pk, status="open")], curator) == 0
    assert Candidate.objects.get().status == "accepted"


def test_problems_are_decided_and_reopened(curator):
    problem = Problem.objects.create(
        job="import_list", kind="k", message="m", fingerprint="f", catalogue=make_catalogue()
    )
    assert curation.decide_problems(Problem.objects.all(), "ignored", curator) == 1
    problem.refresh_from_db()
    assert (problem.status, problem.decided_by) == ("ignored", curator)
    curation.decide_problems(Problem.objects.all(), "open", curator)
    problem.refresh_from_db()
    assert (problem.status, problem.decided_by) == ("open", None)


def test_an_edited_venue_survives(longformer, curator):
    edit(longformer, curator, venue=make_venue("ICLR"), distinction="Oral")
    load()
    longformer.refresh_from_db()
    assert (longformer.venue.name, longformer.distinction) == ("ICLR", "Oral")
