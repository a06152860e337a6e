"""From a draft, as its curator left it, to a paper of the catalogue."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from catalog import curation
from catalog.identifiers import ARXIV, Ident, RepositoryName, parse_repository
from catalog.models import Identifier, Paper, Proposal, RejectedIdentifier, Source, Topic
from ingest.adding.facts import unpacked
from ingest.adding.forms import DraftForm, bare_id, initial_of
from ingest.adding.standing import parsed
from ingest.models import Draft
from ingest.sources.arxiv.feed import Feed
from ingest.sources.arxiv.store import store_records

# The form's fields, with the names under which provenance and drafts know them.
_FIELDS = {
    "title": "title",
    "authors": "authors",
    "abstract": "abstract",
    "published": "published_on",
    "venue": "venue",
    "year": "year",
    "distinction": "distinction",
}


@transaction.atomic
def save_draft(draft: Draft, form: DraftForm, user: AbstractBaseUser) -> Paper:
    """Add the paper of a valid form. What was taken over unchanged is its source's word, the rest the curator's."""
    paper = _save(draft, form, user)
    take_records([draft])
    paper.refresh_from_db()
    return paper


def _save(draft: Draft, form: DraftForm, user: AbstractBaseUser) -> Paper:
    data = form.cleaned_data
    day = data["published"]
    new = curation.NewPaper(
        title=data["title"],
        abstract=data["abstract"],
        authors=data["authors"],
        published_on=day[0] if day else None,
        published_precision=day[1] if day else "",
        venue=data["venue"],
        year=data["year"],
        distinction=data["distinction"],
        topics=form.chosen_topics(),
        identifiers=_identifiers(draft, data["identifiers"]),
        repositories=_repositories(draft, data["repositories"]),
        links=data["links"],
        said=_unchanged(draft, form),
    )
    return _added(draft, new, user)


@transaction.atomic
def save_as_found(draft: Draft, topic: Topic, user: AbstractBaseUser) -> Paper:
    """Add a paper with what sources say of it, as a row of a table does. `take_records` is due afterwards, once for all."""
    form = DraftForm(draft=draft, topics=[topic])
    values: dict[str, Any] = {**form.initial, "topic": str(topic.pk)}
    filled = DraftForm(values, draft=draft, topics=[topic])
    if not filled.is_valid():
        raise curation.Refused(
            " ".join(str(one) for some in filled.errors.values() for one in some)
        )
    return _save(draft, filled, user)


@transaction.atomic
def list_known(draft: Draft, paper: Paper, topics: list[Topic], user: AbstractBaseUser) -> Paper:
    """List a paper that is known already, for what the draft asked."""
    _claim(draft)
    curation.list_paper(paper, topics, user)
    _settle(draft, paper, user)
    return paper


def _added(draft: Draft, new: "curation.NewPaper", user: AbstractBaseUser) -> Paper:
    _claim(draft)
    paper = curation.add_paper(new, user)
    _reject_identifiers(draft, paper)
    _settle(draft, paper, user)
    return paper


def _claim(draft: Draft) -> None:
    """Two saves of one draft at once, as of a double click, are one."""
    row = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if row is None or row.state == Draft.State.SAVED:
        raise curation.Refused(f"“{draft.shown}” was added already.")


def _settle(draft: Draft, paper: Paper, user: AbstractBaseUser) -> None:
    draft.paper, draft.state = paper, Draft.State.SAVED
    draft.save(update_fields=["paper", "state"])
    if draft.proposal and draft.proposal.status == Proposal.Status.OPEN:
        curation.accept_suggestion(draft.proposal, paper, user)


def _unchanged(draft: Draft, form: DraftForm) -> dict[str, tuple[Source, str]]:
    """Who says each field that the form has as the draft had it."""
    initial = initial_of(draft.facts, draft.title)
    said: dict[str, tuple[Source, str]] = {}
    for field, name in _FIELDS.items():
        row = draft.facts.get(name)
        if row and row.get("source") and _same(form.data.get(field, ""), initial[field]):
            said[name] = (Source(row["source"]), str(row.get("detail", "")))
    if "title" not in draft.facts and form.cleaned_data["title"] == bare_id(draft):
        said["title"] = (Source.DERIVED, "the identifier, until its source is asked")
    return said


def _same(sent: Any, initial: Any) -> bool:
    one, other = (str("" if value is None else value) for value in (sent, initial))
    return " ".join(one.split()) == " ".join(other.split())


def _identifiers(draft: Draft, wanted: list[Ident]) -> list[tuple[Ident, Source]]:
    rows = draft.facts.get("identifiers", {}).get("value", [])
    said = {
        ident: Source(row["source"])
        for row in rows
        if row["source"] in Source.values and (ident := parsed(row["key"]))
    }
    return [(ident, said.get(Ident(ident.scheme, ident.value), Source.CURATOR)) for ident in wanted]


def _repositories(
    draft: Draft, wanted: list[RepositoryName]
) -> list[tuple[RepositoryName, Source]]:
    rows = draft.facts.get("repositories", {}).get("value", [])
    said = {
        name.key: Source(row["source"]) for row in rows if (name := parse_repository(row["key"]))
    }
    return [(name, said.get(name.key, Source.CURATOR)) for name in wanted]


def _reject_identifiers(draft: Draft, paper: Paper) -> None:
    """What a source gave and the curator took out is not given back by the next run."""
    borne = set(paper.identifiers.values_list("scheme", "value"))
    for row in draft.facts.get("identifiers", {}).get("value", []):
        ident = parsed(row["key"])
        if ident and (ident.scheme, ident.value) not in borne:
            RejectedIdentifier.objects.get_or_create(
                paper=paper, scheme=ident.scheme, value=ident.value
            )


def take_records(drafts: Iterable[Draft]) -> None:
    """Store arXiv's records of saved drafts as its job would: categories, version, remark, a withdrawal; locks hold."""
    records = {}
    for draft in drafts:
        if draft.record and draft.paper_id:
            record = unpacked(draft.record)
            records[record.id, draft.paper_id] = record
    rows = Identifier.objects.filter(
        scheme=ARXIV,
        paper__in=[paper for _, paper in records],
        value__in=[one for one, _ in records],
    )
    kept = [row for row in rows if (row.value, row.paper_id) in records]
    if kept:
        feed = Feed(tuple(records[row.value, row.paper_id] for row in kept), None)
        store_records([row.pk for row in kept], feed)
