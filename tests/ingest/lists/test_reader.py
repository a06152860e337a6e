"""Each form that real lists contain, in small fragments."""

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lists.reader import read_list
from ingest.lists.records import Entry, ListedVenue, ListRefused, ReadingList

ARXIV = "https://arxiv.org/abs/2401.00001"
STARS = "https://img.shields.io/github/stars"


def read(markdown: str) -> ReadingList:
    return read_list(markdown.encode())


def read_entry(line: str) -> Entry:
    """The only entry of a list with one topic."""
    (entry,) = read(f"# List\n\n## 1. Topic\n\n{line}\n").entries
    return entry


def kinds(reading: ReadingList) -> list[str]:
    return [problem.kind for problem in reading.problems]


@pytest.mark.parametrize(
    "line",
    [
        f"1. [**A Title.**]({ARXIV}) *Ann Lee, Bo Li.* ICLR 2024 Oral.",
        f"1. [**A Title**]({ARXIV}) _Ann Lee, Bo Li_ ICLR 2024 Oral",
        f"- [A Title]({ARXIV}), *Ann Lee and Bo Li*, ICLR 2024 (Oral)",
        f"* **[A Title.]({ARXIV})** *Ann Lee; Bo Li* ICLR Oral 2024.",
        f"1. [**A\n   Title.**]({ARXIV})\n   *Ann Lee,\n   Bo Li.*\n   ICLR 2024 Oral.",
        f"1. [**A Title.**]({ARXIV})\n\n   *Ann Lee, Bo Li.* ICLR 2024 Oral.",
        f"- **A Title** *Ann Lee, Bo Li* ICLR 2024 Oral [[paper]]({ARXIV})",
        f'- <a href="{ARXIV}">A Title</a> <i>Ann Lee, Bo Li</i> ICLR\'24 Oral',
        f"- [**A Title.**][1] *Ann Lee, Bo Li.* ICLR 2024 Oral.\n\n[1]: {ARXIV}",
        f"1. [[**A Title.**]({ARXIV})]({ARXIV}) *Ann Lee, Bo Li.* ICLR 2024 Oral.",
        f"1. [**A Title.**]([{ARXIV}]({ARXIV})) *Ann Lee, Bo Li.* ICLR 2024 Oral.",
        f"- [**A Title**]({ARXIV}) by Ann Lee, Bo Li (ICLR 2024 Oral)",
        f"- **[A Title]({ARXIV})** by *Ann Lee, Bo Li* (ICLR 2024 Oral)",
        f"- (ICLR 2024 Oral) [A Title]({ARXIV}) *Ann Lee, Bo Li.*",
    ],
)
def test_every_usual_form_of_an_entry_gives_the_same_facts(line):
    entry = read_entry(line)
    assert entry.title == "A Title"
    assert [str(ident) for ident in entry.identifiers] == ["arxiv:2401.00001"]
    assert entry.authors == ("Ann Lee", "Bo Li")
    assert (entry.venue.name, entry.venue.year, entry.venue.distinction) == ("ICLR", 2024, "Oral")


@pytest.mark.parametrize(
    ("line", "title", "authors"),
    [
        ("**Title *Ann Lee*** ICLR 2024", "Title", ("Ann Lee",)),
        ("**Title. *Ann Lee, Bo van der Ng*** ICLR 2024", "Title", ("Ann Lee", "Bo van der Ng")),
        ("***Title.** Ann Lee* ICLR 2024", "Title", ("Ann Lee",)),
        ("**Growth *in vitro*** ICLR 2024", "Growth in vitro", ()),
        ("**Of *Homo sapiens*** *Ann Lee* ICLR 2024", "Of Homo sapiens", ("Ann Lee",)),
        ("**Beating *Deep Blue*** *Ann Lee* ICLR 2024", "Beating Deep Blue", ("Ann Lee",)),
    ],
)
def test_names_at_the_end_of_bold_text_are_the_authors_if_there_are_no_others(line, title, authors):
    entry = read_entry(f"- {line}")
    assert (entry.title, entry.authors, entry.venue.name) == (title, authors, "ICLR")


def test_many_names_joined_by_and_are_read_in_no_time():
    names = " and ".join(["Ann Lee"] * 40)
    entry = read_entry(f"- **Title *{names} 7*** ICLR 2024")
    assert entry.title.startswith("Title Ann Lee")


def test_a_word_in_angle_brackets_is_a_word_unless_html_knows_it():
    entry = read_entry(f"- [T]({ARXIV}) *Ann Lee.* ICLR 2024 Best <Long> Paper <video></video>")
    assert entry.venue.distinction == "Best <Long> Paper"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Arxiv 2024.", ("arXiv", 2024, "")),
        ("2024.", ("", 2024, "")),
        ("TMLR.", ("TMLR", None, "")),
        ("", ("", None, "")),
        ("NIPS 2020.", ("NeurIPS", 2020, "")),
        ("ACL-IJCNLP 2021", ("ACL-IJCNLP", 2021, "")),
        ("MLSys 2024 Best Paper Award.", ("MLSys", 2024, "Best Paper Award")),
        ("ICML 2024 TF2M workshop.", ("ICML", 2024, "TF2M workshop")),
        ("ICML 2024 Workshop.", ("ICML", 2024, "Workshop")),
        ("Findings of EMNLP 2023", ("EMNLP", 2023, "Findings")),
        ("Github 2024.", ("GitHub", 2024, "")),
        ("Some Company 2024.", ("Some Company", 2024, "")),
        ("arXiv preprint arXiv:2401.00001, 2024", ("arXiv", 2024, "")),
        ("Arxiv 2023, ICLR 2024.", ("ICLR", 2024, "")),
        (
            "Transactions of the Association for Computational Linguistics 2024",
            ("TACL", 2024, ""),
        ),
    ],
)
def test_venue_year_and_distinction(text, expected):
    venue = read_entry(f"1. [**T.**]({ARXIV}) *A B.* {text}").venue
    assert (venue.name, venue.year, venue.distinction) == expected


@pytest.mark.parametrize("slip", ["Arixv", "Axriv", "Arxv", "arXivv"])
def test_a_slip_in_the_venue_is_mended_and_told(slip):
    reading = read(f"## 1. Topic\n1. [**T.**]({ARXIV}) *A B.* {slip} 2025.")
    assert reading.entries[0].venue.name == "arXiv"
    assert kinds(reading) == ["venue-typo"]


@pytest.mark.parametrize("name", ["AACL", "EACL", "ECAI", "ICMLA", "COLT", "Nature"])
def test_a_real_venue_is_no_slip_of_another(name):
    assert read_entry(f"1. [**T.**]({ARXIV}) *A B.* {name} 2025.").venue.name == name


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("*Ann Lee, Bo Li.*", ("Ann Lee", "Bo Li")),
        ("*Ann Lee, Bo Li, and Cy Ng.*", ("Ann Lee", "Bo Li", "Cy Ng")),
        ("*Kamradt, G.*", ("Kamradt, G.",)),
        ("*Team-X: Ann Lee, Bo Li.*", ("Team-X", "Ann Lee", "Bo Li")),
        ("*u/bloc97\n.*", ("u/bloc97",)),
        ("*苏剑林(Jianlin Su).*", ("苏剑林(Jianlin Su)",)),
        ("*Ann Lee., Bo Li Jr., C. D. E.*", ("Ann Lee", "Bo Li Jr.", "C. D. E")),
    ],
)
def test_authors_as_printed(printed, names):
    assert read_entry(f"1. [**T.**]({ARXIV}) {printed} 2024.").authors == names


@pytest.mark.parametrize(
    "cut", ["et al.", "et al", "and others", "et al. (100 more not shown)", "..."]
)
def test_a_list_of_authors_that_was_cut_is_told(cut):
    reading = read(f"## 1. Topic\n1. [**T.**]({ARXIV}) *Ann Lee, Bo Li {cut}.* 2024.")
    assert reading.entries[0].authors == ("Ann Lee", "Bo Li")
    assert kinds(reading) == ["authors-cut"]


@pytest.mark.parametrize(
    ("title", "read_as"),
    [
        ("A Title.", "A Title"),
        ("Why?.", "Why?"),
        ("And so on...", "And so on..."),
        ("And so on....", "And so on..."),
        (r"O(n^2) \[sic\] \*", "O(n^2) [sic] *"),
        ("R&amp;R &lt;x&gt;", "R&R <x>"),
        ("Many   spaces", "Many spaces"),
    ],
)
def test_titles(title, read_as):
    assert read_entry(f"1. [**{title}**]({ARXIV})").title == read_as


@pytest.mark.parametrize(
    ("url", "ident"),
    [
        ("https://arxiv.org/abs/2312.06635v2", "arxiv:2312.06635"),
        ("https://arxiv.org/pdf/2307.13365v2.pdf", "arxiv:2307.13365"),
        ("https://arxiv.org/html/2411.17116v1", "arxiv:2411.17116"),
        ("https://arxiv.org/abs/cmp-lg/9404001", "arxiv:cmp-lg/9404001"),
        ("https://openreview.net/forum?id=VV0hSE8AxCw", "openreview:VV0hSE8AxCw"),
        ("https://openreview.net/pdf?id=VV0hSE8AxCw", "openreview:VV0hSE8AxCw"),
        ("https://aclanthology.org/P19-1424.pdf", "acl:P19-1424"),
        ("https://aclanthology.org/2020.findings-emnlp.232/", "acl:2020.findings-emnlp.232"),
        ("https://doi.org/10.1145/3442188.3445922", "doi:10.1145/3442188.3445922"),
        ("https://blog.example.org/post/", "url:https://blog.example.org/post"),
        ("https://github.com/gk/Needle.git", "url:https://github.com/gk/Needle.git"),
        ("hhttps://arxiv.org/abs/2502.10743", "arxiv:2502.10743"),
    ],
)
def test_link_forms(url, ident):
    assert [str(i) for i in read_entry(f"1. [**T.**]({url})").identifiers] == [ident]


@pytest.mark.parametrize(
    "below",
    [
        f"\n&nbsp;&nbsp;&nbsp; [![GitHub Repo stars]({STARS}/o/r)](https://github.com/o/r)\n"
        "\n&nbsp; [![Static Badge](https://img.shields.io/badge/Homepage-blue)](https://o.org/)",
        f"\n   [![s]({STARS}/o/r)](https://github.com/o/r.git)\n"
        "   [![Homepage](https://img.shields.io/badge/Home-page-blue)](https://o.org/)",
        "   - [code](https://github.com/o/r/)\n   - [homepage](https://o.org/)",
        f"   | [![s]({STARS}/o/r)](https://github.com/o/r) | [project page](https://o.org/) |\n   |---|---|",
        f'   <a href="https://github.com/o/r"><img src="{STARS}/o/r"></a> [Website](https://o.org/)',
    ],
)
def test_badges_and_links_below_an_entry(below):
    entry = read_entry(f"1. [**T.**]({ARXIV}) *A B.* 2024.\n{below}")
    assert [r.target.url for r in entry.repositories] == ["https://github.com/o/r"]
    assert [(link.kind, link.url) for link in entry.links] == [("homepage", "https://o.org/")]


def test_badges_on_the_line_itself_with_a_further_identifier_and_data():
    entry = read_entry(
        f"1. [**T.**](https://openreview.net/forum?id=abcdEF1234) *A B.* 2024. "
        f"[![s]({STARS}/o/r?style=social)](https://github.com/o/r) "
        f"[![Paper](https://img.shields.io/badge/Paper-arXiv-red)]({ARXIV}) "
        "[![Data](https://img.shields.io/badge/Data-HF-yellow)](https://huggingface.co/datasets/o/d)"
    )
    assert [str(i) for i in entry.identifiers] == ["openreview:abcdEF1234", "arxiv:2401.00001"]
    assert [(link.kind, link.url) for link in entry.links] == [
        ("dataset", "https://huggingface.co/datasets/o/d")
    ]
    assert entry.venue.year == 2024


def test_a_badge_that_lost_its_parenthesis_still_counts():
    reading = read(
        f"## 1. Topic\n1. [**T.**]({ARXIV}) *A B.* 2024.\n\n"
        f"&nbsp; [![s]({STARS}/o/r](https://github.com/o/r)"
    )
    assert reading.entries[0].repositories[0].target.url == "https://github.com/o/r"
    assert (reading.badges, kinds(reading)) == (1, ["badge-repaired"])


def test_a_badge_of_one_repository_that_leads_to_another_keeps_both():
    reading = read(
        f"## 1. Topic\n1. [**T.**]({ARXIV}) *A B.* 2024.\n\n"
        f"[![s]({STARS}/one/repo)](https://github.com/other/repo)"
    )
    (listed,) = reading.entries[0].repositories
    assert listed.badge is not None
    assert (listed.target.owner, listed.badge.owner) == ("other", "one")
    assert [(p.line, p.kind) for p in reading.problems] == [(4, "badge-mismatch")]


def test_a_folder_of_a_repository_is_kept_as_the_place_meant():
    entry = read_entry(
        f"1. [**T.**]({ARXIV})\n\n[![s]({STARS}/o/r)](https://github.com/o/r/tree/main/sub)"
    )
    assert entry.repositories[0].target.inner_url == "https://github.com/o/r/tree/main/sub"
    assert entry.repositories[0].badge is None


NUMBERED = """# 📜 My Papers
{h} 1. Surveys 🔥
1. [**S.**](https://arxiv.org/abs/2401.00001)
{h} 2. Attention
{h}# 2.1 Sparse
1. [**A.**](https://arxiv.org/abs/2401.00002)
{h}## 2.1.1 Block-sparse
1. [**B.**](https://arxiv.org/abs/2401.00003)
{h}# 2.2 Linear
{h} Acknowledgements
- [Thanks](https://example.org/thanks)
"""
TREE = [
    ("Surveys",),
    ("Attention",),
    ("Attention", "Sparse"),
    ("Attention", "Sparse", "Block-sparse"),
    ("Attention", "Linear"),
]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_numbered_headings_make_the_same_tree_at_any_depth(depth):
    reading = read(NUMBERED.format(h="#" * depth))
    assert reading.topics == TREE
    assert [entry.topic for entry in reading.entries] == [TREE[0], TREE[2], TREE[3]]


def test_numbers_tell_the_tree_even_where_a_heading_has_the_wrong_level():
    reading = read(NUMBERED.format(h="##").replace("### 2.1 Sparse", "## 2.1 Sparse"))
    assert reading.topics == TREE


def test_headings_without_numbers_nest_by_level_and_wrappers_are_dropped():
    reading = read(
        "# Awesome things\n## Contents\n- [x](#x)\n# Papers\n## Attention\n### Sparse\n"
        f"- [A]({ARXIV})\n## Memory\n- [B](https://arxiv.org/abs/2401.00002)\n"
    )
    assert reading.title == "Awesome things"
    assert reading.topics == [("Attention",), ("Attention", "Sparse"), ("Memory",)]


def test_numbers_that_start_anew_under_each_heading():
    reading = read(
        f"## 1. A\n### 1. B\n- [x]({ARXIV})\n### 2. C\n- [y](https://arxiv.org/abs/2401.00002)\n## 2. D\n"
    )
    assert reading.topics == [("A",), ("A", "B"), ("A", "C"), ("D",)]


@pytest.mark.parametrize(
    "news",
    [
        "- **[2025.02.24]**\n    - Paper: [T]({}) ICLR 2025",
        "- 2025-02-24: [T]({}) ICLR 2025",
        "- [2025/02/24] Paper: [T]({}), ICLR 2025",
        "* 24 Feb 2025\n  * [T]({}) ICLR 2025.",
        "### February 24, 2025\n- [T]({}) ICLR 2025",
        "<details><summary>Older</summary>\n\n- **[2025.02.24]**\n    - Paper: [T]({}) ICLR 2025\n\n</details>",
    ],
)
def test_announcements(news):
    reading = read(f"## News\n\n{news.format(ARXIV)}\n\n## 1. Topic\n1. [**T.**]({ARXIV})")
    (line,) = reading.announcements
    assert (line.date, line.title, line.venue_text) == (date(2025, 2, 24), "T", "ICLR 2025")
    assert [str(i) for i in line.identifiers] == ["arxiv:2401.00001"]
    assert len(reading.entries) == 1


def test_a_date_that_is_none_is_told_and_its_lines_become_nothing_else():
    reading = read(
        f"## 1. Topic\n1. [**T.**]({ARXIV})\n- **[2025.02.31]**\n"
        "    - Paper: [U](https://arxiv.org/abs/2401.00002)"
    )
    assert kinds(reading) == ["bad-date"]
    assert (len(reading.entries), len(reading.announcements)) == (1, 0)


def test_what_is_not_understood_is_told():
    reading = read(
        f"## 1. Topic\n1. [**T.**]({ARXIV}) *A B.* 2024.\n2. Words without any link\n"
        f"3. [**Relative**](docs/x.md)\n4. [](https://arxiv.org/abs/2401.00003)\n"
        "5. <https://arxiv.org/abs/2401.00004>\n6. **Bold, no link** *C D.* 2023."
    )
    assert [(p.line, p.kind) for p in reading.problems] == [
        (3, "line-not-read"),
        (4, "line-not-read"),
        (5, "line-not-read"),
        (6, "title-missing"),
        (7, "no-link"),
    ]
    assert [entry.title for entry in reading.entries] == ["T", "arxiv:2401.00004", "Bold, no link"]


def test_a_venue_in_emphasis_is_no_author():
    entry = read_entry(f"1. [**T.**]({ARXIV}) *ACL 2024 Findings*")
    assert entry.authors == ()
    assert (entry.venue.name, entry.venue.distinction) == ("ACL", "Findings")


def test_the_rows_of_a_table_of_papers_are_entries():
    reading = read(
        f"## 1. T\n- [A]({ARXIV}) *Ann Lee.* 2024\n## 2. Table\n"
        "| Name | Title | Authors | Venue | Date | Code |\n|---|---|---|---|---|---|\n"
        "| SP | [Some *paper*](https://arxiv.org/abs/2401.00009) | Bo Ng, Cy Roy | ACL | 2024-05-01 "
        "| [![s](https://img.shields.io/github/stars/o/r)](https://github.com/o/r) |\n"
        "| - | Without a link | - | - | May 2023 | [Link](https://arxiv.org/abs/2401.00010) |\n"
    )
    assert kinds(reading) == []
    _, one, other = reading.entries
    assert (one.title, one.authors, one.topic) == ("Some paper", ("Bo Ng", "Cy Roy"), ("Table",))
    assert (one.venue.name, one.venue.year, one.repositories[0].target.name) == ("ACL", 2024, "r")
    assert (other.title, other.url) == ("Without a link", "https://arxiv.org/abs/2401.00010")
    assert (other.authors, other.venue.name, other.venue.year) == ((), "", 2023)


def test_papers_in_a_table_that_names_no_column_of_titles_are_told():
    reading = read(
        f"## 1. T\n- [A]({ARXIV})\n## 2. Table\n| What | Where |\n|---|---|\n"
        "| [Some paper](https://arxiv.org/abs/2401.00009) | ACL |\n"
    )
    assert kinds(reading) == ["line-not-read"]


@pytest.mark.parametrize(
    "said",
    [
        "- A short description of it, in words.",
        "– Shows how long texts from 2023 are read.",
        ": what a best paper says of short texts",
    ],
)
def test_a_description_behind_a_title_is_no_venue(said):
    reading = read(f"## 1. T\n- [A]({ARXIV}) {said}\n")
    assert kinds(reading) == ["text-not-read"]
    assert reading.entries[0].venue == ListedVenue()


@pytest.mark.parametrize("when", ["2024.03", "2024-03-01", "2024/3", "May 2024", "Jan 12, 2024"])
def test_of_a_date_the_year_is_taken(when):
    entry = read_entry(f"- [A]({ARXIV}) ({when})")
    assert entry.venue == ListedVenue("", 2024, "")


def test_text_in_comments_is_no_entry():
    assert len(read(f"## 1. T\n- [A]({ARXIV})\n<!--\n- [B](https://x.org/b)\n-->\n").entries) == 1


@pytest.mark.parametrize("text", ["# Only a heading", "words", "- a\n- b", "* [x](#y)"])
def test_a_text_without_entries_is_refused(text):
    with pytest.raises(ListRefused, match="No entry"):
        read(text)


_PIECES = st.sampled_from(
    [
        "# ",
        "## 1. A",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "[",
        "]",
        "(",
        ")",
        "**",
        "*",
        "_",
        "`",
        "<!--",
        "-->",
        "![",
        "](",
        "https://arxiv.org/abs/2401.00001",
        "hhttps://",
        "",
        " a ",
        "Title",
        "ICLR 2024",
        "<a href=",
        "<details>",
        "&nbsp;",
        "\\",
        "[2025.02.24]",
        "Paper: ",
        "    ",
        "\t",
        "\x00",
        "\ufeff",
        "🔥",
        "苏",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=60).map("".join)))
def test_no_text_crashes_the_reader(text):
    with contextlib.suppress(ListRefused):
        read(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data):
    with contextlib.suppress(ListRefused):
        read_list(data)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Bounds for x<y and y>z in Attention", "Bounds for x<y and y>z in Attention"),
        ("Bounds for x<b and b>z, a<p and p>c, a<a and a>c", "Bounds for x<b and b>z, a<p and p>c, a<a and a>c"),
        ("List<T> Models </T>", "List<T> Models </T>"),
        ("<img src=x> New paper A", "New paper A"),
        ("New <img src=x onerror=alert(1)> paper A", "New paper A"),
        ("New ![](https://site.example.org/new.gif) paper A", "New paper A"),
        ("Att<b>ent</b>ion <i>in</i> H<sub>2</sub>O <code>x</code><br>and <kbd class='k'>y</kbd>", "Attention in H2O x and y"),
        ("Learning *in vivo* Models", "Learning in vivo Models"),
        ('<a name="here"></a>A <a id="there">Title</a>', "A Title"),
        ("<span style='color:red'>A <foo-bar x=1>Title</span>", "A <foo-bar x=1>Title"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "line",
    [
        f"1. [**%s**]({ARXIV}) *Ann Lee.* ICLR 2024.",
        f"1. [%s]({ARXIV}) *Ann Lee.* ICLR 2024.",
        f"1. **[%s]({ARXIV})** *Ann Lee.* ICLR 2024.",
        f"1. **%s** *Ann Lee.* ICLR 2024. [[paper]]({ARXIV})",
    ],
)
def test_a_tag_in_a_title_goes_if_it_formats_and_stays_if_it_is_none(written, title, line):
    reading = read(f"## 1. Topic\n\n{line % written}\n")
    (entry,) = reading.entries
    assert entry.title == title
    assert entry.url == ARXIV
    assert kinds(reading) == []
    assert entry.authors == ("Ann Lee",)
    assert entry.venue.name == "ICLR"


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("*Ann <b>Lee</b>.*", ("Ann Lee",)),
        ("*Ann **Lee**, Bo Li.*", ("Ann Lee", "Bo Li")),
        ("*<b>Ann Lee</b>, Bo Li<sup>1</sup>.*", ("Ann Lee", "Bo Li1")),
        ("*Ann <T> Lee, Bo <img src=x> Li.*", ("Ann <T> Lee", "Bo Li")),
        ("<i>Ann <strong>Lee</strong>, Bo Li.</i>", ("Ann Lee", "Bo Li")),
    ],
)
def test_a_tag_among_authors_cuts_no_name(printed, names):
    reading = read(f"## 1. Topic\n\n1. [**T.**]({ARXIV}) {printed} ICLR 2024.")
    assert reading.entries[0].authors == names
    assert reading.entries[0].venue.name == "ICLR"
    assert kinds(reading) == []


def test_an_image_in_a_title_makes_no_author_a_paper():
    reading = read(
        f"## 1. Topic\n\n1. [**<img src=x onerror=alert(1)> New paper A**]({ARXIV}) *Ann <b>Lee</b>.*"
    )
    assert [(entry.title, entry.authors) for entry in reading.entries] == [
        ("New paper A", ("Ann Lee",))
    ]


def test_headings_and_announcements_keep_what_only_looks_like_a_tag():
    reading = read(
        f"## News\n\n- 2024.02.03\n  - Paper: [List<T> <b>Models</b>]({ARXIV})\n\n"
        f'## 1. <a name="x"></a>Bounds for x<y and y>z\n\n1. [**T.**]({ARXIV}) *A B.* 2024.'
    )
    assert reading.topics == [("Bounds for x<y and y>z",)]
    assert [line.title for line in reading.announcements] == ["List<T> Models"]


def test_badges_with_images_stay_badges():
    reading = read(
        f"## 1. Topic\n\n1. [**T.**]({ARXIV}) *A B.* 2024. "
        f'<a href="https://github.com/o/r"><img src="{STARS}/o/r"> stars of it</a> '
        '[<img src="icon.png"> Project of ours](https://site.example.org/p)\n'
        f'   - [<img src="{STARS}/o/q"> our code](https://github.com/o/q)\n'
    )
    (entry,) = reading.entries
    assert [repository.target.name for repository in entry.repositories] == ["r", "q"]
    assert [link.url for link in entry.links] == ["https://site.example.org/p"]
