"""What readers propose, to be looked at field by field and taken, taken in part, or turned down with an answer."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog import curation
from catalog.admin.base import CuratedAdmin
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.differences import Piece, difference
from catalog.keys import asked_row
from catalog.models import Paper, Proposal, Topic
from catalog.proposed import (
    LABELS,
    LISTS,
    facts_of_paper,
    facts_of_topic,
    in_order,
    normal,
    present_topics,
)
from catalog.roles import may_edit, may_edit_paper, reachable

_LONGEST_VALUE = 70_000
_LONGEST_ANSWER = 1000
_BY_HAND = {"other": "Do what it says, then tick it.", "same_as": "Merge the two, then tick it."}


@dataclass(slots=True)
class Field:
    """One field of a correction, as the page shows it."""

    name: str
    label: str
    pieces: list[Piece]
    value: str
    now: str  # what stands there today, where that is no longer what the sender saw
    rows: int
    hint: str = ""
    options: list[tuple[str, str]] | None = None
    merge_url: str = ""
    is_taken: bool = False

    @property
    def is_by_hand(self) -> bool:
        return self.name in _BY_HAND


@admin.register(Proposal)
class ProposalAdmin(CuratedAdmin):
    list_display = [
        "about_",
        "kind",
        "status",
        "what_changes",
        "credit",
        "created_at",
        "decided_by",
    ]
    list_select_related = ["paper", "topic", "decided_by"]
    list_filter = ["status", "kind", "catalogue"]
    search_fields = ["paper__title", "topic__name", "note", "credit"]
    date_hierarchy = "created_at"
    actions = ["reject_selected"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        """What waits comes first, the oldest on top; editors of a catalogue see what is about theirs."""
        rows: QuerySet[Proposal] = reachable(request.user, super().get_queryset(request))
        waits = Case(When(status=Proposal.Status.OPEN, then=0), default=1)
        return rows.order_by(waits, "pk")

    @admin.display(description="about")
    def about_(self, proposal: Proposal) -> str:
        return proposal.about[:150]

    @admin.display(description="fields")
    def what_changes(self, proposal: Proposal) -> str:
        if proposal.kind == Proposal.Kind.PAPER:
            return "–"
        return ", ".join(LABELS.get(name, name) for name in proposal.after)

    @admin.action(description="Turn down the selected, without an answer", permissions=["change"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        number = 0
        for row in queryset.filter(status=Proposal.Status.OPEN):
            with suppress(curation.Refused):  # decided meanwhile
                curation.reject_proposal(row, request.user)  # type: ignore[arg-type]  # staff only
                number += 1
        curation.note_act("turned down proposals of readers")
        self.message_user(request, f"Turned down: {number}.", messages.SUCCESS)

    # The page of one

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self._row(request, object_id)
        if request.method == "POST":
            if not self._may_decide(request, row):
                raise PermissionDenied
            return in_words(request, partial(self._decide, request, row))
        return self._show(request, row)

    def _row(self, request: HttpRequest, object_id: str) -> Proposal:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        rows = Proposal.objects.select_related(  # to be read also where it is not theirs to decide
            "paper__venue",
            "paper__merged_into__venue",
            "topic__catalogue",
            "catalogue",
            "decided_by",
        )
        row = asked_row(rows, object_id)
        if row is None:
            raise Http404
        return row

    def _may_decide(self, request: HttpRequest, row: Proposal) -> bool:
        """Whether the user may decide at all, and change what it is about."""
        user = request.user
        if not self.has_change_permission(request, row):
            return False
        if row.kind == Proposal.Kind.PAPER:
            return user.has_perm("catalog.add_paper") and may_edit(user, row.catalogue)
        if row.kind == Proposal.Kind.TOPIC:
            catalogue = row.topic.catalogue if row.topic else None
            return user.has_perm("catalog.change_topic") and may_edit(user, catalogue)
        paper = _present(row)
        return user.has_perm("catalog.change_paper") and (
            paper is None or may_edit_paper(user, paper)
        )

    def _decide(self, request: HttpRequest, row: Proposal) -> HttpResponse:
        answer = " ".join(request.POST.get("answer", "").replace("\x00", "").split())
        if len(answer) > _LONGEST_ANSWER:
            return self._show(request, row, f"An answer has at most {_LONGEST_ANSWER:,} characters.")  # fmt: skip
        user: Any = request.user
        by = f", suggested by {row.credit}" if row.credit else ", sent by a reader"
        try:
            if "_reject" in request.POST:
                curation.reject_proposal(row, user, answer)
                curation.note_act("turned down a reader’s proposal", why=answer)
                text = "Turned down. The sender reads your answer." if answer else "Turned down."
            elif "_accept" in request.POST and row.kind != Proposal.Kind.PAPER:
                taken = _ticked(request, row)
                _check_topic(user, taken.get("topic", ""))
                with transaction.atomic():
                    self._take_credit(request, row)
                    curation.accept_fields(row, taken, user, answer)
                curation.note_act(f"took a correction{by}", why=answer)
                text = "Taken over."
            else:
                return self._show(request, row, "Choose what to do with it.")
        except curation.Refused as error:
            return self._show(request, row, str(error))
        self.log_change(request, row, text)
        self.message_user(request, text, messages.SUCCESS)
        following = self.get_queryset(request).filter(status=Proposal.Status.OPEN).first()
        name = "admin:catalog_proposal_change" if following else "admin:catalog_proposal_changelist"
        return HttpResponseRedirect(reverse(name, args=[following.pk] if following else []))

    def _take_credit(self, request: HttpRequest, row: Proposal) -> None:
        """A name that is no name is not shown: the curator can take it away or mend it."""
        credit = " ".join(request.POST.get("credit", row.credit).replace("\x00", "").split())[:80]
        if credit != row.credit:
            Proposal.objects.filter(pk=row.pk, status=Proposal.Status.OPEN).update(credit=credit)

    def _show(self, request: HttpRequest, row: Proposal, refusal: str = "") -> HttpResponse:
        paper = _present(row)
        context = {
            "title": f"{row.get_kind_display()}".capitalize(),
            "proposal": row,
            "paper": paper,
            "fields": _fields(row, paper, request),
            "refusal": refusal,
            "may_decide": row.is_open and self._may_decide(request, row),
            "answer": request.POST.get("answer", row.answer),
            "present_topics": present_topics(paper) if paper and "topic" in row.after else "",
        }
        status = 400 if refusal else 200
        return framed(self, request, "admin/catalog/proposal.html", context, status=status)


def _present(row: Proposal) -> Paper | None:
    """The paper it is about, or what that lives on in."""
    return row.paper and (row.paper.merged_into or row.paper)


def _fields(row: Proposal, paper: Paper | None, request: HttpRequest) -> list[Field]:
    if row.kind == Proposal.Kind.PAPER:
        return []
    present: dict[str, str] = {}
    if row.kind == Proposal.Kind.TOPIC and row.topic:
        present = facts_of_topic(row.topic)
    elif paper:
        present = facts_of_paper(paper)
    return [_field(row, name, value, present, request) for name, value in in_order(row.after)]


def _field(
    row: Proposal, name: str, after: str, present: dict[str, str], request: HttpRequest
) -> Field:
    before = str(row.before.get(name, ""))
    now = normal(name, present.get(name, "")) if name in present else before
    sent = request.POST.get(f"value-{name}", after)
    lines = max(1, sent.count("\n") + 1, len(sent) // 80 + 1)
    field = Field(
        name,
        LABELS.get(name, name),
        difference(before, after),
        sent,
        now=now if normal(name, now) != normal(name, before) else "",
        rows=min(lines, 14),
        hint=_BY_HAND.get(name, "One a line." if name in LISTS else ""),
        is_taken=name in row.taken,
    )
    if normal(name, now) != normal(name, before) and not now:
        field.now = "nothing"
    if name == "topic":
        _offer_topics(field, after)
    if name == "same_as" and row.paper_id:
        _offer_merge(field, after, row.paper_id)
    return field


def _offer_topics(field: Field, after: str) -> None:
    key = after.removeprefix("=")
    topic = asked_row(Topic.objects.select_related("parent"), key)
    label = topic.label if topic else "a topic that is here no more"
    both = [(key, f"{label}, beside its present topics"), (f"={key}", f"{label}, instead of them")]
    field.options = both
    field.pieces = [Piece("came", dict(both).get(after, label))]


def _offer_merge(field: Field, after: str, own: int) -> None:
    other = asked_row(Paper.objects.all(), after)
    field.pieces = [Piece("came", other.title if other else "a paper that is here no more")]
    if other:
        field.merge_url = f"{reverse('admin:catalog_paper_merge')}?ids={own},{other.pk}"


def _check_topic(user: Any, wanted: str) -> None:
    """A correction moves a paper within the catalogues of who takes it."""
    key = wanted.removeprefix("=")
    topic = asked_row(Topic.objects.all(), key)
    if topic and not may_edit(user, topic.catalogue):
        raise curation.Refused(
            f"“{topic.name}” belongs to a catalogue that is not among yours: leave the topic unticked."
        )


def _ticked(request: HttpRequest, row: Proposal) -> dict[str, str]:
    """The fields that the curator takes, with the values as they left them."""
    found = {}
    for name, after in row.after.items():
        if f"take-{name}" in request.POST:
            value = request.POST.get(f"value-{name}", str(after)).replace("\r\n", "\n")
            if "\x00" in value or len(value) > _LONGEST_VALUE:
                raise curation.Refused("One of the values is too long, or holds what no text has.")
            found[name] = value
    return found
