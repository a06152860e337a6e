"""Why repositories are linked to papers: worked out of what lists, texts, READMEs and curators say, and kept as rows.

All of it follows from other tables, so that it can be worked out again at any time; that writes only what has changed.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from catalog.folding import fold, fold_words
from catalog.identifiers import RepositoryName, parse_repository
from catalog.models import (
    CodeSuggestion,
    Evidence,
    EvidenceKind,
    Identifier,
    Paper,
    PaperRepository,
    Readme,
    RepositoryAlias,
    Source,
    TitleAlias,
)
from catalog.readable import readable

LONGEST_QUOTE = 300
SHORTEST_TITLE = 12  # letters and digits: a shorter one is met by chance within a text
_BATCH = 1000
_HOSTS = r"(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)"
_NAMES_CODE = re.compile(
    rf"(?<![\w.@-])(?:https?://)?(?:www\.)?{_HOSTS}/[\w.\\/#?=&%~+-]+", re.IGNORECASE | re.ASCII
)
RepositoryKey = tuple[str, str, str]
Reason = tuple[int, int, str]  # paper, repository, kind


@dataclass(frozen=True, slots=True)
class Named:
    """A repository that a text names, with the words that do."""

    repository: RepositoryName
    quote: str


def repositories_named(text: str) -> list[Named]:
    """The repositories whose addresses stand in a text, in their order; each once."""
    found: dict[RepositoryKey, Named] = {}
    for match in _NAMES_CODE.finditer(text):
        address = re.sub(r"\\([_%#&~])", r"\1", match[0]).partition("\\")[0]
        name = parse_repository(address.rstrip(".,;:?!"))
        if name:
            found.setdefault(name.key, Named(name, around(text, match.start(), match.end())))
    return list(found.values())


def around(text: str, start: int, end: int, longest: int = LONGEST_QUOTE) -> str:
    """The words around a place in a text, cut where one ends."""
    room = max(0, longest - (end - start) - 4) // 2
    left, right = max(0, start - room), min(len(text), end + room)
    before, after = text[left:start], text[end:right]
    if left:
        before = "… " + before.partition(" ")[2]
    if right < len(text):
        after = after.rpartition(" ")[0] + " …"
    return " ".join(f"{before}{text[start:end]}{after}".split())[:longest]


def gather(papers: Iterable[int] | None = None) -> int:
    """Bring the evidence for these papers, or for all, up to date; return how many rows that wrote."""
    keys = sorted(set(papers)) if papers is not None else list(_concerned())
    written = 0
    for start in range(0, len(keys), _BATCH):
        with transaction.atomic():
            written += _Gathering(keys[start : start + _BATCH]).write()
    return written


def _concerned() -> Iterator[int]:
    """Papers with code, or with texts that name some."""
    this = {"paper": OuterRef("pk")}
    names_code = Q(abstract__iregex=_HOSTS) | Q(comment__iregex=_HOSTS)
    has_rows = [
        Exists(model.objects.filter(**this))
        for model in (PaperRepository, Evidence, CodeSuggestion)
    ]
    concerned = Paper.objects.filter(names_code | has_rows[0] | has_rows[1] | has_rows[2])
    yield from concerned.order_by("pk").values_list("pk", flat=True)


_OTHERS = [kind for kind in EvidenceKind if kind != EvidenceKind.LIST]


def doubtful() -> Q:
    """Of a paper's code: only a list says so, and the README, which was read, names other papers."""
    this = {"paper": OuterRef("paper"), "repository": OuterRef("repository")}
    reasons = Evidence.objects.filter(kind__in=_OTHERS, **this)
    naming = Readme.objects.filter(repository=OuterRef("repository"))
    return Q(Exists(naming.exclude(identifiers={}, titles={})), ~Exists(reasons))


def with_reasons(links: QuerySet[PaperRepository]) -> QuerySet[PaperRepository]:
    """Add to each link the kinds of evidence for it, and whether it is doubtful; see `in_words`."""
    this = {"paper": OuterRef("paper"), "repository": OuterRef("repository")}
    kinds = ArraySubquery(Evidence.objects.filter(**this).values("kind"))
    return links.annotate(kinds=kinds, is_doubtful=ExpressionWrapper(doubtful(), BooleanField()))


def in_words(kinds: Collection[str]) -> str:
    """Say why a repository is linked: "named in the abstract; its README names the paper"."""
    named_in = [words for kind, words in _NAMED_IN.items() if kind in kinds]
    names_it = [words for kind, words in _NAMES_IT.items() if kind in kinds]
    said = []
    if named_in:
        said.append(f"named in {' and '.join(named_in)}")
    if names_it:
        verb = "names" if len(names_it) == 1 else "name"
        said.append(f"{' and '.join(names_it)} {verb} the paper")
    if EvidenceKind.CURATOR in kinds:
        said.append("a curator’s word")
    if not said and EvidenceKind.LIST in kinds:
        said.append("linked by a list")
    return "; ".join(said)


_NAMED_IN = {
    EvidenceKind.ABSTRACT: "the abstract",
    EvidenceKind.COMMENT: "the authors’ comment on arXiv",
}
_NAMES_IT = {EvidenceKind.README: "its README", EvidenceKind.DESCRIPTION: "its description"}


class _Gathering:
    """The evidence for some papers, as it should be and as it is."""

    def __init__(self, keys: list[int]) -> None:
        self.keys = keys
        rows = Paper.objects.public().filter(pk__in=keys)
        self.papers = {
            paper.pk: paper for paper in rows.only("title", "title_key", "abstract", "comment")
        }
        links = PaperRepository.objects.filter(paper__in=keys).select_related("repository")
        self.links = [row for row in links if row.paper_id in self.papers]
        self.named = {
            pk: [
                (kind, named)
                for kind, text in (
                    (EvidenceKind.ABSTRACT, paper.abstract),
                    (EvidenceKind.COMMENT, paper.comment),
                )
                for named in repositories_named(text)
            ]
            for pk, paper in self.papers.items()
        }
        self.now_called = self._present_names()
        self.stored = list(Evidence.objects.filter(paper__in=keys))

    def _present_names(self) -> dict[RepositoryKey, RepositoryName]:
        """For names that repositories had before, those that they have now."""
        said = {named.repository for some in self.named.values() for _, named in some}
        owners = {one.owner.lower() for one in said}
        if not owners:
            return {}
        any_case = (
            RepositoryAlias.objects.alias(low=Lower("owner"))
            .filter(low__in=owners)
            .select_related("repository")
        )
        return {
            row.key: RepositoryName(row.repository.host, row.repository.owner, row.repository.name)
            for row in any_case
        }

    def _key(self, name: RepositoryName) -> RepositoryKey:
        return self.now_called.get(name.key, name).key

    def write(self) -> int:
        return self._write_evidence(self._wanted()) + self._write_suggestions()

    # Evidence

    def _wanted(self) -> dict[Reason, str]:
        """Each reason with its quote."""
        wanted: dict[Reason, str] = {}
        current = [row for row in self.links if row.retired_at is None]
        names = _Names({row.paper_id for row in current}, self.papers)
        readmes = {
            row.repository_id: row
            for row in Readme.objects.filter(
                repository__in={link.repository_id for link in current}
            )
        }
        listed = {
            (row.paper_id, row.repository_id)
            for row in self.stored
            if row.kind == EvidenceKind.LIST
        }
        for link in current:
            pair = (link.paper_id, link.repository_id)
            if link.source == Source.CURATOR:
                wanted[*pair, EvidenceKind.CURATOR] = ""
            # A curator who takes a list's row over does not take back what the list said.
            if link.source == Source.LIST or pair in listed:
                wanted[*pair, EvidenceKind.LIST] = ""
            for kind, named in self.named[link.paper_id]:
                if self._key(named.repository) == link.repository.key:
                    wanted.setdefault((*pair, kind), named.quote)
            readme = readmes.get(link.repository_id)
            if readme and (line := names.line_in(link.paper_id, readme)) is not None:
                wanted[*pair, EvidenceKind.README] = line
            description = link.repository.description
            if names.is_in(link.paper_id, description):
                wanted[*pair, EvidenceKind.DESCRIPTION] = description[:LONGEST_QUOTE]
        return wanted

    def _write_evidence(self, wanted: Mapping[Reason, str]) -> int:
        stored = {(row.paper_id, row.repository_id, row.kind): row for row in self.stored}
        gone = [row.pk for reason, row in stored.items() if reason not in wanted]
        changed = []
        for reason, row in stored.items():
            if reason in wanted and row.quote != wanted[reason]:
                row.quote = wanted[reason]
                changed.append(row)
        fresh = [
            Evidence(paper_id=paper, repository_id=repository, kind=kind, quote=quote)
            for (paper, repository, kind), quote in wanted.items()
            if (paper, repository, kind) not in stored
        ]
        if gone:
            Evidence.objects.filter(pk__in=gone).delete()
        Evidence.objects.bulk_update(changed, ["quote"])
        Evidence.objects.bulk_create(fresh, ignore_conflicts=True)
        return len(gone) + len(changed) + len(fresh)

    # Suggestions

    def _write_suggestions(self) -> int:
        """Suggest what texts name and nobody has linked; forget suggestions that nobody decided on and nothing supports."""
        settled: dict[int, set[RepositoryKey]] = defaultdict(set)
        for link in self.links:
            if link.retired_at is None or link.source == Source.CURATOR:
                settled[link.paper_id].add(link.repository.key)
        for pk, key in self._decided_before_merging():
            settled[pk].add(key)
        wanted: dict[tuple[int, RepositoryKey], CodeSuggestion] = {}
        for pk, some in self.named.items():
            for kind, named in some:
                name = self.now_called.get(named.repository.key, named.repository)
                if name.key not in settled[pk]:
                    row = CodeSuggestion(
                        paper_id=pk, host=name.host, owner=name.owner, name=name.name,
                        url=named.repository.inner_url[:1000], kind=kind, quote=named.quote,
                    )  # fmt: skip
                    wanted.setdefault((pk, name.key), row)
        stored = {
            (row.paper_id, row.key): row
            for row in CodeSuggestion.objects.filter(paper__in=self.keys)
        }
        is_open = CodeSuggestion.Status.OPEN
        gone = [
            row.pk for key, row in stored.items() if key not in wanted and row.status == is_open
        ]
        fresh = [row for key, row in wanted.items() if key not in stored]
        if gone:
            CodeSuggestion.objects.filter(pk__in=gone, status=is_open).delete()
        CodeSuggestion.objects.bulk_create(fresh, ignore_conflicts=True)
        return len(gone) + len(fresh)

    def _decided_before_merging(self) -> Iterator[tuple[int, RepositoryKey]]:
        """What was decided on for the duplicates of these papers holds for them."""
        rows = CodeSuggestion.objects.filter(paper__merged_into__in=self.keys)
        for row in rows.exclude(status=CodeSuggestion.Status.OPEN).select_related("paper"):
            if row.paper.merged_into_id:
                yield row.paper.merged_into_id, row.key


class _Names:
    """What papers are called: their identifiers and folded titles."""

    def __init__(self, keys: Collection[int], papers: Mapping[int, Paper]) -> None:
        self.identifiers: dict[int, set[str]] = defaultdict(set)
        rows = Identifier.objects.filter(paper__in=keys).values_list("paper", "scheme", "value")
        for paper, scheme, value in rows if keys else ():
            self.identifiers[paper].add(f"{scheme}:{value}")
        self.titles: dict[int, set[str]] = {
            pk: {papers[pk].title_key, fold(readable(papers[pk].title))} for pk in keys
        }
        aliases = TitleAlias.objects.filter(paper__in=keys).values_list("paper", "title_key")
        for paper, key in aliases if keys else ():
            self.titles[paper].add(key)

    def line_in(self, paper: int, readme: Readme) -> str | None:
        """The line of a README that names a paper; None when none does."""
        for held, names in ((readme.identifiers, self.identifiers), (readme.titles, self.titles)):
            for name in sorted(names.get(paper, ())):
                if name in held:
                    return str(held[name])[:LONGEST_QUOTE]
        return None

    def is_in(self, paper: int, text: str) -> bool:
        """Whether a short text names a paper by an arXiv id or by its title."""
        if not text:
            return False
        folded = fold_words(text).replace(" ", "")
        if any(len(key) >= SHORTEST_TITLE and key in folded for key in self.titles.get(paper, ())):
            return True
        ids = (
            one.partition(":")[2]
            for one in self.identifiers.get(paper, ())
            if one.startswith("arxiv:")
        )
        return any(re.search(rf"(?<![\d.]){re.escape(one)}(?!\d)", text) for one in ids)


def follow_papers(sender: object, ids: list[int], **kwargs: Any) -> None:
    """What is said of papers has changed, or which code they have."""
    gather(ids)
