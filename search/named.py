"""Queries that name a paper outright: an identifier, a registry's page, a link or a repository of a paper."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.db.models import Q
from django.urls import Resolver404, resolve

from catalog.identifiers import (
    ACL,
    ARXIV,
    DOI,
    OPENREVIEW,
    URL,
    Ident,
    RepositoryName,
    parse_arxiv,
    parse_identifier,
    parse_repository,
)
from catalog.models import Identifier, Link, Paper, PaperRepository, Placement
from catalog.renames import present_names
from search.why import IDENTIFIER, Fragments

# A word of these forms is nothing else; other identifiers may be words that only look like one.
# An address without its scheme: a host, a slash, and more.
_HOSTED = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}/\S", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,18}")
_QUOTED_ADDRESS = re.compile(r"https?%3a%2f%2f", re.IGNORECASE)
_UNMISTAKABLE = frozenset({ARXIV, DOI, URL, ACL})
_QUOTES = "\"'`*“”‘’„«»"
_SENTENCE = ".,;:!?…。，；：！？、"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "「": "」", "《": "》", "【": "】"}
_OPENING = {closing: opening for opening, closing in _BRACKETS.items()}
# [title](address), \url{address}, \href{address}{title}
_LINKS = (
    re.compile(r"!?\[.*\]\(\s*<?(\S+?)>?(?:\s+\"[^\"]*\")?\s*\)[.,;]?"),
    re.compile(r"\\(?:url|href)\{\s*([^{}\s]+)\s*\}(?:\{.*\})?"),
)
_LABEL = re.compile(
    r"^(?:arxiv|code|doi|git clone|github|link|paper|pdf|see|url)\s*[:=]?\s*(?=https?://|git@|10\.)",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(openreview|acl|s2|openalex):\s+(?=\S+$)", re.IGNORECASE)
_CORPUS_ID = re.compile(r"^(?:corpus ?id|s2cid):?\s*(?=[0-9]+$)", re.IGNORECASE)
# As papers are stamped ("arXiv:2309.12307v2 [cs.CL] 21 Sep 2023") and cited ("arXiv 2309.12307",
# "arXiv preprint arXiv:2309.12307 (2023)", "CoRR abs/2309.12307").
_STAMP = re.compile(
    r"(?:arxiv preprint\s+|corr,?\s+)?(?:arxiv[:.\s]\s*|abs/)(\S+?)"
    r"(?:\s*\[[\w.-]+\](?:\s+[\w\s]{0,20})?|,?\s*\(?(?:19|20)[0-9]{2}\)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """The papers that an identifier names, and why; without papers, the identifier that nothing here has."""

    papers: tuple[Paper, ...]
    why: Fragments = IDENTIFIER
    not_listed: Ident | None = None


def find_named(text: str) -> Named | None:
    """Return what a query names outright, or None when it is to be read as words."""
    text = pasted(text)
    if not text:
        return None
    if (number := our_own(text)) and (
        page := Paper.objects.select_related("merged_into__merged_into").filter(pk=number).first()
    ):
        return Named((survivor(page),))
    repository, ident = parse_repository(text), parse_identifier(text)
    if paper := _identified(text, ident):
        return Named((paper,))
    if repository:
        papers = _with_code(repository)
        name = f"{repository.owner}/{repository.name}"
        why = (("code: ", False), (name, True))
        return Named(papers, why, None if papers else Ident(URL, repository.url))
    if ident and (ident.scheme in _UNMISTAKABLE or ":" in text or _HOSTED.match(text)):
        return Named((), not_listed=ident)
    return None


def our_own(text: str) -> int | None:
    """The number of a paper whose page here a text is the address of."""
    if "/papers/" not in text:
        return None
    try:
        match = resolve(urlsplit(text).path)
    except (Resolver404, ValueError):
        return None
    number = str(match.kwargs.get("pk", ""))
    is_paper = match.url_name in {"paper", "paper-detail"} and _NUMBER.fullmatch(number)
    return int(number) if is_paper else None


def pasted(text: str) -> str:
    """What was pasted, if it is one piece, without what stands around it; empty when it is several words.

    Around it stand brackets, quotes, punctuation, a link's title, a label, a stamp's category and date, signs without width.
    """
    plain = "".join(
        char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf"
    )
    plain = " ".join(plain.split())
    if _QUOTED_ADDRESS.match(plain):
        plain = unquote(plain)
    linked = next((match for form in _LINKS if (match := form.fullmatch(plain))), None)
    bare = _bare(linked[1] if linked else plain)
    stamp = _STAMP.fullmatch(bare)
    if stamp and (ident := parse_arxiv(stamp[1])):
        return str(ident)
    bare = _CORPUS_ID.sub("CorpusID:", _PREFIX.sub(r"\1:", _LABEL.sub("", bare)))
    return "" if " " in bare else bare


def _bare(text: str) -> str:
    """A text without quotes and brackets around it and the punctuation behind it; its own brackets stay."""
    before = None
    while text and text != before:
        before = text
        text = text.strip(_QUOTES + " ").rstrip(_SENTENCE)
        if text[:1] in _BRACKETS:
            text = text[1:]
        opening = _OPENING.get(text[-1:])
        if opening and text.count(opening) < text.count(text[-1]):
            text = text[:-1]
    return text


def _identified(text: str, ident: Ident | None) -> Paper | None:
    wanted = Q(scheme=OPENREVIEW, value=text)
    addresses = _spellings(ident.value) if ident and ident.scheme == URL else []
    if addresses:
        wanted |= Q(scheme=URL, value__in=addresses)
    elif ident:
        wanted |= Q(scheme=ident.scheme, value=ident.value)
    found = Identifier.objects.filter(wanted).select_related("paper").order_by("pk").first()
    if found:
        return survivor(found.paper)
    return _linked(addresses) if addresses else None


def _spellings(url: str) -> list[str]:
    """An address with and without what makes no difference: http or https, www., a slash at the end."""
    rest = url.partition("://")[2].rstrip("/").removeprefix("www.")
    return [
        f"{scheme}://{www}{rest}{slash}"
        for scheme in ("https", "http")
        for www in ("", "www.")
        for slash in ("", "/")
    ]


def _linked(addresses: list[str]) -> Paper | None:
    """Return the paper that a homepage or the address of a list's entry belongs to, if it is one paper's only."""
    links = Link.objects.current().filter(url__in=addresses).values("paper")
    places = Placement.objects.current().filter(listed_url__in=addresses).values("paper")
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
