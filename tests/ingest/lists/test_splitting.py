"""Lists that are too long for GitHub, and what its headings are called."""

import io
import re
import zipfile
from urllib.parse import unquote

import pytest

from catalog.models import Announcement, Topic
from ingest.lists.anchors import Anchors
from ingest.lists.options import ListOptions
from ingest.lists.preview import rendered
from ingest.lists.reader import read_list
from ingest.lists.splitting import LIMIT, as_zip, files_of
from ingest.lists.writer import write_list
from tests.factories import make_announcement, make_catalogue, make_paper, make_topic


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("2.1 Sparse Attention", "21-sparse-attention"),
        ("RAG & ICL", "rag--icl"),
        ("📢 News", "-news"),
        ("What's new?", "whats-new"),
        ("长上下文：综述", "长上下文综述"),
        ("KV-Cache_Size (2024)", "kv-cache_size-2024"),
        ("C++ / Rust", "c--rust"),
        ("Ünïcode ÉCOLE", "ünïcode-école"),
        ("हिन्दी", "हिन्दी"),
        ("a — b", "a--b"),
        ("x²", "x"),
    ],
)
def test_a_heading_is_called_as_github_calls_it(heading, anchor):
    assert Anchors().of(heading) == anchor


def test_repeated_headings_are_numbered_and_never_collide():
    anchors = Anchors()
    assert [anchors.of(text) for text in ("A", "A", "A-1", "A", "a")] == [
        "a",
        "a-1",
        "a-1-1",
        "a-2",
        "a-3",
    ]


@pytest.fixture
def long_list(db):
    for number in range(6):
        top = make_topic(f"Topic {number}", position=number)
        below = make_topic("Same name", top, position=number)
        for entry in range(12):
            make_paper(
                f"Paper {number}.{entry} on long texts",
                topics=[below if entry % 2 else top],
                arxiv=f"24{number + 1:02}.{entry:05}",
            )
    make_announcement("Something new", url="https://arxiv.org/abs/2401.00000")
    return make_catalogue()


def test_a_list_within_the_limit_is_one_file(long_list):
    (file,) = files_of(write_list(long_list))
    assert (file.name, file.size < LIMIT) == ("README.md", True)


@pytest.mark.parametrize("limit", [2_500, 4_000, 8_000])
def test_a_longer_list_is_files_within_the_limit_that_lose_nothing(long_list, limit):
    written = write_list(long_list)
    whole = read_list(written.markdown().encode())
    files = files_of(written, limit)
    assert all(file.size <= limit for file in files)
    assert len({file.name for file in files}) == len(files)
    together = "\n\n".join(file.text for file in files)
    entries = [(e.title, e.topic) for e in read_list(together.encode()).entries]
    assert entries == [(entry.title, entry.topic) for entry in whole.entries]
    assert len(read_list(together.encode()).announcements) == 1


def test_the_index_links_to_headings_that_are_there(long_list):
    files = files_of(write_list(long_list), 2_500)
    ids = {
        file.name: set(re.findall(r'id="user-content-([^"]+)"', rendered(file.text)))
        for file in files
    }
    links = re.findall(r"\]\(([^)]*\.md)#([^)]+)\)", files[0].text)
    assert len(links) == 12
    for name, anchor in links:
        assert unquote(anchor) in ids[name]


def test_contents_lead_to_the_headings_of_the_file_itself(long_list):
    Topic.objects.filter(path="topic-1").update(name="🔥 News")
    Topic.objects.filter(path="topic-2").update(name="Contents")
    html = rendered(write_list(long_list, ListOptions(section_numbers=False)).markdown())
    ids = set(re.findall(r'id="([^"]+)"', html))
    links = {unquote(one) for one in re.findall(r'href="#([^"]+)"', html)}
    assert len(links) == 12
    assert links <= ids


def test_news_too_long_for_the_index_has_files_of_its_own(long_list):
    for number in range(60):
        make_announcement(
            f"Announced with the number {number}", url=f"https://example.org/{number}"
        )
    files = files_of(write_list(long_list), 2_500)
    assert all(file.size <= 2_500 for file in files)
    together = "\n\n".join(file.text for file in files).encode()
    assert len(read_list(together).announcements) == Announcement.objects.count()


def test_the_same_files_are_the_same_archive(long_list):
    files = files_of(write_list(long_list), 4_000)
    packed = as_zip(files)
    assert packed == as_zip(files)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == [file.name for file in files]
        assert archive.read("README.md").decode() == files[0].text


def test_numbers_and_badges_can_be_left_out(long_list):
    make_paper("With code", topics=[make_topic("Topic 0")], repository="o/r")
    text = write_list(
        long_list,
        ListOptions(
            entry_numbers=False, badges=False, section_numbers=False, contents=False, news=False
        ),
    ).markdown()
    assert "\n- [**Paper 0.0 on long texts.**]" in text
    assert "\n## Topic 0\n" in text
    assert "img.shields.io" not in text
    assert "## Contents" not in text
    assert "## News" not in text


def test_a_preview_is_safe_and_looks_like_github():
    html = rendered(
        "# A <script>alert(1)</script>\n\n- [x] done www.example.org, and\n- [ ] https://example.org/a_(b).\n\n"
        "[bad](javascript:alert(1)) ![s](https://img.shields.io/badge/Data-HF-blue) ~~gone~~\n\n|a|\n|-|\n|b|\n\n<img src=x onerror=alert(1)>"
    )
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert '<input type="checkbox" disabled checked> done' in html
    assert (
        '<a href="http://www.example.org" rel="nofollow noopener noreferrer" target="_blank">www.example.org</a>, and'
        in html
    )
    assert '<span class="badge">Data-HF</span>' in html
    assert "<s>gone</s>" in html
    assert "<table>" in html
    assert 'id="user-content-a-scriptalert1script"' in html
