"""Looking up drafts: first in the catalogue, then at the sources. A page looks up what takes a moment, a job the rest."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from catalog.folding import fold
from catalog.identifiers import ARXIV, DOI, Ident
from catalog.models import Source
from catalog.readable import readable
from ingest.adding import sources
from ingest.adding.facts import Facts, facts_of_record, merged, packed
from ingest.adding.standing import KNOWN, SAVED, UNLISTED, idents, standings
from ingest.adding.suggesting import note_near_titles, suggest_topics
from ingest.http import SourceClient, SourceError
from ingest.models import Draft, Paste
from ingest.sources.arxiv.feed import ArxivRecord, withdrawn

HASTE = 8.0  # seconds that a page waits for sources
_PATIENCE = 20.0  # seconds that a job waits when a source asks for it
_TITLES_AT_ONCE = 10
_MOST_CHOICES = 5
_LATER = "What it lacks is filled in later by the job that asks arXiv."


@dataclass(slots=True)
class Asking:
    """The clients of one turn of looking up; a source that failed is asked no more in it."""

    stack: ExitStack
    until: float | None = None  # when a page has waited long enough
    clients: dict[Source, SourceClient] = field(default_factory=dict)
    failures: dict[Source, str] = field(default_factory=dict)

    def client(self, source: Source) -> SourceClient:
        if source not in self.clients:
            haste = None if self.until is None else max(0.0, self.until - time.monotonic())
            patience = _PATIENCE if haste is None else 2.0
            client = SourceClient(source, patience=patience, haste=haste)
            self.clients[source] = self.stack.enter_context(client)
        return self.clients[source]

    def failed(self, source: Source, error: SourceError) -> str:
        """Note what happened, in one line."""
        is_named = str(error).startswith(str(source.label))
        words = f"{error}." if is_named else f"{source.label} is busy: {error}."
        self.failures[source] = words
        return words


def look_up_one(draft: Draft) -> None:
    """Look up a draft while its curator waits: a few seconds at most, and never an error."""
    look_up([draft], haste=HASTE)


def look_up_paste(paste: Paste, until: float = float("inf")) -> bool:
    """Look up what waits, batch by batch, until all is done (True) or the moment has come."""
    while time.monotonic() < until:
        paste.refresh_from_db()
        waiting = list(
            paste.drafts.filter(state=Draft.State.WAITING)[: sources.MOST_IDS].select_related(
                "paste__catalogue"
            )
        )
        if paste.is_stopped or not waiting:
            return True
        look_up(waiting)
        Paste.objects.filter(pk=paste.pk).update(looked_at=timezone.now())
    return False


def look_up(drafts: Sequence[Draft], *, haste: float | None = None) -> None:
    """Look up drafts of one paste and keep what was found, title by title, so that pages see how far it is."""
    if not drafts:
        return
    catalogue = drafts[0].paste.catalogue
    known = standings(drafts, catalogue)
    unknown = [draft for draft in drafts if known[draft.pk].what not in {KNOWN, UNLISTED, SAVED}]
    _keep([draft for draft in drafts if draft not in unknown])
    with ExitStack() as stack:
        asking = Asking(stack, None if haste is None else time.monotonic() + haste)
        named = [draft for draft in unknown if idents(draft)]
        _ask_by_identifiers(asking, named)
        _finish(named, drafts)
        others = [draft for draft in unknown if draft not in named]
        for start in range(0, len(others), _TITLES_AT_ONCE):
            some = others[start : start + _TITLES_AT_ONCE]
            for draft in some:
                _ask_by_title(asking, draft)
            _finish(some, drafts)


def choose(draft: Draft, number: int) -> None:
    """Take one of the records that may be meant."""
    from ingest.adding.facts import unpacked

    record = unpacked(draft.choices[number])
    _take(draft, record)
    draft.choices = []
    _finish([draft], [draft])


def _ask_by_identifiers(asking: Asking, drafts: Sequence[Draft]) -> None:
    by_id = {draft.pk: _arxiv_id(draft) for draft in drafts}
    ids = list(dict.fromkeys(one for one in by_id.values() if one))
    records: dict[str, ArxivRecord] = {}
    problem = ""
    for start in range(0, len(ids), sources.MOST_IDS):
        try:
            some = ids[start : start + sources.MOST_IDS]
            records |= sources.by_arxiv_ids(asking.client(Source.ARXIV), some)
        except SourceError as error:
            problem = asking.failed(Source.ARXIV, error)
            break
    for draft in drafts:
        wanted = by_id[draft.pk]
        if wanted in records:
            _take(draft, records[wanted])
        elif wanted and problem:
            _note(draft, f"{problem} {_LATER}")
        elif wanted:
            _note(draft, f"arXiv knows no {wanted}.")
    _ask_others(asking, [draft for draft in drafts if not draft.record])


def _arxiv_id(draft: Draft) -> str:
    return next((one.value for one in idents(draft) if one.scheme == ARXIV), "")


def _ask_others(asking: Asking, drafts: Sequence[Draft]) -> None:
    """Papers that are not arXiv's: Semantic Scholar knows most by DOI, OpenAlex some of the others."""
    lacking = [draft for draft in drafts if not _arxiv_id(draft) and not _is_whole(draft.facts)]
    wanted = {
        draft.pk: one
        for draft in lacking
        if (one := next((one for one in idents(draft) if sources.asks_s2(one)), None))
    }
    found: dict[Ident, Facts] = {}
    if wanted:
        try:
            some = list(dict.fromkeys(wanted.values()))[: sources.MOST_WORKS]
            found = sources.by_semantic_scholar(asking.client(Source.SEMANTIC_SCHOLAR), some)
        except SourceError as error:
            words = asking.failed(Source.SEMANTIC_SCHOLAR, error)
            for draft in lacking:
                if draft.pk in wanted:
                    _note(draft, words)
    for draft in lacking:
        ident = wanted.get(draft.pk)
        if ident in found:
            draft.facts = merged(found[ident], draft.facts)
        elif ident and ident.scheme == DOI:
            _ask_openalex(asking, draft, ident)
        if not draft.facts.get("title") and not draft.notes:
            _note(draft, "No source that is asked here knows it. Fill in what you know.")


def _is_whole(facts: Facts) -> bool:
    return all(facts.get(name, {}).get("value") for name in ("title", "authors", "year"))


def _ask_openalex(asking: Asking, draft: Draft, ident: Ident) -> None:
    if not sources.may_ask_openalex() or Source.OPENALEX in asking.failures:
        return
    try:
        said = sources.by_openalex(asking.client(Source.OPENALEX), ident)
    except SourceError as error:
        _note(draft, asking.failed(Source.OPENALEX, error))
        return
    draft.facts = merged(said, draft.facts)


def _ask_by_title(asking: Asking, draft: Draft) -> None:
    title = draft.title
    if not title:
        _note(draft, "It names no paper that a source could be asked about. Fill in what you know.")
        return
    if not sources.title_query(title):
        _note(
            draft, "arXiv cannot be asked for a title without Latin words. Fill in what you know."
        )
        return
    if Source.ARXIV in asking.failures:
        _note(draft, asking.failures[Source.ARXIV])
        return
    try:
        found = sources.by_title(asking.client(Source.ARXIV), title)
    except SourceError as error:
        _note(draft, asking.failed(Source.ARXIV, error))
        return
    same = [one for one in found if fold(readable(one.title)) == fold(readable(title))]
    if len(same) == 1 and len(fold(title)) > 10:
        _take(draft, same[0])
    elif found:
        draft.choices = [packed(one) for one in found[:_MOST_CHOICES]]
        _note(draft, "arXiv has papers of nearly this title: is it one of these?")
    else:
        _note(draft, "arXiv has no paper of this title.")


def _take(draft: Draft, record: ArxivRecord) -> None:
    draft.record = packed(record)
    draft.facts = merged(facts_of_record(record), draft.facts)
    draft.notes = [note for note in draft.notes if not note.startswith("arXiv ")]
    if withdrawn(record):
        _note(draft, f"Withdrawn on arXiv: {record.comment[:300]}")


def _note(draft: Draft, text: str) -> None:
    if text not in draft.notes:
        draft.notes = [*draft.notes, text]


def _finish(drafts: Sequence[Draft], every: Sequence[Draft]) -> None:
    """Suggest topics, look for near titles, and keep it."""
    if not drafts:
        return
    suggest_topics(drafts, drafts[0].paste.catalogue)
    note_near_titles([draft for draft in drafts if draft.facts.get("title") or draft.asked.get("title")])  # fmt: skip
    _keep(drafts)


def _keep(drafts: Sequence[Draft]) -> None:
    """Keep what was found, but for drafts that their curator has added meanwhile."""
    for draft in drafts:
        draft.state = Draft.State.READY
    fields = ["facts", "record", "choices", "notes", "suggested", "suggested_by", "near", "state"]
    Draft.objects.exclude(state=Draft.State.SAVED).bulk_update(drafts, fields, batch_size=100)


def hold(paste: int) -> bool:
    """Be the only one that looks up a paste, as long as this database session lives."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format("pg_try_advisory_lock"), [f"stemma:paste:{paste}"])
        return bool(cursor.fetchone()[0])


def let_go(paste: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format("pg_advisory_unlock"), [f"stemma:paste:{paste}"])


_LOCK = "SELECT {}(hashtextextended(%s, 0))"
