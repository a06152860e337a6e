"""Three states: what the list said, what it says now, what a curator made of it meanwhile."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog import curation
from catalog.history.groups import group_of_run
from catalog.history.undo import take_back
from catalog.models import (
    Announcement,
    Authorship,
    NamedAuthor,
    Paper,
    Placement,
    Problem,
    Provenance,
    Source,
    Topic,
)
from ingest.lists.changes import changes_of
from ingest.lists.conflicts import Conflict
from ingest.lists.records import ListRefused
from ingest.lists.resolving import Choice, Verdict
from ingest.lists.service import Acceptance, Outcome, import_list, plan_list
from ingest.models import ListStatement
from tests.factories import make_author
from tests.ingest.lists.test_import import arxiv, entry, every_row

pytestmark = pytest.mark.django_db

BASE = f"""# Field

## News
- **[2024.02.03]**
  - Paper: [First things]({arxiv(1)}) ICLR 2024

## 1. Attention
### 1.1 Sparse
{entry("First things", 1)}
{entry("Second things", 2)}
### 1.2 Linear
{entry("Third things", 3)}
## 2. Memory
{entry("Fourth things", 4)}
## 3. Agents
{entry("Fifth things", 5)}
"""


@pytest.fixture
def curator() -> User:
    run(BASE)
    return User.objects.create_superuser("jane")


def run(markdown: str, **options: Any) -> Outcome:
    return import_list(markdown.encode(), "field", force=True, **options)


def conflicts(markdown: str) -> list[Conflict]:
    return plan_list(markdown.encode(), "field").conflicts


def resolve(markdown: str, verdict: Verdict, text: str = "") -> Outcome:
    plan = plan_list(markdown.encode(), "field")
    choices = {conflict.key: Choice(verdict, text) for conflict in plan.conflicts}
    taken = [change.key for change in changes_of(plan)]
    return run(markdown, acceptance=Acceptance(taken, choices))


def edit(curator: User, **values: Any) -> Paper:
    paper = Paper.objects.get(title="First things")
    for name, value in values.items():
        setattr(paper, name, value)
    curation.save_paper(paper, list(values), curator)
    return paper


def entry_of(title: str, number: int, rest: str) -> tuple[str, str]:
    return entry(title, number), entry(title, number, rest)


PROMOTED = BASE.replace(*entry_of("First things", 1, "*Ann Lee.* ICLR 2026 Oral."))


def test_what_only_the_list_changed_is_proposed(curator):
    plan = plan_list(PROMOTED.encode(), "field")
    assert plan.conflicts == []
    assert plan.counts()["changed"] == 1


def test_what_only_the_curator_changed_stands_and_is_not_mentioned(curator):
    edit(curator, year=2019)
    plan = plan_list(BASE.encode(), "field")
    assert not plan
    assert plan.conflicts == []


def test_what_both_changed_alike_is_no_conflict_and_is_settled(curator):
    edit(curator, year=2026)
    run(PROMOTED)
    assert conflicts(PROMOTED) == []
    edit(curator, year=2020)
    assert conflicts(PROMOTED) == []  # the list has said 2026 since


def test_what_both_changed_differently_is_shown_with_all_three_and_nothing_is_lost(curator):
    paper = edit(curator, year=2019)
    outcome = run(PROMOTED)
    (conflict,) = outcome.plan.conflicts
    assert (conflict.part, conflict.base, conflict.ours, conflict.theirs) == (
        "year",
        "2024",
        "2019",
        "2026",
    )
    paper.refresh_from_db()
    assert (paper.year, str(paper.venue), paper.distinction) == (2019, "ICLR", "Oral")
    problem = Problem.objects.get(kind="list-conflict")
    assert (problem.status, problem.paper) == (Problem.Status.OPEN, paper)
    assert "from “2024” to “2026”" in problem.message


def test_an_open_conflict_is_met_again_and_a_second_import_writes_nothing(curator):
    edit(curator, year=2019)
    run(PROMOTED)
    before = every_row()
    assert len(run(PROMOTED).plan.conflicts) == 1
    assert every_row() == before


def test_a_conflict_ends_when_the_list_takes_its_change_back(curator):
    edit(curator, year=2019)
    run(PROMOTED)
    run(BASE)
    assert Problem.objects.get(kind="list-conflict").status == Problem.Status.GONE
    assert conflicts(BASE) == []


@pytest.mark.parametrize(
    ("verdict", "text", "year", "locked"),
    [
        (Verdict.OURS, "", 2019, True),
        (Verdict.THEIRS, "", 2026, False),
        (Verdict.OTHER, "2021", 2021, True),
    ],
)
def test_a_resolved_conflict_comes_back_only_when_the_list_changes_again(
    curator, verdict, text, year, locked
):
    paper = edit(curator, year=2019)
    run(PROMOTED)
    resolve(PROMOTED, verdict, text)
    paper.refresh_from_db()
    assert paper.year == year
    assert Provenance.objects.get(paper=paper, field="year").locked == locked
    assert Problem.objects.get(kind="list-conflict").status == Problem.Status.GONE
    assert conflicts(PROMOTED) == []
    assert not run(PROMOTED).plan
    later = PROMOTED.replace("2026 Oral", "2025 Oral")
    assert len(conflicts(later)) == (1 if locked else 0)


@pytest.mark.parametrize("text", ["", "soon", "99999", "-3", "²"])
def test_a_third_value_that_is_none_is_refused_in_one_line(curator, text):
    edit(curator, year=2019)
    before = every_row()
    with pytest.raises(ListRefused, match="year"):
        resolve(PROMOTED, Verdict.OTHER, text)
    assert every_row() == before


@pytest.mark.parametrize(
    ("verdict", "text", "title"),
    [
        (Verdict.OURS, "", "My first things"),
        (Verdict.THEIRS, "", "First things revisited"),
        (Verdict.OTHER, "Things, first", "Things, first"),
    ],
)
def test_a_title_that_both_changed(curator, verdict, text, title):
    paper = edit(curator, title="My first things")
    retitled = BASE.replace("First things", "First things revisited")
    run(retitled)
    (conflict,) = conflicts(retitled)
    assert (conflict.base, conflict.theirs) == ("First things", "First things revisited")
    resolve(retitled, verdict, text)
    paper.refresh_from_db()
    assert paper.title == title
    names = {paper.title, *paper.aliases.values_list("title", flat=True)}
    assert names >= {"First things", "First things revisited", "My first things", title}
    assert not run(retitled).plan


@pytest.mark.parametrize("verdict", [Verdict.OURS, Verdict.THEIRS, Verdict.OTHER])
def test_authors_that_both_changed(curator, verdict):
    paper = Paper.objects.get(title="First things")
    row = paper.authorships.get()
    row.printed_name = "Ann Q. Lee"
    curation.save_authorships(paper, [row], [], curator)
    more = BASE.replace(*entry_of("First things", 1, "*Ann Lee, Bo Ng.* Arxiv 2024."))
    resolve(more, verdict, "Ann Lee, Bo Ng, Cy Roy")
    names = list(Authorship.objects.filter(paper=paper).values_list("printed_name", flat=True))
    assert (
        names
        == {
            Verdict.OURS: ["Ann Q. Lee"],
            Verdict.THEIRS: ["Ann Lee", "Bo Ng"],
            Verdict.OTHER: ["Ann Lee", "Bo Ng", "Cy Roy"],
        }[verdict]
    )
    assert not run(more).plan


def test_whom_a_curator_named_stays_who_they_are_when_the_list_is_taken(curator):
    paper = Paper.objects.get(title="First things")
    row = paper.authorships.get()
    row.printed_name = "Ann Q. Lee"
    curation.save_authorships(paper, [row], [], curator)
    meant = make_author("Ann Lee of Leeds")
    NamedAuthor.objects.create(paper=paper, name_key="annlee", author=meant)
    more = BASE.replace(*entry_of("First things", 1, "*Ann Lee, Bo Ng.* Arxiv 2024."))
    resolve(more, Verdict.THEIRS)
    assert paper.authorships.get(printed_name="Ann Lee").author == meant


def places(title: str) -> list[str]:
    rows = Placement.objects.filter(paper__title=title, retired_at=None)
    return sorted(rows.values_list("topic__path", flat=True))


def moved(title: str, number: int, heading: str, text: str = BASE) -> str:
    line = entry(title, number)
    return text.replace(line, "").replace(f"{heading}\n", f"{heading}\n{line}")


def curator_moves(title: str, path: str) -> Paper:
    paper = Paper.objects.get(title=title)
    rows = list(paper.placements.filter(retired_at=None))
    added = Placement(paper=paper, topic=Topic.objects.get(path=path))
    curation.save_placements(paper, [added], rows)
    return paper


def test_a_paper_that_only_the_curator_moved_stays_there(curator):
    curator_moves("First things", "memory")
    assert not run(BASE).plan
    assert places("First things") == ["memory"]


def test_a_paper_that_both_moved_to_one_place_is_there_once(curator):
    curator_moves("First things", "memory")
    listed = moved("First things", 1, "## 2. Memory")
    assert conflicts(listed) == []
    run(listed)
    assert places("First things") == ["memory"]


@pytest.mark.parametrize(
    ("verdict", "path"), [(Verdict.OURS, "memory"), (Verdict.THEIRS, "agents")]
)
def test_a_paper_that_both_moved_to_different_places(curator, verdict, path):
    curator_moves("First things", "memory")
    listed = moved("First things", 1, "## 3. Agents")
    run(listed)
    assert places("First things") == ["memory"]
    (conflict,) = conflicts(listed)
    assert (conflict.base, conflict.ours, conflict.theirs) == ("Sparse", "Memory", "Agents")
    resolve(listed, verdict)
    assert places("First things") == [path]
    primary = Placement.objects.get(paper__title="First things", is_primary=True)
    assert primary.topic.path == path
    assert not run(listed).plan
    assert conflicts(listed) == []


@pytest.mark.parametrize(("verdict", "listed"), [(Verdict.OURS, True), (Verdict.THEIRS, False)])
def test_a_paper_that_the_curator_moved_and_the_list_dropped(curator, verdict, listed):
    paper = curator_moves("First things", "memory")
    without = BASE.replace(entry("First things", 1), "")
    run(without)
    assert places("First things") == ["memory"]
    assert [conflict.theirs for conflict in conflicts(without)] == [""]
    resolve(without, verdict)
    assert bool(places("First things")) == listed
    assert Paper.objects.filter(pk=paper.pk).exists()
    assert not run(without).plan


@pytest.mark.parametrize(
    ("verdict", "text", "name"),
    [
        (Verdict.OURS, "", "Long-term memory"),
        (Verdict.THEIRS, "", "Memories"),
        (Verdict.OTHER, "Remembering", "Remembering"),
    ],
)
def test_a_topic_that_both_renamed(curator, verdict, text, name):
    topic = Topic.objects.get(path="memory")
    topic.name = "Long-term memory"
    curation.save_topic(topic, ["name"])
    renamed = BASE.replace("## 2. Memory", "## 2. Memories")
    run(renamed)
    assert [conflict.theirs for conflict in conflicts(renamed)] == ["Memories"]
    resolve(renamed, verdict, text)
    topic.refresh_from_db()
    assert topic.name == name
    assert Topic.objects.count() == 5
    assert not run(renamed).plan


def test_a_topic_whose_order_alone_a_curator_changed_follows_the_list_s_new_name(curator):
    topic = Topic.objects.get(path="memory")
    topic.position = 40
    curation.save_topic(topic, ["position"])
    run(BASE.replace("## 2. Memory", "## 2. Memories"))
    topic.refresh_from_db()
    assert topic.name == "Memories"
    assert topic == Topic.objects.filter(parent=None).order_by("position").last()


def test_a_renamed_topic_that_the_list_moves_keeps_the_curators_name_and_follows(curator):
    topic = Topic.objects.get(path="memory")
    topic.name = "Long-term memory"
    curation.save_topic(topic, ["name"])
    below = BASE.replace("## 2. Memory", "### 1.3 Memory")
    run(below)
    topic.refresh_from_db()
    assert topic.path == "attention/long-term-memory"
    assert not run(below).plan


@pytest.mark.parametrize(
    ("verdict", "venue"),
    [(Verdict.OURS, "ICLR 2024 Oral"), (Verdict.THEIRS, "ICLR 2024 Spotlight")],
)
def test_a_line_of_news_that_both_changed(curator, verdict, venue):
    line = Announcement.objects.get()
    line.venue_text = "ICLR 2024 Oral"
    curation.save_announcement(line)
    changed = BASE.replace(f"({arxiv(1)}) ICLR 2024", f"({arxiv(1)}) ICLR 2024 Spotlight")
    run(changed)
    assert len(conflicts(changed)) == 1
    resolve(changed, verdict)
    line.refresh_from_db()
    assert line.venue_text == venue
    assert not run(changed).plan


def test_a_line_of_news_that_a_curator_rewrote_is_not_announced_twice(curator):
    line = Announcement.objects.get()
    line.title, line.url = "Other words altogether", "https://example.org/news"
    curation.save_announcement(line)
    assert not run(BASE).plan
    assert Announcement.objects.count() == 1


def test_a_list_that_only_puts_things_otherwise_leaves_a_run_and_its_undoing_asks_anew(curator):
    topic = Topic.objects.get(name="Memory")
    topic.name = "Remembering"
    curation.save_topic(topic, ["name"])
    as_ours = run(BASE.replace("2. Memory", "2. Remembering"))
    assert not as_ours.plan
    assert as_ours.run is not None
    assert "puts some things otherwise" in as_ours.run.message
    assert run(BASE.replace("2. Memory", "2. Remembering")).run is None
    further = BASE.replace("2. Memory", "2. Stores").replace("Arxiv 2024", "ICLR 2025", 1)
    renamed = run(further)
    assert Topic.objects.get(pk=topic.pk).name == "Stores"
    group = group_of_run(renamed.run.pk) if renamed.run else None
    assert group is not None
    take_back(group, curator)
    assert Topic.objects.get(pk=topic.pk).name == "Remembering"
    proposed = {change.about for change in changes_of(plan_list(further.encode(), "field"))}
    assert proposed >= {"Remembering", "First things"}


def test_edits_made_before_statements_were_kept_stand_without_a_conflict(curator):
    edit(curator, year=2019)
    ListStatement.objects.all().delete()
    assert conflicts(PROMOTED) == []
    run(PROMOTED)
    assert Paper.objects.get(title="First things").year == 2019
    assert ListStatement.objects.exists()


def test_a_field_from_a_better_source_is_no_conflict(curator):
    paper = Paper.objects.get(title="First things")
    Paper.objects.filter(pk=paper.pk).update(year=2019)
    Provenance.objects.filter(paper=paper, field="year").update(source=Source.ARXIV)
    assert conflicts(PROMOTED) == []
