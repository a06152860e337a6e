"""From a draft, as its curator left it, to a paper of the catalogue."""

from collections.abc import Iterable, Sequence
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

_BATCH = 500
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
    if refused := _add([(draft, _new_paper(draft, form))], user):
        raise refused[draft.pk]
    take_records([draft])
    return Paper.objects.get(pk=draft.paper_id or 0)


def _new_paper(draft: Draft, form: DraftForm) -> "curation.NewPaper":
    data = form.cleaned_data
    day = data["published"]
    return curation.NewPaper(
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


@transaction.atomic
def save_as_found(
    found: Sequence[tuple[Draft, Topic]], user: AbstractBaseUser
) -> dict[int, curation.Refused]:
    """Add papers with what sources say of them, as a table does, in few statements; return why some were refused, by draft.

    `take_records` is due afterwards, once for all.
    """
    refused: dict[int, curation.Refused] = {}
    filled = []
    for draft, topic in found:
        form = DraftForm(draft=draft, topics=[topic])
        values: dict[str, Any] = {**form.initial, "topic": str(topic.pk)}
        sent = DraftForm(values, draft=draft, topics=[topic])
        if sent.is_valid():
            filled.append((draft, _new_paper(draft, sent)))
        else:
            words = " ".join(str(one) for some in sent.errors.values() for one in some)
            refused[draft.pk] = curation.Refused(words)
    return refused | _add(filled, user)


@transaction.atomic
def list_known(draft: Draft, paper: Paper, topics: list[Topic], user: AbstractBaseUser) -> Paper:
    """List a paper that is known already, for what the draft asked."""
    if refused := _claim([draft]):
        raise refused[draft.pk]
    curation.list_paper(paper, topics, user)
    _settle([(draft, paper)], user)
    return paper


def _add(
    filled: Sequence[tuple[Draft, "curation.NewPaper"]], user: AbstractBaseUser
) -> dict[int, curation.Refused]:
    refused = _claim([draft for draft, _ in filled])
    free = [(draft, new) for draft, new in filled if draft.pk not in refused]
    made = curation.add_papers([new for _, new in free], user)
    added = []
    for (draft, _), paper in zip(free, made, strict=True):
        if isinstance(paper, curation.Refused):
            refused[draft.pk] = paper
        else:
            added.append((draft, paper))
    _reject_identifiers(added)
    _settle(added, user)
    return refused


def _claim(drafts: Sequence[Draft]) -> dict[int, curation.Refused]:
    """Two saves of one draft at once, as of a double click, are one: which of these were saved already."""
    rows = Draft.objects.select_for_update().filter(pk__in=[draft.pk for draft in drafts])
    free = {row.pk for row in rows.order_by("pk") if row.state != Draft.State.SAVED}
    return {
        draft.pk: curation.Refused(f"“{draft.shown}” was added already.")
        for draft in drafts
        if draft.pk not in free
    }


def _settle(added: Sequence[tuple[Draft, Paper]], user: AbstractBaseUser) -> None:
    for draft, paper in added:
        draft.paper, draft.state = paper, Draft.State.SAVED
    Draft.objects.bulk_update([draft for draft, _ in added], ["paper", "state"], batch_size=_BATCH)
    for draft, paper in added:
        if draft.proposal_id and draft.proposal and draft.proposal.status == Proposal.Status.OPEN:
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


def _reject_identifiers(added: Sequence[tuple[Draft, Paper]]) -> None:
    """What a source gave and the curator took out is not given back by the next run."""
    rows = Identifier.objects.filter(paper__in=[paper for _, paper in added])
    borne = set(rows.values_list("paper", "scheme", "value"))
    found = {
        (paper.pk, ident.scheme, ident.value)
        for draft, paper in added
        for row in draft.facts.get("identifiers", {}).get("value", [])
        if (ident := parsed(row["key"]))
    }
    RejectedIdentifier.objects.bulk_create(
        [
            RejectedIdentifier(paper_id=paper, scheme=scheme, value=value)
            for paper, scheme, value in sorted(found - borne)
        ],
        ignore_conflicts=True,
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
