"""What is known: the tables of design §2, one module per field."""

from catalog.models.acts import Act
from catalog.models.base import Source, Stated
from catalog.models.catalogues import (
    HUES,
    Announcement,
    Catalogue,
    Placement,
    Topic,
    TopicRedirect,
    TreeChange,
)
from catalog.models.code import GoneReason, PaperRepository, Repository, RepositoryAlias, StarCount
from catalog.models.dumps import Dump, DumpFile, DumpPart
from catalog.models.duplicates import AuthorSuspect, PaperSuspect
from catalog.models.editors import Editorship
from catalog.models.evidence import CodeSuggestion, Evidence, EvidenceKind, Readme
from catalog.models.glossary import GlossaryEntry, GlossaryMention
from catalog.models.graph import (
    Citation,
    CitationCount,
    CitingWork,
    PaperMeasure,
    Reference,
    Relation,
)
from catalog.models.links import LinkCheck, LinkCheckChange, LinkOutcome
from catalog.models.papers import (
    Authorship,
    CitationKey,
    Identifier,
    Link,
    Paper,
    PaperQuerySet,
    Provenance,
    RejectedIdentifier,
    SimilarPaper,
    TitleAlias,
    paper_path,
)
from catalog.models.people import Author, Venue
from catalog.models.proposals import Proposal, ProposalSending
from catalog.models.statements import FieldStatement, NamedAuthor
from catalog.models.systems import System
from catalog.models.upkeep import (
    Candidate,
    HarvestQuery,
    Problem,
    Run,
    SourceState,
    VenueSuggestion,
)

__all__ = [
    "HUES",
    "Act",
    "Announcement",
    "Author",
    "AuthorSuspect",
    "Authorship",
    "Candidate",
    "Catalogue",
    "Citation",
    "CitationCount",
    "CitationKey",
    "CitingWork",
    "CodeSuggestion",
    "Dump",
    "DumpFile",
    "DumpPart",
    "Editorship",
    "Evidence",
    "EvidenceKind",
    "FieldStatement",
    "GlossaryEntry",
    "GlossaryMention",
    "GoneReason",
    "HarvestQuery",
    "Identifier",
    "Link",
    "LinkCheck",
    "LinkCheckChange",
    "LinkOutcome",
    "NamedAuthor",
    "Paper",
    "PaperMeasure",
    "PaperQuerySet",
    "PaperRepository",
    "PaperSuspect",
    "Placement",
    "Problem",
    "Proposal",
    "ProposalSending",
    "Provenance",
    "Readme",
    "Reference",
    "RejectedIdentifier",
    "Relation",
    "Repository",
    "RepositoryAlias",
    "Run",
    "SimilarPaper",
    "Source",
    "SourceState",
    "StarCount",
    "Stated",
    "System",
    "TitleAlias",
    "Topic",
    "TopicRedirect",
    "TreeChange",
    "Venue",
    "VenueSuggestion",
    "paper_path",
]
