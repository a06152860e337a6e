"""A list as files that GitHub shows: one, or where that is too long for it, an index and a file for each topic."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import slugify

from ingest.lists.anchors import Anchors
from ingest.lists.escaping import escape, link, settled
from ingest.lists.writer import Chapter, WrittenList

# GitHub renders Markdown up to this many bytes and cuts what is longer.
LIMIT = 512_000
INDEX = "README.md"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same list is the same file


@dataclass(frozen=True, slots=True)
class ListFile:
    name: str
    text: str

    @property
    def size(self) -> int:
        return len(self.text.encode())


def files_of(written: WrittenList, limit: int = LIMIT) -> list[ListFile]:
    """The whole list as README.md, or an index with files that it links; none longer than the limit, if that can be."""
    whole = ListFile(INDEX, written.markdown())
    if whole.size <= limit:
        return [whole]
    return split(written, limit)


def split(written: WrittenList, limit: int = LIMIT) -> list[ListFile]:
    """An index with news and contents, then each top-level topic in a file of its own, or in several."""
    chapters: list[ListFile] = []
    lines: list[str] = []
    for number, chapter in enumerate(written.chapters, 1):
        parts = list(_parts(chapter, written, number, limit))
        chapters += [file for file, _ in parts]
        for file, headings in parts:
            anchors = Anchors()
            anchors.of(written.title)
            for depth, text in headings:
                target = f"{file.name}#{anchors.of(text)}"
                lines.append(f"{'  ' * depth}- {link(escape(text), target)}")
    blocks = [*written.opening, "## Contents", "\n".join(lines)]
    news: list[str] = []
    for heading, found in written.news:
        news += [f"## {heading}", *found]
    index = ListFile(INDEX, settled("\n\n".join([*blocks, *news]) + "\n"))
    if index.size <= limit or not news:
        return [index, *chapters]
    apart = [ListFile(INDEX, settled("\n\n".join([*blocks, link("News", "news.md")]) + "\n"))]
    apart += list(_news_files(written, limit))
    return [*apart, *chapters]


def _news_files(written: WrittenList, limit: int) -> Iterator[ListFile]:
    """The news in files of their own, day by day."""
    head = f"# {escape(written.title)}"
    number = 1
    for heading, found in written.news:
        room = limit - len(head.encode()) - len(heading.encode()) - 100
        for part in _packed(list(_days("\n".join(found), room)), room):
            name = "news.md" if number == 1 else f"news-{number}.md"
            number += 1
            yield ListFile(
                name, settled("\n\n".join([head, f"## {heading}", "\n".join(part)]) + "\n")
            )


def _days(lines: str, room: int) -> Iterator[str]:
    """Each day with what was new on it; a day that does not fit stands in several pieces, each with its date."""
    day = piece = ""
    for line in lines.split("\n"):
        is_day = line.startswith("- ")
        if is_day or len(settled(f"{piece}\n{line}").encode()) > room:
            if piece:
                yield piece
            day = line if is_day else day
            piece = line if is_day else f"{day}\n{line}"
        else:
            piece += f"\n{line}"
    if piece:
        yield piece


def _parts(
    chapter: Chapter, written: WrittenList, number: int, limit: int
) -> Iterator[tuple[ListFile, list[tuple[int, str]]]]:
    """The files of one top-level topic, each with the headings that stand in it first of all files."""
    base = f"{number:02}-{slugify(chapter.title, allow_unicode=True)[:60] or 'topic'}"
    head = [f"# {escape(written.title)}", link("Contents", INDEX)]
    room = limit - len("\n\n".join(head).encode()) - 500  # the headings that are repeated
    headings = {
        f"{'#' * min(6, depth + 2)} {escape(text)}": (depth, text)
        for depth, text in chapter.headings
    }
    above: list[str] = []  # the headings that the next entry stands under
    for part, blocks in enumerate(_packed(chapter.blocks, room), 1):
        met = [headings[block] for block in blocks if block in headings]
        again = (
            [block for block in above if block not in blocks[:1]]
            if blocks[0] not in headings
            else []
        )
        for block in blocks:
            if block in headings:
                depth = headings[block][0]
                above = [one for one in above if headings[one][0] < depth] + [block]
        name = f"{base}.md" if part == 1 else f"{base}-{part}.md"
        yield ListFile(name, settled("\n\n".join([*head, *again, *blocks]) + "\n")), met


def _packed(blocks: list[str], room: int) -> Iterator[list[str]]:
    """Blocks in runs that fit; a heading is not left alone at the end of one."""
    run: list[str] = []
    size = 0
    for block in blocks:
        length = len(settled(block).encode()) + 2
        if run and size + length > room:
            kept: list[str] = []
            while len(run) > 1 and run[-1].startswith("#"):
                kept.insert(0, run.pop())
            yield run
            run, size = kept, sum(len(one.encode()) + 2 for one in kept)
        run.append(block)
        size += length
    if run:
        yield run


def as_zip(files: list[ListFile]) -> bytes:
    """All files in one archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            info = zipfile.ZipInfo(file.name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.text)
    return packed.getvalue()
