"""What becomes of a reader's word: taken whole or in part, as the curator's own, or turned down with an answer."""

from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from catalog.curation.adding import check_identifiers, repositories_named
from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import save_identifiers, save_paper, set_authors
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_placements, save_rows
from catalog.curation.topics import save_topic
from catalog.identifiers import Ident, parse_identifier, parse_repository
from catalog.keys import asked_row
from catalog.models import (
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Proposal,
    Source,
    Topic,
)
from catalog.people import venue_named
from catalog.proposed import lines_of


@transaction.atomic
def accept_fields(
    proposal: Proposal, values: Mapping[str, str], user: AbstractBaseUser, answer: str = ""
) -> None:
    """Take fields of a correction, with the values that the curator left in them, as the curator's word."""
    hold_off_imports()
    proposal = _open(proposal)
    if not values:
        raise Refused("Tick what to take over, or turn the proposal down.")
    if proposal.kind == Proposal.Kind.TOPIC:
        _change_topic(proposal, values, user)
    else:
        _change_paper(proposal, values, user)
    proposal.taken = list(values)
    everything = set(values) >= set(proposal.after)
    status = Proposal.Status.ACCEPTED if everything else Proposal.Status.PARTLY
    _decide(proposal, status, user, answer)


@transaction.atomic
def accept_suggestion(proposal: Proposal, paper: Paper, user: AbstractBaseUser) -> None:
    """A suggested paper was added, or was here already and is listed now."""
    proposal = _open(proposal)
    proposal.paper, proposal.taken = paper, list(proposal.after)
    _decide(proposal, Proposal.Status.ACCEPTED, user, proposal.answer)


@transaction.atomic
def reject_proposal(
    proposal: Proposal, user: AbstractBaseUser, answer: str = "", paper: Paper | None = None
) -> None:
    """Turn it down; `paper` is the one that was here already."""
    row = _open(proposal)
    row.paper = row.paper or paper
    _decide(row, Proposal.Status.REJECTED, user, answer)


@transaction.atomic
def withdraw_proposal(proposal: Proposal) -> None:
    """The sender takes it back, as long as nobody has decided."""
    proposal = _open(proposal)
    proposal.status, proposal.decided_at = Proposal.Status.WITHDRAWN, timezone.now()
    proposal.save(update_fields=["status", "decided_at"])


def _open(proposal: Proposal) -> Proposal:
    row = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if not row.is_open:
        raise Refused(f"This proposal is decided already: {row.get_status_display()}.")
    return row


def _decide(proposal: Proposal, status: str, user: AbstractBaseUser, answer: str) -> None:
    proposal.status, proposal.answer = status, answer[:1000]
    proposal.decided_at, proposal.decided_by_id = timezone.now(), user.pk
    proposal.save()


# Papers


def _change_paper(proposal: Proposal, values: Mapping[str, str], user: AbstractBaseUser) -> None:
    if proposal.paper_id is None:
        raise Refused("The paper that this is about is here no more.")
    locked = Paper.objects.select_for_update(of=("self",)).select_related("merged_into")
    paper = locked.get(pk=proposal.paper_id)
    if "same_as" in values:
        _check_merged(paper, values["same_as"])
    paper = paper.merged_into or paper
    _change_columns(paper, values, user)
    if "authors" in values:
        set_authors(paper, lines_of(values["authors"]), user)
    before = proposal.before
    for name, change in (
        ("identifiers", _change_identifiers),
        ("repositories", _change_repositories),
        ("links", _change_links),
    ):
        if name in values:
            change(paper, *_difference(str(before.get(name, "")), values[name]))
    if "topic" in values:
        _place(paper, values["topic"])


def _change_columns(paper: Paper, values: Mapping[str, str], user: AbstractBaseUser) -> None:
    changed = []
    for name in ("title", "abstract", "distinction"):
        if name in values:
            text = values[name].strip()
            setattr(paper, name, text if name == "abstract" else " ".join(text.split()))
            changed.append(name)
    if "title" in values and not paper.title:
        raise Refused("A paper has a title.")
    if "venue" in values:
        name = " ".join(values["venue"].split())
        if len(name) > 120:
            raise Refused("The name of a venue is too long: it has at most 120 characters.")
        paper.venue = venue_named(name) if name else None
        changed.append("venue")
    if "year" in values:
        paper.year = _year(values["year"])
        changed.append("year")
    if len(paper.distinction) > 100:
        raise Refused("The distinction is too long: it has at most 100 characters.")
    if changed:
        save_paper(paper, changed, user)


def _year(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4 and 1800 <= int(text) <= 2200):
        raise Refused("A year lies between 1800 and 2200.")
    return int(text)


def _difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that came and lines that went."""
    old, new = lines_of(before), lines_of(after)
    return [line for line in new if line not in old], [line for line in old if line not in new]


def _change_identifiers(paper: Paper, came: list[str], went: list[str]) -> None:
    fresh = [_ident(line) for line in came]
    gone = {(one.scheme, one.value) for line in went if (one := parse_identifier(line))}
    rows = list(paper.identifiers.all())
    removed = [row for row in rows if (row.scheme, row.value) in gone]
    kept = [Ident(row.scheme, row.value) for row in rows if row not in removed]
    wanted = [one for one in fresh if Ident(one.scheme, one.value) not in kept]
    check_identifiers([(one, Source.CURATOR) for one in [*kept, *wanted]], own=paper)
    save_identifiers(
        paper, [Identifier(scheme=one.scheme, value=one.value) for one in wanted], removed
    )


def _ident(line: str) -> Ident:
    ident = parse_identifier(line)
    if ident is None:
        raise Refused(f"“{line[:80]}” is no identifier and no address.")
    return ident


def _change_repositories(paper: Paper, came: list[str], went: list[str]) -> None:
    names = [name for line in came if (name := parse_repository(line))]
    if len(names) < len(came):
        raise Refused("One of the repositories is none: write it as github.com/owner/name.")
    gone = {name.key for line in went if (name := parse_repository(line))}
    rows = PaperRepository.objects.current().filter(paper=paper).select_related("repository")
    found = repositories_named(names)
    save_rows(
        paper,
        [PaperRepository(repository=found[name.key], url=name.inner_url) for name in names],
        [row for row in rows if row.repository.key in gone],
    )


def _change_links(paper: Paper, came: list[str], went: list[str]) -> None:
    fresh = [Link(kind=Link.Kind.OTHER, url=line) for line in came]
    for link in fresh:
        try:
            link.clean_fields(exclude=["paper", "source"])
        except ValidationError as error:
            raise Refused(f"“{link.url[:80]}” is no address of a web page.") from error
    rows = Link.objects.current().filter(paper=paper)
    save_rows(paper, fresh, [row for row in rows if row.url in went])


def _place(paper: Paper, wanted: str) -> None:
    """ "12" adds the topic of that number, "=12" puts it in the place of all of the same catalogue."""
    key = wanted.removeprefix("=")
    topic = asked_row(Topic.objects.current(), key)
    if topic is None:
        raise Refused("The topic that was proposed is here no more.")
    others = Placement.objects.current().filter(paper=paper, topic__catalogue=topic.catalogue_id)
    left = list(others.exclude(topic=topic)) if wanted.startswith("=") else []
    row = Placement(topic=topic)
    save_placements(paper, [row], left, row if left else None)


def _check_merged(paper: Paper, other: str) -> None:
    keys = {paper.pk, paper.merged_into_id}
    twin = asked_row(Paper.objects.all(), other)
    if twin is None or not ({twin.pk, twin.merged_into_id} - {None}) & (keys - {None}):
        raise Refused("Merge the two papers first, then take this over.")


# Topics


def _change_topic(proposal: Proposal, values: Mapping[str, str], user: AbstractBaseUser) -> None:
    topic = Topic.objects.filter(pk=proposal.topic_id or 0).first()
    if topic is None or topic.retired_at:
        raise Refused("The topic that this is about is here no more.")
    changed = [name for name in ("name", "description") if name in values]
    for name in changed:
        setattr(topic, name, values[name].strip())
    save_topic(topic, changed, user)
