"""READMEs of repositories that go with papers: read for which papers they name, once a month, and not kept.

A job of its own beside the one that counts stars: READMEs are large and change seldom, and no failure of theirs costs a
day's stars. Without a token it leaves half of the allowance to the stars.
"""

import base64
import binascii
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.evidence import gather
from catalog.folding import fold
from catalog.models import (
    Evidence,
    Paper,
    PaperRepository,
    Readme,
    Repository,
    Source,
    SourceState,
    TitleAlias,
)
from catalog.readable import readable
from ingest import visits
from ingest.http import Answer, SourceBroken, SourceBusy, SourceClient, SourceRefused
from ingest.models import Visit, VisitOutcome
from ingest.parts import Part, Stored, Tally, UsedUp
from ingest.sources.github import graphql, rest
from ingest.sources.github.naming import LONGEST, papers_named
from ingest.sources.github.record import HOST, Failed, Gone, Unchanged, Wanted
from ingest.visits import Scope, Seen

NAMES = ("README.md", "readme.md", "README.rst", "README")
_BATCH_WITH_TOKEN, _BATCH_WITHOUT = 20, 5  # READMEs have up to half a megabyte each


@dataclass(frozen=True, slots=True)
class Text:
    """A README; without one, None."""

    text: str | None
    etag: str = ""


Outcome = Text | Unchanged | Gone | Failed


class Readmes(Part):
    """The READMEs of repositories of GitHub that a paper's current link leads to."""

    source = Source.GITHUB
    kind = "readme"

    def __init__(self) -> None:
        has_token = bool(settings.SOURCES["github"]["key"])
        self.batch = _BATCH_WITH_TOKEN if has_token else _BATCH_WITHOUT

    def begin(self) -> None:
        """Read the texts that were there before there was evidence; later ones are read as they come."""
        if not Evidence.objects.exists():
            gather()

    def _things(self, scope: Scope) -> QuerySet[Repository]:
        links = PaperRepository.objects.current().filter(
            repository=OuterRef("pk"), paper__merged_into=None
        )
        if scope.paper:
            links = links.filter(paper=scope.paper)
        return Repository.objects.filter(Exists(links), host__iexact=HOST, gone_at=None)

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        return visits.due(self._things(scope), self.source, self.kind, scope, limit)

    def count(self, scope: Scope) -> int:
        return visits.count_due(self._things(scope), self.source, self.kind, scope)

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[int, Outcome]:
        rows = Repository.objects.in_bulk(list(subjects))
        read = set(Readme.objects.filter(repository__in=rows).values_list("repository", flat=True))
        visited = Visit.objects.filter(source=self.source, kind=self.kind, subject__in=read)
        etags = dict(visited.exclude(etag="").values_list("subject", "etag"))
        wanted = [
            Wanted(pk, row.owner, row.name, etag=etags.get(pk, "")) for pk, row in rows.items()
        ]
        if not wanted:
            return {}
        return _ask_at_once(client, wanted) if client.key else _ask_one_by_one(client, wanted)

    def store(self, subjects: Sequence[int], fetched: Mapping[int, Outcome]) -> Stored:
        return _store(fetched)


# With a token: several in one question


def _ask_at_once(client: SourceClient, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    def check(answer: Answer) -> None:
        try:
            read_answer(answer.json(), wanted)
        except SourceBroken:
            graphql.raise_if_limited(answer)
            raise

    headers = {"Authorization": f"bearer {client.key}"}
    try:
        answer = client.post("/graphql", question(wanted), headers=headers, check=check)
    except SourceBroken:
        if rest.answers(client):  # then one of them was too much for it
            return _ask_one_by_one(client, wanted)
        raise
    return read_answer(answer.json(), wanted)


def question(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """Names are other people's text: they travel as variables, never within the question."""
    numbers = range(len(wanted))
    declared = ", ".join(f"$o{n}: String!, $n{n}: String!" for n in numbers)
    asked = "\n".join(
        f"  r{n}: repository(owner: $o{n}, name: $n{n}) {{ ...files }}" for n in numbers
    )
    files = "\n".join(
        f'  f{n}: object(expression: "HEAD:{name}") {{ ... on Blob {{ text isBinary }} }}'
        for n, name in enumerate(NAMES)
    )
    variables = {f"o{n}": one.owner for n, one in enumerate(wanted)}
    variables |= {f"n{n}": one.name for n, one in enumerate(wanted)}
    text = (
        f"query readmes({declared}) {{\n  rateLimit {{ cost remaining resetAt }}\n{asked}\n}}\n"
        f"fragment files on Repository {{\n{files}\n}}"
    )
    return {"query": text, "variables": variables}


def read_answer(answer: Any, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    """Tell what an answer says of each README; raise SourceBroken when it says nothing of any. Pure."""
    return {
        pk: one if isinstance(one, Gone | Failed) else _first_text(one)
        for pk, one in graphql.nodes(answer, wanted).items()
    }


def _first_text(node: Mapping[str, Any]) -> Outcome:
    for number in range(len(NAMES)):
        blob = node.get(f"f{number}")
        if (
            isinstance(blob, dict)
            and isinstance(blob.get("text"), str)
            and not blob.get("isBinary")
        ):
            return Text(blob["text"])
    return Text(None)


# Without one: one a request, conditionally


def _ask_one_by_one(client: SourceClient, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    got: dict[int, Outcome] = {}
    for one in wanted:
        if _is_scarce():
            if not got:
                raise UsedUp(
                    "The rest of GitHub's allowance is left to the stars; READMEs are read later."
                )
            break
        try:
            got[one.pk] = _ask(client, one)
        except SourceBusy:
            if got:
                break
            raise
        except SourceBroken as error:
            if not rest.answers(client):
                if got:
                    break
                raise
            got[one.pk] = Failed(str(error))
    return got


def _is_scarce() -> bool:
    state = SourceState.objects.filter(
        source=Source.GITHUB, allowance_resets_at__gt=timezone.now()
    ).first()
    if state is None or state.allowance_left is None:
        return False
    return state.allowance_left * 2 <= (state.allowance or 60)


def _ask(client: SourceClient, one: Wanted) -> Outcome:
    path = f"/repos/{quote(one.owner, safe='')}/{quote(one.name, safe='')}/readme"
    headers = rest.headers_of(client) | ({"If-None-Match": one.etag} if one.etag else {})
    accept = {404, 451, *([304] if one.etag else [])}
    try:
        answer = client.get(path, headers=headers, accept=accept, check=rest.check_object)
    except SourceRefused as error:
        if error.status == 401 or (
            error.status == 403 and b"access blocked" not in error.body.lower()
        ):
            raise  # that is not about this one
        return Text(None)
    if answer.status == 304:
        return Unchanged(one.etag)
    if answer.status != 200:
        return Text(None)
    return Text(_content(answer.json()), rest.etag_of(answer))


def _content(resource: Mapping[str, Any]) -> str | None:
    """The text of a file as REST gives it; None for one that is too large to be given, or no text."""
    content = resource.get("content")
    if resource.get("encoding") != "base64" or not isinstance(content, str):
        return None
    try:
        return base64.b64decode(content).decode(errors="replace")
    except (binascii.Error, ValueError):
        return None


# Storing


def _store(fetched: Mapping[int, Outcome]) -> Stored:
    rows = Repository.objects.in_bulk(list(fetched))
    links = PaperRepository.objects.current().filter(repository__in=rows, paper__merged_into=None)
    papers: dict[int, list[int]] = defaultdict(list)
    for repository, paper in links.values_list("repository", "paper"):
        papers[repository].append(paper)
    titles = _titles({paper for some in papers.values() for paper in some})
    stored = {row.repository_id: row for row in Readme.objects.filter(repository__in=rows)}
    seen: dict[int, Seen] = {}
    counts: Counter[str] = Counter()
    for pk, outcome in fetched.items():
        if pk not in rows:
            continue
        known = [title for paper in papers[pk] for title in titles[paper]]
        what, seen[pk] = _take(pk, outcome, stored.get(pk), known)
        counts[what] += 1
    gather(paper for pk in seen for paper in papers[pk])
    return Stored(Tally(**counts), seen)


def _take(
    pk: int, outcome: Outcome, before: Readme | None, titles: Sequence[str]
) -> tuple[str, Seen]:
    """Keep what one README names; return how it counts, and what was seen."""
    match outcome:
        case Failed():
            return "failed", Seen(VisitOutcome.FAILED, outcome.reason)
        case Gone():
            return "skipped", Seen(VisitOutcome.MISSING, str(outcome.reason.label))
        case Unchanged():
            return "same", Seen(VisitOutcome.FOUND, etag=outcome.etag)
    if outcome.text is None:
        if before:
            before.delete()
        return "changed" if before else "skipped", Seen(VisitOutcome.MISSING, "It has no README.")
    named = papers_named(outcome.text, titles)
    values = {
        "digest": hashlib.sha256(outcome.text[:LONGEST].encode(errors="replace")).hexdigest(),
        "identifiers": named.identifiers,
        "titles": named.titles,
    }
    seen = Seen(VisitOutcome.FOUND, etag=outcome.etag)
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return "same", seen
    Readme.objects.update_or_create(
        repository_id=pk, defaults={**values, "changed_at": timezone.now()}
    )
    return "changed" if before else "new", seen


def _titles(papers: set[int]) -> dict[int, set[str]]:
    """The folded titles of papers, as they are written and as they are shown."""
    found: dict[int, set[str]] = defaultdict(set)
    for pk, title, key in Paper.objects.filter(pk__in=papers).values_list(
        "pk", "title", "title_key"
    ):
        found[pk] |= {key, fold(readable(title))}
    for pk, key in TitleAlias.objects.filter(paper__in=papers).values_list("paper", "title_key"):
        found[pk].add(key)
    return found
