"""Queries that name a paper outright: an identifier, a registry's page, a link or a repository of a paper."""

import re
import unicodedata
from dataclasses import dataclass

from django.db.models import Q

from catalog.identifiers import (
    ACL,
    ARXIV,
    DOI,
    OPENREVIEW,
    URL,
    Ident,
    RepositoryName,
    parse_identifier,
    parse_repository,
)
from catalog.models import Identifier, Link, Paper, PaperRepository, Placement
from catalog.renames import present_names
from search.why import IDENTIFIER, Fragments

# A word of these forms is nothing else; other identifiers may be words that only look like one.
_UNMISTAKABLE = frozenset({ARXIV, DOI, URL, ACL})
# As papers are stamped ("arXiv:2309.12307v2 [cs.CL] 21 Sep 2023") and cited ("arXiv 2309.12307").
_STAMP = re.compile(r"arxiv[:\s]\s*(\S+?)(?:\s*\[[\w.-]+\](?:\s+[\w\s]{0,20})?)?", re.IGNORECASE)
_AT_SEMANTIC_SCHOLAR = re.compile(
    r"(?:https?://)?(?:www\.|api\.)?semanticscholar\.org/arxiv[:/](\S+)", re.IGNORECASE
)
_AROUND = "()[]{}<>\"'“”‘’.,; "


@dataclass(frozen=True, slots=True)
class Named:
    """The papers that an identifier names, and why; without papers, the identifier that nothing here has."""

    papers: tuple[Paper, ...]
    why: Fragments = IDENTIFIER
    not_listed: Ident | None = None


def find_named(text: str) -> Named | None:
    """Return what a query names outright, or None when it is to be read as words."""
    text = pasted(text)
    if not text or (" " in text and ":" not in text):
        return None
    repository, ident = parse_repository(text), parse_identifier(text)
    if paper := _identified(text, ident):
        return Named((paper,))
    if repository:
        papers = _with_code(repository)
        name = f"{repository.owner}/{repository.name}"
        why = (("code: ", False), (name, True))
        return Named(papers, why, None if papers else Ident(URL, repository.url))
    if ident and (ident.scheme in _UNMISTAKABLE or ":" in text):
        return Named((), not_listed=ident)
    return None


def pasted(text: str) -> str:
    """A pasted identifier without what stands around it: brackets, a stamp's category and date, signs without width."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf"
    )
    bare = plain.strip(_AROUND)
    for form in (_STAMP, _AT_SEMANTIC_SCHOLAR):
        match = form.fullmatch(bare)
        if match and (ident := parse_identifier(match[1])) and ident.scheme == ARXIV:
            return f"arxiv:{ident.value}"
    ident = parse_identifier(bare)
    return bare if ident and ident.scheme in _UNMISTAKABLE else text


def _identified(text: str, ident: Ident | None) -> Paper | None:
    wanted = Q(scheme=OPENREVIEW, value=text)
    if ident:
        wanted |= Q(scheme=ident.scheme, value=ident.value)
    found = Identifier.objects.filter(wanted).select_related("paper").order_by("pk").first()
    if found:
        return survivor(found.paper)
    if ident and ident.scheme == URL:
        return _linked(text, ident.value)
    return None


def _linked(*urls: str) -> Paper | None:
    """Return the paper that a homepage or the address of a list's entry belongs to, if it is one paper's only."""
    either = [*urls, *(url + "/" for url in urls), *(url.rstrip("/") for url in urls)]
    links = Link.objects.current().filter(url__in=either).values("paper")
    places = Placement.objects.current().filter(listed_url__in=either).values("paper")
    papers = Paper.objects.public().filter(pk__in=links.union(places))[:2]
    return papers[0] if len(papers) == 1 else None


def _with_code(repository: RepositoryName) -> tuple[Paper, ...]:
    renamed = present_names([repository]).get(repository.key)
    host, owner, name = renamed.key if renamed else repository.key
    links = (
        PaperRepository.objects.current()
        .filter(
            repository__host__iexact=host,
            repository__owner__iexact=owner,
            repository__name__iexact=name,
            paper__merged_into=None,
        )
        .select_related("paper")
        .order_by("paper")
    )
    return tuple(link.paper for link in links)


def survivor(paper: Paper) -> Paper:
    """Return the paper that a merged one lives on in."""
    while paper.merged_into:
        paper = paper.merged_into
    return paper
