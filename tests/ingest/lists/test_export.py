"""Lists out: reading an export gives the same facts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.models import Catalogue, Paper, Source
from ingest.lists.as_json import write_json
from ingest.lists.escaping import escape
from ingest.lists.reader import read_list
from ingest.lists.repair import repair
from ingest.lists.service import import_list
from ingest.lists.writer import write_markdown
from tests.factories import make_catalogue, make_paper, make_topic
from tests.ingest.lists.test_import import BASE

pytestmark = pytest.mark.django_db


def facts() -> dict[str, Any]:
    """What the tables say, without keys and times."""
    found = write_json(Catalogue.objects.get())
    keys = {paper.pop("id"): paper["title"] for paper in found["papers"]}
    for row in found["announcements"]:
        row["paper"] = keys.get(row["paper"])
    return found


def start_anew() -> None:
    for paper in Paper.objects.all():
        paper.delete()
    for catalogue in Catalogue.objects.all():
        catalogue.problems.all().delete()
        for topic in catalogue.topics.order_by("-path"):
            topic.delete()
        catalogue.delete()


def round_trip() -> tuple[dict[str, Any], dict[str, Any]]:
    before = facts()
    markdown = write_markdown(Catalogue.objects.get())
    start_anew()
    import_list(markdown.encode(), "field")
    assert write_markdown(Catalogue.objects.get()) == markdown
    return before, facts()


def test_an_export_gives_the_same_facts():
    import_list(BASE.encode(), "field")
    before, after = round_trip()
    assert after == before


def test_a_paper_that_a_source_spells_otherwise_stands_once_in_its_topic():
    """arXiv's title replaces the list's, which stays as another title: that is no second entry."""
    import_list(BASE.encode(), "field")
    paper = Paper.objects.get(title="Second things")
    paper.aliases.create(title=paper.title, source=Source.LIST)
    Paper.objects.filter(pk=paper.pk).update(title="Second Things")
    before, after = round_trip()
    assert after == before
    markdown = write_markdown(Catalogue.objects.get())
    assert markdown.casefold().count("[**second things") == 1
    assert "Also listed as: **Second things.**" in markdown
    kinds = {problem.kind for problem in import_list(markdown.encode(), "field").plan.problems}
    assert not kinds & {"listed-twice", "title-differs"}


def test_odd_facts_survive_too():
    odd = r"""# Odd & *ends*
> Facts from [Some \[list\]](https://github.com/o/awesome), licence MIT.
## 1. A \*star\* & R&amp;R
1. [**O(n^2) \[sic\] \*x\* &lt;b&gt; a\_b 50% $O(n)$....**](https://x.org/a_(b)?q=1&r=2) *Kamradt, G., 苏剑林(Jianlin Su).* Some Co 2024 Best Paper.

[![s](https://img.shields.io/github/stars/one/r)](https://github.com/two/r/tree/main/sub%20dir)
[![Data](https://img.shields.io/badge/Data-HF-yellow)](https://huggingface.co/datasets/o/d)

2. [**Transformer升级之路：7、长度外推性.**](https://kexue.example/9431) *苏剑林.* 2023.
3. [**First title of one work.**](https://arxiv.org/abs/2401.00001) *A B.* Arxiv 2024.
4. [**First title of one works.**](https://arxiv.org/abs/2401.00001v2) *A B.* Arxiv 2024.
5. [**Clearly another thing altogether.**](https://arxiv.org/abs/2401.00001) *C D.* Arxiv 2024.
6. [**2. Numbers - at 1) the start.**](https://openreview.net/forum?id=abcdEF1234) *E F.* ICLR 2025.
## 2. Deep
### 2.1 Deeper
#### 2.1.1 Deepest
1. [**2. Numbers - at 1) the start.**](https://arxiv.org/abs/2402.00002) *E F.* Arxiv 2024.
"""
    import_list(odd.encode(), "field")
    before, after = round_trip()
    assert after == before
    assert after["catalogue"]["origin"] == {
        "name": "Some [list]",
        "url": "https://github.com/o/awesome",
        "licence": "MIT",
    }
    assert after["papers"][0]["title"] == ("O(n^2) [sic] *x* <b> a_b 50% $O(n)$...")


def test_what_a_curator_added_is_exported_behind_the_rest():
    import_list(BASE.encode(), "field")
    topic = Catalogue.objects.get().topics.get(path="memory")
    make_paper("By hand", topics=[topic], arxiv="2405.00001")
    topic.placements.filter(paper__title="By hand").update(position=0)
    titles = [e.title for e in read_list(write_markdown(Catalogue.objects.get()).encode()).entries]
    assert titles[-1] == "By hand"


def test_merged_and_unlisted_papers_are_not_exported():
    keep = make_paper("Kept")
    make_paper("Merged", merged_into=keep)
    gone = make_paper("Gone")
    gone.placements.update(retired_at="2024-01-01T00:00Z", is_primary=False)
    markdown = write_markdown(make_catalogue())
    assert "Kept" in markdown
    assert "Merged" not in markdown
    assert "Gone" not in markdown


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries):
    for index in range(12):
        make_paper(
            topics=[make_topic(f"Topic {index % 3}")],
            arxiv=f"2401.{index:05d}",
            repository=f"o/r{index}",
        )
    with django_assert_max_num_queries(9):
        write_markdown(make_catalogue())


_TITLES = (
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), min_size=1, max_size=60
    )
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: any(c.isalnum() for c in text))
)


@settings(max_examples=200, deadline=None)
@given(_TITLES)
def test_any_title_reads_back_as_it_was(title):
    if title.endswith(".") or "http" in title or repair(title).text != title:
        return
    reading = read_list(
        f"## 1. T\n1. [**{escape(title)}.**](https://arxiv.org/abs/2401.00001)".encode()
    )
    assert reading.entries[0].title == title
