"""A catalogue as a reading list again: Markdown ready to be published, or JSON."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.db.models import Prefetch

from catalog.models import (
    Announcement,
    Authorship,
    Catalogue,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Source,
    Topic,
)
from catalog.numbering import numbered

_SHIELDS = "https://img.shields.io"


@dataclass(slots=True)
class Section:
    """A topic as it is printed: its number, and its placements in order."""

    topic: Topic
    number: str
    depth: int
    placements: list[Placement] = field(default_factory=list)


def sections(catalogue: Catalogue) -> list[Section]:
    """The topics of a catalogue in order, numbered, with all that their entries need, in few queries."""
    topics = list(catalogue.topics.filter(retired_at=None))
    for topic in topics:
        topic.catalogue = catalogue
    placed: dict[int, list[Placement]] = defaultdict(list)
    for placement in _placements(catalogue):
        placed[placement.topic_id].append(placement)
    return [
        Section(one.topic, one.number, one.depth, placed[one.topic.pk]) for one in numbered(topics)
    ]


def _placements(catalogue: Catalogue) -> list[Placement]:
    code = PaperRepository.objects.filter(retired_at=None).select_related(
        "repository", "badge_repository"
    )
    rows = (
        Placement.objects.filter(
            topic__catalogue=catalogue, retired_at=None, paper__merged_into=None
        )
        .select_related("paper__venue", "topic")
        .prefetch_related(
            "paper__identifiers",
            "paper__aliases",
            Prefetch("paper__authorships", queryset=Authorship.objects.order_by("position")),
            Prefetch("paper__links", queryset=Link.objects.filter(retired_at=None)),
            Prefetch("paper__repository_links", queryset=code),
        )
        .order_by("position", "pk")
    )
    # What a curator placed by hand has no position yet: it stands behind the rest, oldest first.
    return sorted(rows, key=lambda row: (row.position == 0, row.position, row.pk))


def write_markdown(catalogue: Catalogue) -> str:
    """Return the list as Markdown: contents, news, then the numbered topics; reading it gives the same facts."""
    found = sections(catalogue)
    blocks = [f"# {escape(catalogue.title)}"]
    if catalogue.description:
        blocks.append(escape(catalogue.description))
    if catalogue.origin_name:
        origin = _link(escape(catalogue.origin_name), catalogue.origin_url)
        licence = f", licence {escape(catalogue.licence)}" if catalogue.licence else ""
        blocks.append(f"> Facts from {origin}{licence}.")
    blocks += ["## Contents", "\n".join(_contents(found))]
    blocks += _news(catalogue)
    shown: dict[int, set[str]] = defaultdict(set)
    for section in found:
        for placement in section.placements:
            shown[placement.paper_id].add(placement.listed_title or placement.paper.title)
    done: set[int] = set()
    for section in found:
        blocks.append(f"{'#' * min(6, section.depth + 2)} {_heading(section)}")
        blocks += _entries(section, shown, done)
    return "\n\n".join(blocks) + "\n"


def _heading(section: Section) -> str:
    dot = "." if section.depth == 0 else ""
    return f"{section.number}{dot} {escape(section.topic.name)}"


def _contents(found: list[Section]) -> Iterator[str]:
    used: dict[str, int] = defaultdict(int)
    for section in found:
        anchor = _anchor(
            f"{section.number}{'.' if section.depth == 0 else ''} {section.topic.name}"
        )
        repeat = f"-{used[anchor]}" if used[anchor] else ""
        used[anchor] += 1
        yield f"{'  ' * section.depth}- [{_heading(section)}](#{anchor}{repeat})"


def _anchor(heading: str) -> str:
    """The fragment GitHub gives a heading: lower case, punctuation dropped, spaces as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _news(catalogue: Catalogue) -> list[str]:
    rows = catalogue.announcements.order_by("-date", "position")
    days: dict[str, list[Announcement]] = defaultdict(list)
    for row in rows:
        days[f"{row.date:%Y.%m.%d}"].append(row)
    if not days:
        return []
    lines = []
    for day, announced in days.items():
        lines.append(f"- **[{day}]**")
        for row in announced:
            venue = f" {escape(row.venue_text)}" if row.venue_text else ""
            lines.append(f"  - Paper: {_link(escape(row.title), row.url)}{venue}")
    return ["## News", "\n".join(lines)]


def _entries(section: Section, shown: dict[int, set[str]], done: set[int]) -> Iterator[str]:
    """The entries of a topic. `done` holds the papers written before, under other topics."""
    number = 0
    for placement in section.placements:
        paper = placement.paper
        titles = [placement.listed_title or paper.title]
        first = paper.pk not in done
        if first:
            done.add(paper.pk)
            # A spelling that the list shows nowhere else stands as an entry of its own, as it was found.
            titles += [
                alias.title
                for alias in paper.aliases.all()
                if alias.source == Source.LIST and alias.title not in shown[paper.pk]
            ]
        for title in titles:
            number += 1
            yield _entry(number, title, placement, first)


def _entry(number: int, title: str, placement: Placement, first: bool) -> str:
    """One entry; the paper's first one also shows identifiers that no link of an entry leads to."""
    paper = placement.paper
    url = entry_url(placement)
    name = f"**{escape(title)}.**"
    parts = [f"{number}. {_link(name, url) if url else name}"]
    if authors := ", ".join(row.printed_name for row in paper.authorships.all()):
        parts.append(f"*{escape(authors)}.*")
    if where := venue_text(paper):
        parts.append(f"{escape(where)}.")
    lines = [" ".join(parts)]
    badges = [_code_badge(row) for row in paper.repository_links.all()]
    badges += [_link_badge(link) for link in paper.links.all()]
    if first:
        badges += [_identifier_badge(page) for page in _further_identifiers(placement)]
    if badges:
        indent = " " * len(f"{number}. ")
        lines += ["", *(f"{indent}{badge}" for badge in badges)]
    return "\n".join(lines)


def entry_url(placement: Placement) -> str:
    """Where the title leads: the link the list has here, else the page of the paper's first identifier."""
    if placement.listed_url:
        return placement.listed_url
    first = min(placement.paper.identifiers.all(), key=lambda row: row.pk, default=None)
    return first.url if first else ""


def _further_identifiers(placement: Placement) -> list[str]:
    """Pages of registries, beside the one that the title leads to."""
    rows = sorted(placement.paper.identifiers.all(), key=lambda row: row.pk)
    return [row.url for row in rows[1:] if row.scheme != "url" and row.url != entry_url(placement)]


def venue_text(paper: Paper) -> str:
    """ "ICLR 2024 Oral", from the parts that are known."""
    parts = [paper.venue.name if paper.venue else "", str(paper.year or ""), paper.distinction]
    return " ".join(part for part in parts if part)


def _code_badge(row: PaperRepository) -> str:
    counted = row.badge_repository or row.repository
    if counted.host != "github.com":
        return _link("Code", row.target)
    image = f"![GitHub Repo stars]({_SHIELDS}/github/stars/{counted.full_name})"
    return _link(image, row.target)


_BADGES = {
    "homepage": "Homepage",
    "paper": "Paper",
    "code": "Code",
    "dataset": "Data",
    "model": "Model",
    "video": "Video",
    "blog": "Blog",
    "slides": "Slides",
    "other": "Link",
}


def _link_badge(link: Link) -> str:
    name = _BADGES[link.kind]
    if link.label:
        name += f"-{quote(link.label.replace('-', '--').replace('_', '__').replace(' ', '_'))}"
    return _link(f"![Static Badge]({_SHIELDS}/badge/{name}-blue)", link.url)


def _identifier_badge(url: str) -> str:
    return _link(f"![Static Badge]({_SHIELDS}/badge/Paper-blue)", url)


_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_ENTITY = re.compile(r"&(?=#?\w+;)")


def escape(text: str) -> str:
    """Escape what Markdown would take for markup, so that reading gives the text back."""
    return _ENTITY.sub(r"\\&", _SPECIAL.sub(r"\\\1", text))


def _link(text: str, url: str) -> str:
    target = url.replace(" ", "%20").replace("<", "%3C")
    if target.count("(") != target.count(")"):
        target = target.replace("(", "%28").replace(")", "%29")
    return f"[{text}]({target})"


def write_json(catalogue: Catalogue) -> dict[str, Any]:
    """The same facts as an object: the catalogue, its topics, its papers with their places, its news."""
    found = sections(catalogue)
    papers: dict[int, dict[str, Any]] = {}
    for section in found:
        for placement in section.placements:
            record = papers.setdefault(placement.paper_id, _paper_record(placement.paper))
            record["topics"].append(
                {
                    "path": section.topic.path,
                    "primary": placement.is_primary,
                    "url": entry_url(placement),
                }
            )
    return {
        "catalogue": {
            "slug": catalogue.slug,
            "title": catalogue.title,
            "description": catalogue.description,
            "origin": {
                "name": catalogue.origin_name,
                "url": catalogue.origin_url,
                "licence": catalogue.licence,
            },
        },
        "topics": [
            {
                "number": s.number,
                "name": s.topic.name,
                "path": s.topic.path,
                "papers": len(s.placements),
            }
            for s in found
        ],
        "papers": list(papers.values()),
        "announcements": [
            {
                "date": row.date.isoformat(),
                "title": row.title,
                "url": row.url,
                "venue": row.venue_text,
                "paper": row.paper_id,
            }
            for row in catalogue.announcements.order_by("-date", "position")
        ],
    }


def _paper_record(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.pk,
        "title": paper.title,
        "other_titles": [alias.title for alias in paper.aliases.all()],
        "identifiers": [
            {"scheme": row.scheme, "value": row.value} for row in paper.identifiers.all()
        ],
        "authors": [row.printed_name for row in paper.authorships.all()],
        "venue": paper.venue.name if paper.venue else "",
        "year": paper.year,
        "distinction": paper.distinction,
        "repositories": [
            {
                "url": row.target,
                "stars_of": row.badge_repository.url if row.badge_repository else None,
            }
            for row in paper.repository_links.all()
        ],
        "links": [
            {"kind": link.kind, "url": link.url, "label": link.label} for link in paper.links.all()
        ],
        "topics": [],
    }
