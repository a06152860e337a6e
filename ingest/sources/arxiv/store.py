"""Writing what arXiv says: in one transaction, in as few statements as the tables allow, and only what has changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from catalog.folding import fold
from catalog.identifiers import ACL, ARXIV, DOI, parse_arxiv, parse_identifier
from catalog.models import (
    Authorship,
    Identifier,
    Paper,
    Problem,
    Provenance,
    RejectedIdentifier,
    Source,
    TitleAlias,
)
from catalog.models.upkeep import RunJob
from catalog.people import authors_of
from catalog.readable import readable
from catalog.signals import announce_changed_papers
from catalog.statements import dated, keep_statements
from ingest.lists.identity import near_titles
from ingest.lists.names import display_name
from ingest.lists.people import disagreeing, same_people
from ingest.models import Visit, VisitOutcome
from ingest.parts import Stored, Tally
from ingest.problems import Doubt, report_doubts
from ingest.sources.arxiv.feed import ArxivRecord, Feed, may_be_withdrawn, withdrawn
from ingest.sources.arxiv.venues import suggested_venue
from ingest.sources.venues import SuggestedVenue, suggest_venues
from ingest.visits import Seen

_BATCH = 1000
# Doubts that are raised once, when arXiv's word replaces the list's: the next run cannot meet them again.
_LASTING = frozenset({"authors-differ-from-arxiv", "identifier-moved"})
# Doubts about an identifier: their key.
_BY_IDENTIFIER = frozenset({"not-on-arxiv", "identifier-of-another"})
_COLUMNS = {
    "title": "text",
    "title_key": "text",
    "abstract": "text",
    "year": "int",
    "published_on": "date",
    "published_precision": "text",
    "revised_on": "date",
    "arxiv_version": "int",
    "categories": "text",  # as an array literal: arrays of arrays must be of one length
    "comment": "text",
    "journal_ref": "text",
    "withdrawn_at": "timestamptz",
}
# Facts that come from nobody else; what readers see of them needs no provenance of its own.
_ARXIVS_OWN = ("revised_on", "arxiv_version", "categories", "comment", "journal_ref")


def store_records(subjects: Sequence[int], feed: Feed) -> Stored:
    """Store the records of identifiers (by primary key); identifiers without an entry are unknown to arXiv."""
    return _Storing(subjects, feed).store()


def close_stale_doubts() -> None:
    """End the doubts about identifiers that their papers do not bear any more."""
    rows = Problem.objects.open().filter(job=RunJob.ARXIV, kind__in=_BY_IDENTIFIER)
    _close(rows.exclude(paper=None), {})


@dataclass
class _Change:
    """What changes about one paper."""

    paper: Paper
    is_new: bool  # arXiv had said nothing of it before
    touched: bool = False
    stated: list[str] = field(default_factory=list)
    authors: tuple[str, ...] | None = None


class _Storing:
    def __init__(self, subjects: Sequence[int], feed: Feed) -> None:
        self.now = timezone.now()
        latest = sorted(feed.records, key=lambda record: record.version)
        self.records = {record.id: record for record in latest}
        self.faults = feed.faults
        self.rows = list(
            Identifier.objects.filter(pk__in=subjects, scheme=ARXIV)
            .select_related("paper__venue")
            .order_by("pk")
        )
        self.doubts: list[Doubt] = []
        self.changes: dict[int, _Change] = {}
        self.aliases: list[TitleAlias] = []
        self.venues: list[tuple[int, SuggestedVenue]] = []
        self.confirmed: list[int] = []
        self.moved: list[Identifier] = []
        self.missing: list[Identifier] = []
        self.unread: dict[int, str] = {}  # identifiers whose entry could not be taken, and why
        self.dois: list[tuple[_Change, tuple[str, str]]] = []
        self.doubted: set[int] = set()
        self.said_now: dict[int, dict[str, Any]] = {}
        self.papers = {row.paper_id for row in self.rows}  # also those that lose an identifier
        self._load(self.papers)

    def store(self) -> Stored:
        for row in self.rows:
            record = self.records.get(row.value)
            fault = self.faults.get(row.value) or self.faults.get("")
            if record is not None:
                self._take(row, record)
            elif fault:
                self.unread[row.pk] = fault
            else:
                self._unknown(row)
        self._write()
        new = self._report()
        return Stored(self._tally(new), self._seen())

    def _report(self) -> int:
        """Keep the doubts; of the papers looked at, those end that were not met again. What another identifier of the
        paper gave rise to is left to it."""
        new = report_doubts(
            RunJob.ARXIV, self.doubts, self.papers, lasting=_LASTING | _BY_IDENTIFIER
        )
        met = {doubt.fingerprint for doubt in self.doubts}
        values = {row.value for row in self.rows if row.pk not in self.unread}
        rows = Problem.objects.open().filter(job=RunJob.ARXIV, kind__in=_BY_IDENTIFIER)
        _close(rows.filter(paper__in=self.papers).exclude(fingerprint__in=met), values)
        return new

    # Reading what is known

    def _load(self, papers: set[int]) -> None:
        self.said: dict[int, dict[str, Provenance]] = defaultdict(dict)
        for said in Provenance.objects.filter(paper__in=papers):
            self.said[said.paper_id][said.field] = said
        self.titles: dict[int, dict[str, str]] = defaultdict(dict)
        for paper, title, source in TitleAlias.objects.filter(paper__in=papers).values_list(
            "paper", "title", "source"
        ):
            self.titles[paper][title] = source
        self.authors: dict[int, list[str]] = defaultdict(list)
        for paper, name in (
            Authorship.objects.filter(paper__in=papers)
            .order_by("paper", "position")
            .values_list("paper", "printed_name")
        ):
            self.authors[paper].append(name)
        own = Identifier.objects.filter(paper__in=papers).values_list("paper", "scheme", "value")
        self.own: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for paper, scheme, value in own:
            self.own[paper].add((scheme, value))
        self.rejected = set(
            RejectedIdentifier.objects.filter(paper__in=papers).values_list(
                "paper", "scheme", "value"
            )
        )
        firsts = Identifier.objects.filter(paper__in=papers, scheme=ARXIV).order_by(
            "paper_id", "pk"
        )
        self.firsts = set(firsts.distinct("paper_id").values_list("pk", flat=True))
        answered = Visit.objects.filter(
            source=Source.ARXIV, kind="identifier", subject__in=[row.pk for row in self.rows]
        )
        self.taken = dict(answered.values_list("subject", "etag"))

    def _taken_version(self, row: Identifier) -> int:
        """The version of arXiv's that the paper was last given under this identifier; 0 when it never was."""
        ident = parse_arxiv(self.taken.get(row.pk, ""))
        return ident.version or 0 if ident and ident.value == row.value else 0

    # One record

    def _unknown(self, row: Identifier) -> None:
        self.missing.append(row)
        text = f"arXiv knows no {row.value}, which “{row.paper}” is said to bear."
        self.doubts.append(Doubt(row.paper_id, "not-on-arxiv", text, row.value))

    def _take(self, row: Identifier, record: ArxivRecord) -> None:
        paper = row.paper
        if row.pk not in self.firsts:
            return  # of a paper with two of arXiv's identifiers, the first one speaks
        before = self._taken_version(row)
        if record.version < before:
            self.unread[row.pk] = (
                f"arXiv answered with version {record.version}, after version {before} before."
            )
            return
        if not self._is_about(paper, record, was_taken=before > 0):
            holder = None if before else self._rightful(row, record)
            if holder is None:
                self._doubt_link(row, record)
                return
            self._move(row, holder, record)
            paper = holder
        elif row.source != Source.ARXIV and row.source != Source.CURATOR:
            self.confirmed.append(row.pk)
        change = self.changes[paper.pk] = _Change(paper, is_new=paper.arxiv_version is None)
        self.said_now[paper.pk] = _statements(record)
        self._title(change, record)
        self._abstract(change, record)
        self._dates(change, record)
        self._withdrawal(change, record)
        self._own_facts(change, record)
        self._authors(change, record)
        self._names(change, record)
        self._venue(change, record)

    def _is_about(self, paper: Paper, record: ArxivRecord, was_taken: bool) -> bool:
        """Whether a record can be that of a paper: of one title, more or less, or of the same people.

        Both change with time, but not both at once: `was_taken` says that what we know is arXiv's own.
        """
        if fold(paper.title) in {"", fold(record.id)}:
            return True
        if was_taken and not (record.authors and self.authors[paper.pk]):
            return True
        spellings = [paper.title, *self.titles[paper.pk]]
        if any(fold(title) == fold(record.title) for title in spellings):
            return True
        shown = readable(record.title)
        if any(near_titles(shown, readable(title)) for title in spellings):
            return True
        return same_people(self.authors[paper.pk], record.authors)

    def _rightful(self, row: Identifier, record: ArxivRecord) -> Paper | None:
        """The paper that arXiv's title names instead, when it has no identifier of arXiv's and nobody forbids it."""
        if row.source == Source.CURATOR:
            return None
        key = fold(readable(record.title))
        named = Paper.objects.public().filter(title_key=key)
        named |= Paper.objects.public().filter(aliases__title_key=key)
        others = named.exclude(pk=row.paper_id).exclude(identifiers__scheme=ARXIV).distinct()[:2]
        if len(others) != 1:
            return None
        self._load({*self.said, others[0].pk, *(one.paper_id for one in self.rows)})
        rejected = (others[0].pk, ARXIV, row.value) in self.rejected
        return None if rejected else others[0]

    def _doubt_link(self, row: Identifier, record: ArxivRecord) -> None:
        people = ", ".join(record.authors[:3])
        text = (
            f"arXiv:{row.value} is “{readable(record.title)}” by {people}, but is listed for “{row.paper}”. "
            "Nothing was taken from arXiv; correct the identifier, or the title."
        )
        self.doubts.append(Doubt(row.paper_id, "identifier-of-another", text, row.value))
        self.doubted.add(row.pk)

    def _move(self, row: Identifier, holder: Paper, record: ArxivRecord) -> None:
        text = f"arXiv says that {row.value} is “{holder}”; it was taken from “{row.paper}”."
        self.doubts.append(Doubt(row.paper_id, "identifier-moved", text, row.value))
        announce_changed_papers([row.paper_id, holder.pk])
        row.paper, row.source, row.stated_at = holder, Source.ARXIV, self.now
        self.moved.append(row)

    # Its facts

    def _may(self, change: _Change, name: str) -> bool:
        said = self.said[change.paper.pk].get(name)
        return said is None or said.yields_to(Source.ARXIV)

    def _set(self, change: _Change, name: str, value: Any) -> None:
        """Take arXiv's word on a field that readers see, with who said it and since when."""
        said = self.said[change.paper.pk].get(name)
        same = getattr(change.paper, name) == value
        if same and said and said.source == Source.ARXIV:
            return
        if not same:
            setattr(change.paper, name, value)
            change.touched = True
        change.stated.append(name)

    def _title(self, change: _Change, record: ArxivRecord) -> None:
        paper, aliases = change.paper, self.titles[change.paper.pk]
        if paper.title == record.title:
            if self._may(change, "title"):
                self._set(change, "title", record.title)
            return
        if not self._may(change, "title"):
            if record.title not in aliases:
                self._alias(paper, record.title, Source.ARXIV)
            return
        said = self.said[paper.pk].get("title")
        if paper.title not in aliases and paper.title != record.id:
            self._alias(paper, paper.title, Source(said.source) if said else Source.DERIVED)
        self._set(change, "title", record.title)
        paper.title_key = fold(record.title)

    def _alias(self, paper: Paper, title: str, source: Source) -> None:
        self.titles[paper.pk][title] = source
        self.aliases.append(TitleAlias(paper=paper, title=title, source=source, stated_at=self.now))

    def _abstract(self, change: _Change, record: ArxivRecord) -> None:
        if record.abstract and self._may(change, "abstract"):
            self._set(change, "abstract", record.abstract)

    def _dates(self, change: _Change, record: ArxivRecord) -> None:
        paper = change.paper
        if self._may(change, "published_on"):
            self._set(change, "published_on", record.published)
            if paper.published_precision != Paper.Precision.DAY:
                paper.published_precision = Paper.Precision.DAY
                change.touched = True
        said = self.said[paper.pk].get("year")
        if paper.year is None and (said is None or not said.locked):
            self._set(change, "year", record.published.year)

    def _withdrawal(self, change: _Change, record: ArxivRecord) -> None:
        """A withdrawal is dated by its version; a later version without the remark takes it back."""
        paper = change.paper
        if not self._may(change, "withdrawn_at"):
            return
        if may_be_withdrawn(record):
            text = (
                f"arXiv's remark on “{paper}” speaks of a withdrawal: “{record.comment[:300]}” It is not shown as "
                "withdrawn; say so on its page if it is."
            )
            self.doubts.append(Doubt(paper.pk, "withdrawal-unclear", text))
        if withdrawn(record):
            day = record.revised
            self._set(change, "withdrawn_at", datetime(day.year, day.month, day.day, tzinfo=UTC))
        elif paper.withdrawn_at is not None:
            self._set(change, "withdrawn_at", None)

    def _own_facts(self, change: _Change, record: ArxivRecord) -> None:
        values: dict[str, Any] = {
            "revised_on": record.revised,
            "arxiv_version": record.version,
            "categories": list(record.categories),
            "comment": record.comment,
            "journal_ref": record.journal_ref,
        }
        for name in _ARXIVS_OWN:
            if getattr(change.paper, name) != values[name]:
                setattr(change.paper, name, values[name])
                change.touched = True

    def _authors(self, change: _Change, record: ArxivRecord) -> None:
        paper = change.paper
        if not record.authors or not self._may(change, "authors"):
            return
        printed = self.authors[paper.pk]
        said = self.said[paper.pk].get("authors")
        ours = said is not None and said.source == Source.ARXIV
        if printed and not ours and (strangers := disagreeing(printed, record.authors)):
            text = (
                f"“{paper}” was listed with {_names(strangers)}, whom arXiv does not name; "
                f"arXiv's authors were taken: {_names(record.authors)}."
            )
            self.doubts.append(Doubt(paper.pk, "authors-differ-from-arxiv", text, record.id))
        if tuple(printed) != record.authors:
            change.authors = record.authors
            change.touched = True
            change.stated.append("authors")
        elif not ours:
            change.stated.append("authors")

    def _names(self, change: _Change, record: ArxivRecord) -> None:
        """The DOI becomes an identifier, of the registry that it belongs to."""
        for word in record.doi.replace(",", " ").split():
            ident = parse_identifier(word)
            if ident is None or ident.scheme not in {DOI, ACL}:
                continue
            key = (ident.scheme, ident.value)
            if key in self.own[change.paper.pk] or (change.paper.pk, *key) in self.rejected:
                continue
            self.own[change.paper.pk].add(key)
            self.dois.append((change, key))

    def _venue(self, change: _Change, record: ArxivRecord) -> None:
        if venue := suggested_venue(record.journal_ref, record.comment):
            self.venues.append((change.paper.pk, venue))

    # Writing

    def _write(self) -> None:
        changed = [change for change in self.changes.values() if change.touched]
        self._move_identifiers()
        _update_papers([change.paper for change in changed], self.now)
        TitleAlias.objects.bulk_create(self.aliases, batch_size=_BATCH, ignore_conflicts=True)
        self._drop_aliases(changed)
        self._write_authors()
        self._write_provenance()
        self._write_identifiers()
        keep_statements(Source.ARXIV, self.said_now)
        suggest_venues(Source.ARXIV, self.venues)
        announce_changed_papers(change.paper.pk for change in changed)

    def _move_identifiers(self) -> None:
        for row in self.moved:
            row.save(update_fields=["paper", "source", "stated_at"])
        Identifier.objects.filter(pk__in=self.confirmed).update(
            source=Source.ARXIV, stated_at=self.now
        )

    def _drop_aliases(self, changed: Iterable[_Change]) -> None:
        """A title that has become the paper's own is no other title any more."""
        for change in changed:
            if change.paper.title in self.titles[change.paper.pk]:
                TitleAlias.objects.filter(paper=change.paper, title=change.paper.title).delete()

    def _write_authors(self) -> None:
        changes = [change for change in self.changes.values() if change.authors is not None]
        if not changes:
            return
        people = authors_of(
            {change.paper.pk: change.authors or () for change in changes},
            lambda name: display_name(readable(name)),
        )
        had_some = [change.paper.pk for change in changes if self.authors[change.paper.pk]]
        if had_some:
            Authorship.objects.filter(paper__in=had_some).delete()
        rows = [
            (change.paper.pk, people[change.paper.pk, name].pk, position, name)
            for change in changes
            for position, name in enumerate(change.authors or (), 1)
        ]
        _insert(
            "catalog_authorship",
            {
                "paper_id": "bigint",
                "author_id": "bigint",
                "position": "int",
                "printed_name": "text",
            },
            rows,
        )

    def _write_provenance(self) -> None:
        rows = [
            (change.paper.pk, name, str(Source.ARXIV), "", self.now, False)
            for change in self.changes.values()
            for name in dict.fromkeys(change.stated)
        ]
        _insert(
            "catalog_provenance",
            {
                "paper_id": "bigint",
                "field": "text",
                "source": "text",
                "detail": "text",
                "stated_at": "timestamptz",
                "locked": "bool",
            },
            rows,
            "ON CONFLICT (paper_id, field) DO UPDATE SET source = excluded.source, "
            "detail = excluded.detail, stated_at = excluded.stated_at",
        )

    def _write_identifiers(self) -> None:
        if not self.dois:
            return
        values = {value for _, (_, value) in self.dois}
        holders = {
            (row.scheme, row.value): row.paper
            for row in Identifier.objects.filter(value__in=values).select_related("paper")
        }
        fresh = []
        for change, key in self.dois:
            holder = holders.get(key)
            if holder is None:
                holders[key] = change.paper
                change.touched = True
                fresh.append(
                    Identifier(
                        paper=change.paper,
                        scheme=key[0],
                        value=key[1],
                        source=Source.ARXIV,
                        stated_at=self.now,
                    )
                )
            elif holder.pk != change.paper.pk:
                text = (
                    f"arXiv gives {key[0]}:{key[1]} for “{change.paper}”, which “{holder}” bears here: "
                    "they may be one work, to be merged."
                )
                self.doubts.append(Doubt(change.paper.pk, "same-work", text, f"{key[0]}:{key[1]}"))
        Identifier.objects.bulk_create(fresh, batch_size=_BATCH)

    # What became of it

    def _tally(self, problems: int) -> Tally:
        changes = self.changes.values()
        new = sum(change.is_new for change in changes)
        changed = sum(
            not change.is_new and bool(change.touched or change.stated) for change in changes
        )
        skipped, failed = len(self.missing) + len(self.doubted), len(self.unread)
        return Tally(
            new=new,
            changed=changed,
            same=len(self.rows) - new - changed - skipped - failed,
            skipped=skipped,
            failed=failed,
            problems=problems,
        )

    def _mark(self, row: Identifier) -> str:
        """Keep which version was taken under which identifier: a curator may give its row another one."""
        record = self.records.get(row.value)
        if record is None or row.pk in self.doubted or row.pk not in self.firsts:
            return self.taken.get(row.pk, "")
        return f"{row.value}v{record.version}"

    def _seen(self) -> dict[int, Seen]:
        missing = {row.pk for row in self.missing}
        return {
            row.pk: Seen(VisitOutcome.FAILED, self.unread[row.pk], self.taken.get(row.pk, ""))
            if row.pk in self.unread
            else Seen(
                VisitOutcome.MISSING if row.pk in missing else VisitOutcome.FOUND,
                "It is another paper's." if row.pk in self.doubted else "",
                self._mark(row),
            )
            for row in self.rows
        }


def _statements(record: ArxivRecord) -> dict[str, Any]:
    """What arXiv says, whether or not it is what is shown."""
    return {
        "title": record.title,
        "abstract": record.abstract,
        "authors": list(record.authors),
        "year": record.published.year,
        "published_on": dated(record.published, Paper.Precision.DAY),
        "withdrawn_at": record.revised.isoformat() if withdrawn(record) else False,
    }


def _close(doubts: QuerySet[Problem], values: Collection[str]) -> None:
    """End those of these doubts that are about one of these identifiers, or about one that its paper does not bear."""
    rows = list(doubts.values_list("pk", "kind", "paper", "fingerprint"))
    borne: dict[int, set[str]] = defaultdict(set)
    papers = {paper for _, _, paper, _ in rows}
    for paper, value in Identifier.objects.filter(scheme=ARXIV, paper__in=papers).values_list(
        "paper", "value"
    ):
        borne[paper].add(value)
    over = [
        pk
        for pk, kind, paper, fingerprint in rows
        if all(
            Doubt(paper, kind, "", value).fingerprint != fingerprint
            for value in borne[paper] - set(values)
        )
    ]
    Problem.objects.filter(pk__in=over).update(status=Problem.Status.GONE)


def _update_papers(papers: list[Paper], now: datetime) -> None:
    """Write arXiv's columns of many papers with one statement."""
    if not papers:
        return
    names = list(_COLUMNS)
    columns = ", ".join(f"{name} = new.{name}{_CAST.get(name, '')}" for name in names)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
    values = [[_value(paper, name) for paper in papers] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE catalog_paper p SET {columns}, updated_at = %s "  # noqa: S608  # our own names
            f"FROM unnest(%s::bigint[], {arrays}) AS new (id, {', '.join(names)}) WHERE p.id = new.id",
            [now, [paper.pk for paper in papers], *values],
        )


_CAST = {"categories": "::varchar(40)[]"}


def _value(paper: Paper, name: str) -> Any:
    value = getattr(paper, name)
    if name == "categories":
        return "{" + ",".join(_quoted(one) for one in value) + "}"
    return value


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _insert(
    table: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]], conflict: str = ""
) -> None:
    """Insert many rows with one statement."""
    if not rows:
        return
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  # our own names
            f"SELECT * FROM unnest({arrays}) {conflict}",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
