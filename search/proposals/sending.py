"""Taking what readers send: once, within the limits, and not what is known or waits already."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest

from catalog.folding import fold
from catalog.identifiers import Ident, RepositoryName
from catalog.models import Candidate, Catalogue, Paper, Proposal, Reference, Topic
from search.asked_papers import Name
from search.lookup import look_up
from search.proposals.guard import count_sending
from search.reading_lists import Sought


@dataclass(frozen=True, slots=True)
class Before:
    """What is known already of what a reader suggests."""

    paper: Paper | None = None
    message: str = ""


def known_before(name: Name | None, title: str, catalogue: Catalogue | None) -> Before | None:
    """Say why a suggestion need not be sent, if it need not."""
    if paper := _listed(name, title):
        return Before(paper, "This paper is listed here already.")
    key, shown = key_of(name, title), shown_as(name, title)
    waiting = Proposal.objects.filter(
        Q(catalogue=catalogue) | Q(catalogue=None), kind=Proposal.Kind.PAPER, after__key=key
    )
    decided = waiting.filter(status=Proposal.Status.REJECTED)
    if waiting.open().exists() or _candidates(name, catalogue, Candidate.Status.OPEN):
        return Before(message=f"{shown} was proposed before; the curators decide on it.")
    if decided.exists() or _candidates(name, catalogue, Candidate.Status.REJECTED):
        return Before(message=f"{shown} was proposed before, and the curators did not take it.")
    return None


def _listed(name: Name | None, title: str) -> Paper | None:
    """The paper itself; code alone does not name one, and a merged paper is what it lives on in."""
    names = (name,) if name is not None and not isinstance(name, RepositoryName) else ()
    text = title if len(fold(title)) > 3 and name is None else ""
    if not names and not text:
        return None
    listed = look_up([Sought(1, "", names, text)]).listed
    return listed[0].paper if listed else None


def _candidates(name: Name | None, catalogue: Catalogue | None, status: str) -> bool:
    if not isinstance(name, Ident):
        return False
    rows = Candidate.objects.filter(scheme=name.scheme, value=name.value, status=status)
    return rows.filter(catalogue=catalogue).exists()


def key_of(name: Name | None, title: str) -> str:
    """What tells that two suggestions are of one paper."""
    match name:
        case Ident():
            return str(name)
        case RepositoryName():
            return f"url:{name.url.lower()}"
    return f"title:{fold(title)}"


def shown_as(name: Name | None, title: str) -> str:
    match name:
        case Ident(scheme="url"):
            return name.value
        case Ident():
            return str(name)
        case RepositoryName():
            return name.url
    return f"“{title}”"


def suggestion(
    what: str, name: Name | None, catalogue: Catalogue | None, topic: Topic | None
) -> Proposal:
    """A suggested paper, not saved yet."""
    after = {"what": what, "key": key_of(name, what), "title": known_title(name) or ("" if name else what)}  # fmt: skip
    return Proposal(
        kind=Proposal.Kind.PAPER,
        catalogue=topic.catalogue if topic else catalogue,
        topic=topic,
        after={field: value for field, value in after.items() if value},
    )


def known_title(name: Name | None) -> str:
    """What papers here that cite it call it."""
    if not isinstance(name, Ident):
        return ""
    cited = Reference.objects.filter(identifiers__contains=[str(name)]).exclude(title="")
    return cited.values_list("title", flat=True).first() or ""


def same_waiting(proposal: Proposal) -> bool:
    """Whether the same correction waits already, whoever sent it."""
    rows = Proposal.objects.open().filter(
        kind=proposal.kind, paper=proposal.paper, topic=proposal.topic, after=proposal.after
    )
    return rows.exists()


@transaction.atomic
def take(request: HttpRequest, proposal: Proposal, form: str) -> Proposal:
    """Keep a proposal; the same form sent twice is still one. Raises NotTaken when it is one too many."""
    known = Proposal.objects.filter(form=form).first()
    if known:
        return known
    count_sending(request)
    proposal.form = form
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError:
        return Proposal.objects.get(form=form)
    return proposal


def place(slug: str, path: str) -> tuple[Catalogue | None, Topic | None]:
    """Where the reader was: a catalogue, the first one else, and perhaps a topic of it."""
    catalogues = Catalogue.objects.order_by("pk")
    catalogue = catalogues.filter(slug=slug[:60].replace("\x00", "")).first() or catalogues.first()
    topics = Topic.objects.current().filter(
        catalogue=catalogue, path=path[:1000].replace("\x00", "")
    )
    return catalogue, topics.select_related("catalogue").first()
