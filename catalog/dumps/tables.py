"""What a dump holds: each table with the name of its file, and of all other tables why they are not in it.

Applications above the catalogue add their own when they start. A test asks of every model in which of the two it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pghistory.models
from django.db.models import Field, GeneratedField, Model

from catalog import models
from catalog.models.base import KeyField

# Who decided is nobody's business but the curators': names and addresses of users are in no dump.
_WHO = "who of the curators it was"


def _from_arxiv(paper: str) -> str:
    """SQL of whether a paper's abstract is arXiv's, which gives it away."""
    return f"EXISTS (SELECT FROM catalog_provenance f WHERE f.paper_id = {paper} AND f.field = 'abstract' AND f.source = 'arxiv')"


FROM_ARXIV = _from_arxiv("t.id")  # of the row `t` of a paper


def _note_unless_quoted(paper: str) -> dict[str, str]:
    """Notes quote the abstract of a paper: they are given away where that is."""
    return {"note": f"CASE WHEN {_from_arxiv(paper)} THEN t.note ELSE '' END"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a dump. SQL calls its rows `t`."""

    name: str  # of its file
    model: type[Model]
    about: str
    without: Mapping[str, str] = field(default_factory=dict)  # fields that are left out, and why
    instead: Mapping[str, str] = field(default_factory=dict)  # SQL of what is written for a field
    only: str = "true"
    order: tuple[str, ...] = ("id",)
    # Pages bear its numbers, and each is given once: what was deleted leaves its own to nobody. Not for tables that jobs write
    # by upserts, which use up numbers without any row.
    never_again: bool = False
    since: int = 1  # the first version of dumps that has it
    # The same two for dumps that the site offers to everybody.
    published_instead: Mapping[str, str] = field(default_factory=dict)
    published_only: str = "true"

    @property
    def file(self) -> str:
        return f"{self.name}.jsonl.gz"

    @property
    def db_table(self) -> str:
        return self.model._meta.db_table

    @property
    def fields(self) -> "list[Field[Any, Any]]":
        """Its fields, less those that are left out or computed of others."""
        return [
            one
            for one in self.model._meta.concrete_fields
            if one.name not in self.without and not isinstance(one, KeyField | GeneratedField)
        ]

    @property
    def columns(self) -> list[str]:
        return [one.column for one in self.fields]

    @property
    def keys(self) -> "list[KeyField]":
        """The fields that are computed when a row is loaded."""
        return [one for one in self.model._meta.concrete_fields if isinstance(one, KeyField)]

    @property
    def counted_anew(self) -> "list[Field[Any, Any]]":
        """What is left out and yet has to have a value: its default, until it is computed."""
        return [
            one
            for one in self.model._meta.concrete_fields
            if one.name in self.without and not one.null and not one.primary_key
        ]

    @property
    def has_numbers(self) -> bool:
        """Whether its rows bear numbers that other rows name."""
        return "id" in self.columns


_TABLES = [
    Table(
        "catalogues", models.Catalogue, "Curated fields, with the list each began with and its licence",
        # An address with a key in it is a secret.
        instead={"list_url": "CASE WHEN t.list_url ~ '[?@#]' THEN '' ELSE t.list_url END"},
    ),
    Table("topics", models.Topic, "The headings of each catalogue, as a tree"),
    Table("topic_redirects", models.TopicRedirect, "Addresses that topics had before"),
    Table("harvest_queries", models.HarvestQuery, "What arXiv is asked for new papers"),
    Table("venues", models.Venue, "Where papers appear"),
    Table("authors", models.Author, "People; merged ones lead to whom they are", never_again=True),
    Table(
        "papers", models.Paper, "One row a work; merged ones lead to the paper they are", never_again=True,
        published_instead={"abstract": f"CASE WHEN {FROM_ARXIV} THEN t.abstract ELSE '' END"},
    ),
    Table("title_aliases", models.TitleAlias, "Other titles of papers"),
    Table("citation_keys", models.CitationKey, "What bibliographies call papers"),
    Table(
        "provenance", models.Provenance, "Who gave a paper’s field its value, and when",
        # Of a curator's word it is the curator's name.
        instead={"detail": "CASE WHEN t.source = 'list' OR t.detail = 'arXiv identifier' THEN t.detail ELSE '' END"},
        published_only="t.field <> 'abstract' OR t.source = 'arxiv'",
    ),
    Table(
        "statements", models.FieldStatement, "What each source said of a paper’s fields, chosen or not",
        published_only="t.field <> 'abstract' OR t.source = 'arxiv'", since=2,
    ),
    Table("identifiers", models.Identifier, "arXiv, DOI and other names of papers"),
    Table("rejected_identifiers", models.RejectedIdentifier, "Identifiers that papers do not bear, by a curator’s word"),
    Table("authorships", models.Authorship, "Paper → author, in order, with the name as printed"),
    Table("named_authors", models.NamedAuthor, "Which of two people of one name a paper means, by a curator’s word", since=2),
    Table("placements", models.Placement, "Paper → topic"),
    Table("announcements", models.Announcement, "Dated “new this week” lines of a catalogue"),
    Table("links", models.Link, "Other pages about papers"),
    Table("repositories", models.Repository, "Code repositories, with what their host says of them"),
    Table("repository_aliases", models.RepositoryAlias, "Names that repositories had before"),
    Table("star_counts", models.StarCount, "A repository’s stars on one day"),
    Table("paper_repositories", models.PaperRepository, "Paper → repository"),
    Table(
        "systems", models.System, "Paper → what it introduces under a name",
        published_instead=_note_unless_quoted("t.introduced_by_id"),
    ),
    Table(
        "glossary", models.GlossaryEntry, "Names and terms that curators have said what they mean",
        without={"id": "no page names it"}, only="t.is_curated", order=("name",), since=3,
    ),
    Table("citations", models.Citation, "Citing paper → cited paper, by each source"),
    Table("references", models.Reference, "Entries of bibliographies that are no papers here"),
    Table("citing_works", models.CitingWork, "Works that cite papers and are none here"),
    Table("citation_counts", models.CitationCount, "How many references and citing works a source knows of"),
    Table(
        "relations", models.Relation, "Paper → paper, typed: extends, compares with, surveys …",
        without={"stated_by": _WHO},
        published_instead=_note_unless_quoted("t.subject_id"),
    ),
    Table(
        "candidates", models.Candidate, "Papers that jobs proposed for a catalogue, and what was decided",
        without={"decided_by": _WHO},
        published_instead={"abstract": "CASE WHEN t.scheme = 'arxiv' THEN t.abstract ELSE '' END"},
        # Anybody may propose: what nobody has looked at is not spread, nor an address that was turned down.
        published_only="t.status = 'accepted' OR (t.status = 'rejected' AND t.scheme <> 'url')",
    ),
    Table(
        "paper_suspects", models.PaperSuspect, "Pairs of papers that were found not to be one work",
        without={"decided_by": _WHO}, only="t.status = 'distinct'", since=2,
    ),
    Table(
        "author_suspects", models.AuthorSuspect, "Pairs of authors who were found not to be one person",
        without={"decided_by": _WHO}, only="t.status = 'distinct'", since=2,
    ),
    Table(
        "venue_suggestions", models.VenueSuggestion, "What sources say of where papers appeared, and what was decided",
        without={"decided_by": _WHO},
    ),
    Table(
        "code_suggestions", models.CodeSuggestion, "Repositories that texts of papers name, and what was decided",
        without={"decided_by": _WHO},
        since=2,
        published_instead={"quote": f"CASE WHEN {_from_arxiv('t.paper_id')} THEN t.quote ELSE '' END"},
    ),
]  # fmt: skip

_COMPUTED = "computed of what is dumped, anew after loading"
_LEFT_OUT = {
    "catalog.SimilarPaper": _COMPUTED,
    "catalog.GlossaryMention": _COMPUTED,
    "catalog.PaperMeasure": _COMPUTED,
    "catalog.Run": "what jobs did on one machine, and at whose word",
    "catalog.Problem": "work for curators; the jobs meet again what is still so",
    "catalog.Act": "what curators did, to be taken back where it was done",
    "catalog.SourceState": "how sources behaved to one machine",
    "catalog.Editorship": "users and their rights",
    "catalog.TreeChange": "what curators did, and what it takes to undo it",
    "catalog.Proposal": "what readers wrote to the curators of one site",
    "catalog.ProposalSending": "who sent how much to one site on one day",
    "catalog.Evidence": _COMPUTED,
    "catalog.Readme": "what READMEs name; they are read again",
    "catalog.LinkCheck": "how other people’s pages answered one machine, which asks again",
    "catalog.LinkCheckChange": "how other people’s pages answered one machine, which asks again",
    "catalog.Dump": "the dumps themselves",
    "catalog.DumpFile": "the dumps themselves",
    "catalog.DumpPart": "the dumps themselves",
    # whole applications
    "auth": "users and their rights",
    "admin": "what users did",
    "sessions": "who is logged in",
    "contenttypes": "Django's own; each database has it",
    "django_celery_beat": "the schedule of one site",
    "pghistory": "the history of changes, with who made them",
}


def tables() -> tuple[Table, ...]:
    """All tables of a dump, in the order of its files."""
    return tuple(_TABLES)


def add(table: Table) -> None:
    """Let an application above have a table of its own in dumps."""
    if table.name not in {one.name for one in _TABLES}:
        _TABLES.append(table)


def leave_out(labels: Iterable[str], why: str = _COMPUTED) -> None:
    """Say that models ("search.Embedding") are in no dump."""
    _LEFT_OUT.update(dict.fromkeys(labels, why))


def is_computed(model: type[Model]) -> bool:
    """Whether the rows of a model follow from others: nobody has to keep them."""
    return why_left_out(model) == _COMPUTED


def why_left_out(model: type[Model]) -> str | None:
    """Why a model is in no dump; None when nobody has said."""
    if issubclass(model, pghistory.models.Event):
        return _LEFT_OUT["pghistory"]
    return _LEFT_OUT.get(model._meta.label) or _LEFT_OUT.get(model._meta.app_label)
