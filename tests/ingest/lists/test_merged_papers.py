"""A list that goes on naming two papers which a curator made one; and what a curator took away from a list's order."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from catalog import curation
from catalog.models import (
    Announcement,
    Catalogue,
    Identifier,
    Paper,
    PaperRepository,
    Placement,
    Topic,
)
from ingest.lists.changes import changes_of
from ingest.lists.service import plan_list
from ingest.lists.writer import write_markdown
from tests.ingest.lists.test_import import entry, run

pytestmark = pytest.mark.django_db

FIRST = entry("Early draft of things", 1, "*Ann Lee.* ICLR 2023 Oral.")
SECOND = entry("A theory of all things", 2, "*Bo Ng, Cy Roy.* Arxiv 2024.")
LIST = f"""# Field

## 1. Attention
{FIRST}
{SECOND}
{entry("Third things", 3)}
{entry("Fourth things", 4)}
## 2. Memory
{entry("Fifth things", 5)}
"""

NEWS = """## News
- **[2024.02.03]**
  - Paper: [Third things](https://arxiv.org/abs/2401.00003)
  - Paper: [Fourth things](https://arxiv.org/abs/2401.00004)
  - Paper: [Fifth things](https://arxiv.org/abs/2401.00005)
"""


def badges(*names: str) -> str:
    """A repository and a page for each name, as they stand below an entry."""
    return "".join(
        f"\n&nbsp; [![s](https://img.shields.io/github/stars/o/{name})](https://github.com/o/{name})"
        f"\n&nbsp; [![b](https://img.shields.io/badge/Homepage-blue)](https://{name}.org)\n"
        for name in names
    )


APART = LIST.replace(FIRST, "").replace("## 2. Memory\n", f"## 2. Memory\n{FIRST}\n")
TWINS = LIST.replace("Early draft of things", "A theory of all things")
WITH_CODE = LIST.replace(FIRST, f"{FIRST}{badges('a', 'b')}").replace(
    SECOND, f"{SECOND}{badges('c', 'a', 'd')}"
)
EVERYWHERE = APART + f"## 3. Agents\n{FIRST}\n{SECOND}\n## 4. News of things\n{SECOND}\n"
TWINS_APART = APART.replace("Early draft of things", "A theory of all things")


def merge(kept: str, other: str) -> Paper:
    survivor, duplicate = (
        Identifier.objects.get(value=f"2401.{number:0>5}").paper for number in (kept, other)
    )
    curation.merge_papers(survivor, [duplicate])
    return survivor


def proposed(markdown: str) -> list[str]:
    return [change.text for change in changes_of(plan_list(markdown.encode(), "field"))]


def facts(paper: Paper) -> tuple[object, ...]:
    paper = Paper.objects.get(pk=paper.pk)
    names = [row.printed_name for row in paper.authorships.order_by("position")]
    return paper.title, names, str(paper.venue), paper.year, paper.distinction


@pytest.mark.parametrize("markdown", [LIST, APART, EVERYWHERE, WITH_CODE, TWINS, TWINS_APART])
@pytest.mark.parametrize(("kept", "other"), [("2", "1"), ("1", "2")])
def test_the_paper_that_a_curator_kept_stays_what_it_is(markdown, kept, other):
    run(markdown)
    paper = merge(kept, other)
    before = facts(paper)
    exported = write_markdown(Catalogue.objects.get())
    assert proposed(exported) == []
    assert proposed(markdown) == []
    run(markdown)
    assert facts(paper) == before
    assert write_markdown(Catalogue.objects.get()) == exported
    assert not run(markdown).plan
    assert plan_list(exported.encode(), "field").conflicts == []


def test_what_the_list_changes_of_the_kept_paper_is_taken_and_of_the_other_is_not():
    run(LIST)
    paper = merge("2", "1")
    run(LIST)
    changed = LIST.replace("Arxiv 2024", "ICML 2025", 1).replace("ICLR 2023", "ICLR 2022")
    run(changed)
    assert facts(paper)[2:] == ("ICML", 2025, "")


def test_a_kept_paper_that_a_curator_retitled_is_known_by_what_the_list_called_it():
    run(LIST)
    paper = Identifier.objects.get(value="2401.00002").paper
    paper.title = "Things, in theory"
    curation.save_paper(paper, ["title"], User.objects.create_superuser("jane"))
    merge("2", "1")
    before = facts(paper)
    assert proposed(LIST) == []
    run(LIST)
    assert facts(paper) == before
    assert proposed(write_markdown(Catalogue.objects.get())) == []


def test_a_list_that_names_only_the_merged_paper_says_nothing_of_the_kept_one():
    run(LIST)
    paper = merge("2", "1")
    before = facts(paper)
    run(LIST.replace(SECOND, ""))
    assert facts(paper) == before
    assert paper.placements.get(retired_at=None).topic.name == "Attention"


def test_a_merged_paper_s_place_is_no_conflict_with_a_curator_who_moved_the_kept_one():
    run(APART)
    paper = Identifier.objects.get(value="2401.00002").paper
    topic = Topic.objects.create(
        catalogue=Catalogue.objects.get(), name="Own", slug="own", path="own", position=3
    )
    curation.save_placements(
        paper, [Placement(paper=paper, topic=topic)], list(paper.placements.all())
    )
    merge("2", "1")
    assert plan_list(APART.encode(), "field").conflicts == []
    assert proposed(APART) == []


def test_the_list_still_decides_a_new_order():
    run(LIST)
    merge("2", "1")
    third = entry("Third things", 3)
    run(LIST.replace(third, "").replace(FIRST, f"{third}\n{FIRST}"))
    rows = Placement.objects.filter(
        topic__name="Attention", retired_at=None, paper__merged_into=None
    )
    assert list(rows.order_by("position").values_list("paper__title", flat=True)) == [
        "Third things",
        "A theory of all things",
        "Fourth things",
    ]  # fmt: skip


def test_what_a_curator_took_from_the_front_leaves_no_other_order():
    markdown = LIST.replace(FIRST, f"{FIRST}{badges('r1', 'r2')}\n")
    markdown = markdown.replace("## 1.", f"{NEWS}\n## 1.")
    run(markdown)
    paper = Paper.objects.get(title="Early draft of things")
    gone = PaperRepository.objects.get(paper=paper, repository__name="r1")
    curation.save_rows(paper, [], [gone])
    curation.save_rows(paper, [], [paper.links.get(url__contains="r1")])
    third = Paper.objects.get(title="Third things")
    curation.save_placements(third, [], list(third.placements.all()))
    line = Announcement.objects.get(title="Third things")
    line.date += timedelta(days=1)
    curation.save_announcement(line)
    assert proposed(write_markdown(Catalogue.objects.get())) == []
    assert proposed(markdown.replace(NEWS, "")) == []
