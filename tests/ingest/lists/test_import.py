"""Import and re-import into a real database: what is joined, kept, moved, unlisted, refused."""

from typing import Any

import pytest
from django.db import connection

from catalog.models import (
    Announcement,
    Authorship,
    Catalogue,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Provenance,
    Repository,
    Run,
    Source,
    Topic,
    TopicRedirect,
    Venue,
)
from catalog.signals import papers_changed
from ingest.lists.records import ListRefused
from ingest.lists.service import Outcome, import_list, plan_list

pytestmark = pytest.mark.django_db


def arxiv(number: int) -> str:
    return f"https://arxiv.org/abs/2401.{number:05d}"


def entry(title: str, number: int, rest: str = "*Ann Lee.* Arxiv 2024.") -> str:
    return f"1. [**{title}.**]({arxiv(number)}) {rest}\n"


def run(markdown: str, **options) -> Outcome:
    return import_list(markdown.encode(), "field", **options)


def kinds(outcome: Outcome) -> list[str]:
    return [problem.kind for problem in outcome.plan.problems]


BASE = f"""# Field

## News
- **[2024.02.03]**
  - Paper: [First things]({arxiv(1)})
  - Paper: [Never listed]({arxiv(99)})

## 1. Attention
### 1.1 Sparse
{entry("First things", 1)}
&nbsp; [![s](https://img.shields.io/github/stars/o/r)](https://github.com/o/r)
&nbsp; [![b](https://img.shields.io/badge/Homepage-blue)](https://first.org)

{entry("Second things", 2, "*Bo Li, Ann Lee.* ICLR 2024 Oral.")}
### 1.2 Linear
{entry("Third things", 3)}
## 2. Memory
{entry("First things", 1)}
{entry("Fourth things", 4)}
"""


def every_row() -> dict[str, list[tuple[Any, ...]]]:
    """Each row of each table with the transaction that wrote it last."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT xmin::text, ctid::text, * FROM {name} ORDER BY 1, 2")
            rows[table] = cursor.fetchall()
        return rows


def test_a_list_becomes_papers_topics_people_code_links_and_news():
    outcome = run(BASE)
    assert outcome.status == "applied"
    counts = outcome.plan.counts()
    assert {key: counts[key] for key in ("entries", "papers", "topics", "placements")} == {
        "entries": 5,
        "papers": 4,
        "topics": 4,
        "placements": 5,
    }
    second = Paper.objects.get(title="Second things")
    assert (str(second.venue), second.year, second.distinction) == ("ICLR", 2024, "Oral")
    assert [row.printed_name for row in second.authorships.all()] == ["Bo Li", "Ann Lee"]
    assert (str(second.published_on), second.published_precision) == ("2024-01-01", "month")
    first = Paper.objects.get(title="First things")
    assert list(first.placements.values_list("topic__path", "is_primary").order_by("pk")) == [
        ("attention/sparse", True),
        ("memory", False),
    ]
    assert first.repositories.get().full_name == "o/r"
    assert first.links.get().kind == "homepage"
    assert Authorship.objects.filter(author__name="Ann Lee").count() == 4
    assert list(Announcement.objects.values_list("title", "paper__title")) == [
        ("First things", "First things"),
        ("Never listed", None),
    ]
    assert kinds(outcome) == ["announcement-unmatched"]
    assert Problem.objects.get().kind == "announcement-unmatched"
    assert set(first.provenance.values_list("field", "source")) == {
        ("title", "list"),
        ("authors", "list"),
        ("venue", "list"),
        ("year", "list"),
        ("published_on", "derived"),
    }


def test_importing_twice_writes_no_row_at_all():
    run(BASE)
    before = every_row()
    outcome = run(BASE)
    assert every_row() == before
    assert [outcome.plan.counts()[key] for key in ("new", "changed", "moved", "gone")] == [0] * 4


def test_planning_writes_no_row():
    before = every_row()
    assert plan_list(BASE.encode(), "field").counts()["new"] == 4
    assert every_row() == before


def test_changed_facts_are_found_and_told_to_what_builds_on_them(
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks(execute=True):
        run(BASE)
    told: list[list[int]] = []

    def listen(ids: list[int], **_) -> None:
        told.append(ids)

    papers_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            outcome = run(
                BASE.replace("*Ann Lee.* Arxiv 2024.", "*Ann Lee, Cy Ng.* ICML 2025 Spotlight.")
            )
    finally:
        papers_changed.disconnect(listen)
    assert outcome.plan.counts()["changed"] == 3
    paper = Paper.objects.get(title="Third things")
    assert (str(paper.venue), paper.year, paper.distinction) == ("ICML", 2025, "Spotlight")
    assert paper.authorships.count() == 2
    assert told == [
        sorted(Paper.objects.exclude(title="Second things").values_list("pk", flat=True))
    ]


def test_a_new_spelling_of_a_title_keeps_the_old_one_as_an_alias():
    run(BASE)
    outcome = run(BASE.replace("Third things", "Third Things, revised"))
    assert outcome.plan.counts()["changed"] == 1
    paper = Paper.objects.get(title="Third Things, revised")
    assert [alias.title for alias in paper.aliases.all()] == ["Third things"]
    assert not run(BASE.replace("Third things", "Third Things, revised")).plan


@pytest.mark.parametrize(
    ("old", "new", "papers"),
    [
        ("**Foo.** *Ann Lee.* ICLR 2023", "**Foo (v2).** *Ann Lee.* ICLR 2023", 1),
        ("**Foo (v1).** *Ann Lee.* ICLR 2023", "**Foo (v2).** *Ann Lee.* ICLR 2023", 2),
        ("**Foo.** *Ann Lee.* ICLR 2023", "**Foo (v2).** *Bo Ng.* ICLR 2023", 2),
        (
            "**A long title of things.** *Ann Lee, Bo Ng.* 2023",
            f"[**The long title of the things.**]({arxiv(77)}) *Ann Lee, Bo Ng.* ICLR 2024",
            1,
        ),
    ],
)
def test_an_entry_much_like_one_that_is_gone_is_that_paper_said_anew(old, new, papers):
    other = entry("Third things", 3, "*Ann Lee.* ICLR 2024")
    run(f"## 1. Topic\n- {old}\n{other}")
    run(f"## 1. Topic\n- {new}\n{other}", force=True)
    assert Paper.objects.exclude(title="Third things").count() == papers
    assert Paper.objects.listed().count() == 2


def test_a_vanished_entry_is_unlisted_not_deleted_and_comes_back():
    run(BASE)
    shorter = BASE.replace(entry("Fourth things", 4), "")
    outcome = run(shorter, force=True)
    assert outcome.plan.counts()["gone"] == 1
    paper = Paper.objects.get(title="Fourth things")
    assert paper not in Paper.objects.listed()
    assert paper.placements.get().retired_at is not None
    assert paper.identifiers.exists()
    assert not run(shorter).plan
    again = run(BASE)
    assert (again.plan.counts()["new"], Paper.objects.count()) == (1, 4)
    assert paper in Paper.objects.listed()
    assert paper.placements.get().is_primary


def test_losing_more_than_a_tenth_is_refused_and_says_what_would_be_lost():
    run(BASE)
    before = every_row()
    outcome = run(BASE[: BASE.index("### 1.2")])
    assert outcome.status == "refused"
    assert "3 of 5 entries (60%)" in outcome.message
    assert "“Third things”" in outcome.message
    assert "--force" in outcome.message
    assert "\n" not in outcome.message
    assert every_row() == before
    assert run(BASE[: BASE.index("### 1.2")], force=True).status == "applied"
    assert Paper.objects.listed().count() == 2


def test_an_entry_moved_to_another_topic_is_moved():
    run(BASE)
    moved = BASE.replace(entry("Third things", 3), "").replace(
        "## 2. Memory\n", f"## 2. Memory\n{entry('Third things', 3)}"
    )
    outcome = run(moved)
    counts = outcome.plan.counts()
    assert [counts[key] for key in ("new", "changed", "moved", "gone")] == [0, 0, 1, 0]
    paper = Paper.objects.get(title="Third things")
    current = paper.placements.get(retired_at=None)
    assert (current.topic.path, current.is_primary) == ("memory", True)


def test_a_topic_that_moves_or_is_renamed_keeps_its_papers_and_its_old_address():
    run(BASE)
    sparse = Topic.objects.get(path="attention/sparse")
    outcome = run(
        BASE.replace("## 1. Attention\n### 1.1 Sparse", "## 1. Sparse Patterns").replace(
            "### 1.2 Linear", "## 3. Attention\n### 3.1 Linear"
        )
    )
    assert outcome.plan.counts()["moved"] == 0
    sparse.refresh_from_db()
    assert (sparse.name, sparse.path, sparse.parent) == ("Sparse Patterns", "sparse-patterns", None)
    assert TopicRedirect.objects.get(path="attention/sparse").topic == sparse
    assert Topic.objects.filter(retired_at=None).count() == 4


def test_a_topic_without_entries_is_retired_and_revived():
    run(BASE)
    without = BASE.replace(f"### 1.2 Linear\n{entry('Third things', 3)}", "")
    run(without, force=True)
    assert Topic.objects.get(path="attention/linear").retired_at is not None
    run(BASE)
    assert Topic.objects.get(path="attention/linear").retired_at is None
    assert Topic.objects.count() == 4


class TestIdentity:
    def test_one_identifier_and_near_equal_titles_are_one_paper(self):
        outcome = run(
            "## 1. A\n"
            + entry("Needles in a 10M Haystack", 1)
            + "## 2. B\n"
            + entry("Needles in a 11M Haystack", 1)
        )
        paper = Paper.objects.get()
        assert [alias.title for alias in paper.aliases.all()] == ["Needles in a 11M Haystack"]
        assert kinds(outcome) == ["title-differs"]

    def test_one_identifier_under_clearly_different_titles_is_two_papers(self):
        outcome = run(
            "## 1. A\n" + entry("A Comprehensive Benchmark", 1) + entry("Retrieval meets Models", 1)
        )
        first, second = Paper.objects.order_by("pk")
        assert Identifier.objects.get().paper == first
        assert second.placements.get().listed_url == arxiv(1)
        assert kinds(outcome) == ["identifier-contested"]
        assert Problem.objects.get().paper == first  # whose page shows the identifier
        assert not run(
            "## 1. A\n" + entry("A Comprehensive Benchmark", 1) + entry("Retrieval meets Models", 1)
        ).plan

    def test_a_corrected_link_gives_the_identifier_to_its_paper(self):
        run(
            "## 1. A\n" + entry("A Comprehensive Benchmark", 1) + entry("Retrieval meets Models", 1)
        )
        run(
            "## 1. A\n" + entry("A Comprehensive Benchmark", 2) + entry("Retrieval meets Models", 1)
        )
        assert Identifier.objects.get(value="2401.00001").paper.title == "Retrieval meets Models"
        assert Identifier.objects.get(value="2401.00002").paper.title == "A Comprehensive Benchmark"

    def test_one_title_with_identifiers_of_different_registries_is_one_paper(self):
        run(
            "## 1. A\n"
            + entry("Flash Things-3", 1)
            + "## 2. Blogs\n1. [**Flash Things 3**](https://blog.example.org/flash3) *Ann Lee.* 2024."
        )
        paper = Paper.objects.get()
        assert {row.scheme for row in paper.identifiers.all()} == {"arxiv", "url"}

    def test_one_title_with_two_arxiv_identifiers_is_two_papers(self):
        run("## 1. A\n" + entry("A Survey", 1) + entry("A Survey", 2))
        assert Paper.objects.filter(title="A Survey").count() == 2
        assert not run("## 1. A\n" + entry("A Survey", 1) + entry("A Survey", 2)).plan

    def test_a_link_that_the_list_corrects_replaces_the_identifier(self):
        run("## 1. A\n" + entry("A Survey", 1))
        assert run("## 1. A\n" + entry("A Survey", 2)).plan.counts()["changed"] == 1
        assert Identifier.objects.get().value == "2401.00002"

    def test_an_identifier_from_a_better_source_stands_against_the_list(self):
        run("## 1. A\n" + entry("A Survey", 1))
        Identifier.objects.update(source=Source.ARXIV)
        outcome = run("## 1. A\n" + entry("A Survey", 2))
        assert kinds(outcome) == ["identifier-differs"]
        assert Identifier.objects.get().value == "2401.00001"
        assert Paper.objects.count() == 1

    def test_papers_that_share_an_acronym_stay_apart(self):
        run(
            "## 1. A\n"
            + entry("LongRAG: Enhancing Retrieval with Long Readers", 1)
            + entry("LongRAG: A Dual-perspective Paradigm for Questions", 2)
            + entry("Quest: Query-centric Synthesis", 3)
            + entry("Quest: Query-aware Sparsity", 4)
        )
        assert Paper.objects.count() == 4

    def test_a_paper_twice_under_one_topic_is_placed_once_and_told(self):
        outcome = run("## 1. A\n" + entry("Once", 1) + entry("Once", 1))
        assert Placement.objects.count() == 1
        assert kinds(outcome) == ["listed-twice"]

    def test_two_lists_share_papers_and_do_not_fight_over_facts(self):
        run(BASE)
        other = "## 1. Else\n" + entry("Third things", 3, "*Other Name.* CVPR 2023.")
        assert import_list(other.encode(), "other").plan.counts()["new"] == 1
        paper = Paper.objects.get(title="Third things")
        assert (str(paper.venue), paper.authorships.get().printed_name) == ("arXiv", "Ann Lee")
        assert paper.placements.filter(retired_at=None).count() == 2
        assert not run(BASE).plan
        assert not import_list(other.encode(), "other").plan


class TestCurator:
    def test_a_locked_field_outlives_the_import_and_is_free_again_when_unlocked(self):
        run(BASE)
        paper = Paper.objects.get(title="Third things")
        paper.title = "Third Things: The Real Title"
        paper.save()
        paper.aliases.create(title="Third things", source=Source.CURATOR)
        Provenance.objects.filter(paper=paper, field="title").update(
            source=Source.CURATOR, locked=True
        )
        assert not run(BASE).plan
        paper.refresh_from_db()
        assert paper.title == "Third Things: The Real Title"
        Provenance.objects.filter(paper=paper, field="title").update(
            source=Source.LIST, locked=False, detail="field"
        )
        run(BASE)
        paper.refresh_from_db()
        assert paper.title == "Third things"

    @pytest.mark.parametrize("source", [Source.CURATOR, Source.ARXIV])
    def test_a_better_source_wins_over_the_list(self, source):
        run(BASE)
        paper = Paper.objects.get(title="Third things")
        Paper.objects.filter(pk=paper.pk).update(year=2019)
        said = Provenance.objects.filter(paper=paper, field="year")
        said.update(source=source, locked=source == Source.CURATOR)
        assert not run(BASE).plan

    def test_what_a_curator_took_away_does_not_come_back(self):
        run(BASE)
        taken = {"source": Source.CURATOR, "retired_at": "2024-05-05T00:00Z"}
        Placement.objects.filter(topic__path="memory", paper__title="First things").update(**taken)
        Link.objects.update(**taken)
        PaperRepository.objects.update(**taken)
        before = every_row()
        assert not run(BASE).plan
        assert every_row() == before

    def test_an_identifier_that_a_curator_took_away_does_not_come_back(self):
        run(BASE)
        paper = Paper.objects.get(title="Third things")
        paper.identifiers.all().delete()
        paper.rejected_identifiers.create(scheme="arxiv", value="2401.00003")
        run(BASE)
        assert not paper.identifiers.exists()
        assert Paper.objects.count() == 4
        assert not run(BASE).plan

    def test_what_a_curator_added_stays(self):
        run(BASE)
        paper = Paper.objects.get(title="Third things")
        Placement.objects.create(paper=paper, topic=Topic.objects.get(path="memory"))
        Link.objects.create(paper=paper, kind="video", url="https://video.example.org/3")
        assert not run(BASE).plan

    def test_a_topic_that_a_curator_renamed_keeps_its_name(self):
        run(BASE)
        Topic.objects.filter(path="memory").update(name="Long-term memory", curated=True)
        assert not run(BASE).plan
        run(BASE.replace("## 2. Memory", "## 2. Memory").replace("Fourth things", "Fifth things"))
        assert Topic.objects.get(path="memory").name == "Long-term memory"

    def test_the_primary_topic_that_a_curator_chose_stays(self):
        run(BASE)
        rows = Placement.objects.filter(paper__title="First things")
        rows.update(is_primary=False)
        rows.filter(topic__path="memory").update(is_primary=True)
        assert not run(BASE).plan


def test_a_problem_is_filed_once_and_closed_when_it_is_no_longer_met():
    run(BASE)
    run(BASE.replace("# Field", "# Field\n\n"))  # lines move
    problem = Problem.objects.get()
    assert problem.status == Problem.Status.OPEN
    run(BASE.replace(f"  - Paper: [Never listed]({arxiv(99)})\n", ""))
    problem.refresh_from_db()
    assert problem.status == Problem.Status.GONE
    Problem.objects.update(status=Problem.Status.IGNORED)
    assert run(BASE).plan.problems
    problem.refresh_from_db()
    assert problem.status == Problem.Status.IGNORED


def test_old_weeks_that_a_list_no_longer_shows_stay_announced():
    run(BASE)
    later = BASE.replace("2024.02.03", "2024.03.04")
    run(later)
    assert {str(row.date) for row in Announcement.objects.all()} == {"2024-02-03", "2024-03-04"}


def test_accents_and_case_do_not_make_two_people_and_printed_names_are_kept():
    run(
        "## 1. A\n"
        + entry("One", 1, "*Łukasz Kaiser.* 2024.")
        + entry("Two", 2, "*Lukasz Kaiser.* 2024.")
        + entry("Three", 3, "*Kamradt, G.* 2024.")
    )
    assert sorted(Authorship.objects.values_list("author__name", "printed_name")) == [
        ("G. Kamradt", "Kamradt, G."),
        ("Łukasz Kaiser", "Lukasz Kaiser"),
        ("Łukasz Kaiser", "Łukasz Kaiser"),
    ]


def test_venues_and_repositories_are_one_whatever_their_spelling():
    code = "[![s](https://img.shields.io/github/stars/{0})](https://github.com/{0})"
    run(
        "## 1. A\n"
        + entry("One", 1, "*A B.* NIPS 2020.")
        + "\n"
        + code.format("O/R")
        + "\n\n"
        + entry("Two", 2, "*A B.* NeurIPS 2021.")
        + "\n"
        + code.format("o/r")
        + "\n"
    )
    assert Venue.objects.get().name == "NeurIPS"
    assert Repository.objects.get().full_name == "O/R"


def test_an_agreed_plan_is_not_applied_when_the_catalogue_has_changed_meanwhile():
    digest = plan_list(BASE.encode(), "field").digest()
    run(BASE[: BASE.index("## 2.")])
    outcome = run(BASE, digest=digest)
    assert outcome.status == "refused"
    assert not Paper.objects.filter(title="Fourth things").exists()
    assert run(BASE, digest=plan_list(BASE.encode(), "field").digest()).status == "applied"


def test_a_run_is_left_only_by_an_import_that_changed_something():
    run(BASE, reason="test")
    record = Run.objects.get()
    assert (record.status, record.new, record.reason) == (Run.Status.DONE, 4, "test")
    assert record.catalogue == Catalogue.objects.get()
    run(BASE)
    assert Run.objects.count() == 1


@pytest.mark.parametrize("data", [b"", b"\x00", b"<html>", b"# Field\n", b"\xff"])
def test_no_list_leaves_everything_alone_even_when_forced(data):
    run(BASE)
    before = every_row()
    with pytest.raises(ListRefused):
        import_list(data, "field", force=True)
    assert every_row() == before


@pytest.mark.parametrize("reverse", [False, True])
def test_an_identifier_passed_on_while_its_paper_gets_another(reverse):
    run("## 1. A\n" + entry("Alpha Networks for Vision", 1))
    entries = [entry("A title of something else", 1), entry("Alpha Networks for Vision", 9)]
    assert run("## 1. A\n" + "".join(entries[::-1] if reverse else entries)).status == "applied"
    assert dict(Identifier.objects.values_list("value", "paper__title")) == {
        "2401.00001": "A title of something else",
        "2401.00009": "Alpha Networks for Vision",
    }


def test_text_too_long_for_its_column_is_cut_or_told_and_settles():
    owner, words = "o" * 150, "word " * 300
    deep = "".join(
        f"## {'.'.join(['1'] * depth)} {'deep heading ' * 20}{depth}\n" for depth in range(1, 14)
    )
    odd = f"""{deep}
{entry("One", 1)}
[{words}](https://one.example.org) [code](https://github.com/{owner}/r)
[far](https://far.example.org/{"x" * 1200})
[code](https://github.com/o/r/tree/{"x" * 950})

{entry("漢" * 900, 2)}
- **[2024.02.03]**
  - Paper: [{"語" * 3000}]({arxiv(2)})
"""
    assert run(odd).status == "applied"
    assert Link.objects.filter(url="https://one.example.org").exists()
    before = every_row()
    assert not run(odd).plan
    assert every_row() == before


def announce(*titles: str) -> str:
    lines = "".join(f"  - Paper: [{t}]({arxiv(100 + ord(t[0]))})\n" for t in titles)
    return f"## News\n- **[2024.02.03]**\n{lines}\n## 1. A\n{entry('One', 1)}"


def test_a_line_added_to_a_day_loses_no_other_line_and_no_edit_of_a_curator():
    run(announce("Alpha", "Beta", "Gamma"))
    Announcement.objects.filter(title="Beta").update(source=Source.CURATOR, venue_text="By hand")
    run(announce("Nova", "Alpha", "Beta", "Gamma"))
    rows = Announcement.objects.values_list("title", "venue_text")
    assert sorted(rows) == [("Alpha", ""), ("Beta", "By hand"), ("Gamma", ""), ("Nova", "")]
    assert not run(announce("Nova", "Alpha", "Beta", "Gamma")).plan


def test_a_topic_that_still_holds_a_curators_paper_is_not_retired_and_the_plan_settles():
    run(BASE)
    linear = Topic.objects.get(path="attention/linear")
    Placement.objects.create(paper=Paper.objects.get(title="Fourth things"), topic=linear)
    without = BASE.replace(f"### 1.2 Linear\n{entry('Third things', 3)}", "")
    run(without, force=True)
    linear.refresh_from_db()
    assert linear.retired_at is None
    assert not run(without).plan


def test_a_topic_that_a_curator_retired_comes_back_only_with_papers():
    run(BASE + "## 3. Empty\n")
    topic = Topic.objects.get(path="empty")
    Topic.objects.filter(pk=topic.pk).update(retired_at="2024-01-01T00:00Z", curated=True)
    assert not run(BASE + "## 3. Empty\n").plan
    run(BASE + "## 3. Empty\n" + entry("Fifth things", 5))
    topic.refresh_from_db()
    assert topic.retired_at is None


def test_only_a_web_address_can_be_the_origin():
    run('> Facts from <a href="javascript:alert(1)">here</a>, licence MIT.\n\n' + BASE)
    assert Catalogue.objects.get().origin_url == ""


def test_a_topic_leaves_a_parent_that_vanishes():
    below = f"## 1. Alpha\n{entry('One', 1)}## 2. Beta\n### 2.1 Gamma\n{entry('Two', 2)}"
    run(below)
    above = below.replace("## 2. Beta\n### 2.1 Gamma", "## 2. Gamma")
    run(above)
    gamma = Topic.objects.get(name="Gamma")
    assert (gamma.path, gamma.parent) == ("gamma", None)
    assert TopicRedirect.objects.get(path="beta/gamma").topic == gamma
    assert Topic.objects.get(name="Beta").retired_at is not None
    assert not run(above).plan
    run(below)
    gamma.refresh_from_db()
    assert gamma.path == "beta/gamma"


def test_names_swapped_and_swapped_back_drop_nothing():
    one = "".join(entry(f"One {n}", n) for n in range(1, 7))
    two = "".join(entry(f"Two {n}", n) for n in range(11, 17))
    assert run(f"## 1. A\n{one}## 2. B\n{two}").status == "applied"
    assert run(f"## 1. B\n{one}## 2. A\n{two}").status == "applied"
    assert run(f"## 1. A\n{one}## 2. B\n{two}").status == "applied"


def test_a_paper_that_a_curator_retitled_is_known_by_its_identifier():
    run(BASE)
    paper = Paper.objects.get(title="Third things")
    Paper.objects.filter(pk=paper.pk).update(
        title="Quite another name", title_key="quiteanothername"
    )
    Provenance.objects.filter(paper=paper, field="title").update(source=Source.CURATOR, locked=True)
    counts = run(BASE).plan.counts()
    assert (counts["new"], counts["gone"], Paper.objects.count()) == (0, 0, 4)
