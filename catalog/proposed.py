"""The facts of a paper or topic that a reader may correct, as they stand now, each as text."""

from typing import Any

from catalog.models import (
    Link,
    Paper,
    PaperRepository,
    Placement,
    Topic,
)
from catalog.readable import readable

# Fields that hold one thing a line.
LISTS = frozenset({"authors", "identifiers", "repositories", "links"})
LABELS = {
    "title": "Title",
    "authors": "Authors",
    "venue": "Venue",
    "year": "Year",
    "distinction": "Distinction",
    "abstract": "Abstract",
    "identifiers": "Identifiers",
    "repositories": "Code",
    "links": "Other links",
    "topic": "Topic",
    "same_as": "The same work as",
    "name": "Name",
    "description": "Description",
    "other": "Something else",
}


def facts_of_paper(paper: Paper) -> dict[str, str]:
    """What the form of a correction begins with."""
    code = PaperRepository.objects.current().filter(paper=paper).select_related("repository")
    links = Link.objects.current().filter(paper=paper)
    return {
        "title": readable(paper.title),
        "authors": "\n".join(
            readable(row.printed_name) for row in paper.authorships.order_by("position")
        ),
        "venue": paper.venue.name if paper.venue else "",
        "year": str(paper.year or ""),
        "distinction": paper.distinction,
        "abstract": readable(paper.abstract),
        "identifiers": "\n".join(
            row.value if row.scheme == "url" else str(row) for row in paper.identifiers.all()
        ),
        "repositories": "\n".join(row.target for row in code),
        "links": "\n".join(row.url for row in links),
    }


def facts_of_topic(topic: Topic) -> dict[str, str]:
    return {"name": topic.name, "description": topic.description}


def present_topics(paper: Paper) -> str:
    """Where a paper is listed, in words."""
    rows = Placement.objects.current().filter(paper=paper).select_related("topic__parent")
    return ", ".join(row.topic.label for row in rows.order_by("-is_primary", "pk"))


def in_order(after: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields of a correction in the order of the form: the database keeps another."""
    names = [
        *(name for name in LABELS if name in after),
        *(name for name in after if name not in LABELS),
    ]
    return [(name, str(after[name])) for name in names]


def lines_of(text: str) -> list[str]:
    """The things of a field that holds one a line, each once."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def normal(name: str, text: str) -> str:
    """A field's text without what makes no difference: spaces, empty lines."""
    if name in LISTS:
        return "\n".join(lines_of(text))
    if name in {"abstract", "other", "description"}:
        return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    return " ".join(text.split())
