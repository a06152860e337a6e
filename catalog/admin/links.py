"""Links that lead nowhere or elsewhere, why repositories are linked, and repositories that texts name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from celery import current_app
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from catalog import curation
from catalog.admin.base import Inline, ReadOnlyAdmin, column, link_to
from catalog.link_uses import Use, uses_of
from catalog.models import CodeSuggestion, Evidence, LinkCheck, LinkCheckChange, LinkOutcome, Readme
from catalog.roles import may_edit_paper

_MOST_SHOWN = 3  # papers of an address in the list


class LookFilter(admin.SimpleListFilter):
    """What is worth a look comes first; the rest on demand."""

    title = "state"
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("dead", "dead"),
            ("failing", "failing, not dead yet"),
            ("moved", "moved for good"),
            ("refused", "refuse robots"),
            ("ok", "answer"),
            ("unknown", "not asked, or not yet"),
            ("all", "all"),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "worth a look"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "dead":
                return queryset.dead()  # type: ignore[attr-defined, no-any-return]
            case "failing":
                return queryset.failing()  # type: ignore[attr-defined, no-any-return]
            case "moved" | "refused" | "ok":
                return queryset.filter(outcome=self.value())
            case "unknown":
                return queryset.filter(outcome=LinkOutcome.UNCHECKED)
            case "all":
                return queryset
        return queryset.worth_a_look()  # type: ignore[attr-defined, no-any-return]


class LinkCheckList(ChangeList):
    """A page of addresses, with who uses each: for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        uses = uses_of(row.url for row in self.result_list)
        for row in self.result_list:
            row.uses = uses.get(row.url, [])


class LinkCheckChangeInline(Inline):
    """What it said when it said another thing than before."""

    model = LinkCheckChange
    verbose_name_plural = "history"
    readonly_fields: ClassVar[Any] = ["at", "outcome", "status", "reason", "moved_to"]
    fields = readonly_fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LinkCheck)
class LinkCheckAdmin(ReadOnlyAdmin):
    """Addresses that papers link to. What is done about them is done to the links, and can be taken back there."""

    list_display = ["url", "state_since", "said", "leads_to", "used_by"]
    list_filter = [LookFilter]
    search_fields = ["url", "reason"]
    search_help_text = "A piece of an address, or of what it answered."
    readonly_fields: ClassVar[Any] = [
        "address",
        "state",
        "said",
        "leads_to",
        "used_by",
        "failing_since",
        "missing_since",
        "dead_at",
        "failures",
        "ok_at",
        "checked_at",
        "next_at",
    ]
    fields = readonly_fields
    inlines = [LinkCheckChangeInline]
    actions = ["check_now", "replace", "take_away"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, extra_context={"title": "Links to look at", **(extra_context or {})}
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LinkCheckList

    def get_queryset(self, request: HttpRequest) -> QuerySet[LinkCheck]:
        """The dead come first, then those that fail longest."""
        return super().get_queryset(request).order_by(*_WORST_FIRST)

    # Columns

    @admin.display(description="address")
    def address(self, row: LinkCheck) -> str:
        if not row.url.lower().startswith(("http://", "https://")):
            return row.url
        return format_html(
            '<a href="{}" rel="noopener noreferrer external">{}</a> · <a href="{}" rel="noopener noreferrer external">archived copy</a>',
            row.url, row.url, row.archived_url,
        )  # fmt: skip

    @admin.display(description="state", ordering="outcome")
    def state(self, row: LinkCheck) -> str:
        return row.state

    @admin.display(description="state", ordering="failing_since")
    def state_since(self, row: LinkCheck) -> str:
        since = date_format(row.failing_since) if row.failing_since else ""
        return f"{row.state} since {since}" if since else row.state

    @admin.display(description="what it says")
    def said(self, row: LinkCheck) -> str:
        return row.reason or (f"status {row.status}" if row.status else "–")

    @admin.display(description="leads to")
    def leads_to(self, row: LinkCheck) -> str:
        return f"→ {row.moved_to}" if row.moved_to else "–"

    @admin.display(description="papers")
    def used_by(self, row: LinkCheck) -> str:
        uses: list[Use] = getattr(row, "uses", None) or uses_of([row.url])[row.url]
        papers = list(dict.fromkeys(use.paper for use in uses))
        shown = papers if not hasattr(row, "uses") else papers[:_MOST_SHOWN]
        more = len(papers) - len(shown)
        links = format_html_join(", ", "{}", ((link_to(paper),) for paper in shown))
        return format_html("{}{}", links or "none any more", f" and {more} more" if more else "")

    # Actions

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_link")

    @admin.action(description="Check again now", permissions=["curate"])
    def check_now(self, request: HttpRequest, queryset: QuerySet[LinkCheck]) -> None:
        number = curation.check_again(queryset)
        wish = f"asked for by {request.user.get_username()}"
        # Where the queue is away, the schedule finds them.
        transaction.on_commit(
            lambda: current_app.send_task("ingest.tasks.check_links", [wish]), robust=True
        )
        text = f"To be asked again: {number}. What came of it is here in a minute or two."
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description="Replace by where it moved", permissions=["curate"])
    def replace(self, request: HttpRequest, queryset: QuerySet[LinkCheck]) -> None:
        """As the column “leads to” shows; the old link is retired, the new one the curator's."""
        curation.note_act("replaced links that have moved")
        number = left = still = 0
        checks = list(queryset)
        uses = uses_of(check.url for check in checks)
        for check in checks:
            mine = self._mine(request, uses.get(check.url, []))
            left += len(uses.get(check.url, [])) - len(mine)
            if not check.moved_to:
                still += 1
                continue
            try:
                with transaction.atomic():
                    number += curation.replace_links(check, mine)
            except (curation.Refused, IntegrityError) as error:
                words = str(error) if isinstance(error, curation.Refused) else _MEANWHILE
                self.message_user(request, words, messages.ERROR)
        text = f"Replaced: {number}."
        if still:
            text += f" Not moved, as far as is known: {still}."
        self.message_user(request, text + _left(left), messages.SUCCESS)

    @admin.action(description="Take the links away from their papers", permissions=["curate"])
    def take_away(self, request: HttpRequest, queryset: QuerySet[LinkCheck]) -> None:
        curation.note_act("took links away")
        uses = [
            use for some in uses_of(queryset.values_list("url", flat=True)).values() for use in some
        ]
        mine = self._mine(request, uses)
        number = curation.take_links_away(mine)
        text = (
            f"Taken away: {number}. No import brings them back; “Restore” on the paper's page does."
        )
        self.message_user(request, text + _left(len(uses) - len(mine)), messages.SUCCESS)

    def _mine(self, request: HttpRequest, uses: Iterable[Use]) -> list[Use]:
        """What the user may change."""
        user = request.user
        return [
            use
            for use in uses
            if user.has_perm(f"catalog.change_{use.row._meta.model_name}")
            and may_edit_paper(user, use.paper)
        ]


_WORST_FIRST = (
    Case(When(dead_at__isnull=False, then=0), default=1),
    F("failing_since").asc(nulls_last=True),
    "pk",
)
_MEANWHILE = "Somebody else changed the same link meanwhile. Please look and try again."


def _left(number: int) -> str:
    return f" Left as they are, because you may not change them: {number}." if number else ""


@admin.register(LinkCheckChange)
class LinkCheckChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", column("address", "check_of"), "outcome", "status", "reason", "moved_to"]
    list_select_related = ["check_of"]
    list_filter = ["outcome"]
    search_fields = ["check_of__url", "reason"]
    date_hierarchy = "at"


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    """Why repositories are linked; worked out of the texts, so there is nothing to edit."""

    list_display = [
        "__str__",
        column("repository", "repository"),
        column("paper", "paper"),
        "quote",
        "found_at",
    ]
    list_select_related = ["repository", "paper"]
    list_filter = ["kind"]
    search_fields = ["quote", "paper__title", "repository__owner", "repository__name"]


@admin.register(Readme)
class ReadmeAdmin(ReadOnlyAdmin):
    list_display = ["__str__", column("repository", "repository"), "papers_named", "changed_at"]
    list_select_related = ["repository"]
    search_fields = ["repository__owner", "repository__name"]
    fields = ["repository", "papers_named", "lines", "changed_at"]

    @admin.display(description="names")
    def papers_named(self, readme: Readme) -> str:
        return f"{len(readme.identifiers)} identifiers and {len(readme.titles)} titles of papers"

    @admin.display(description="where it names them")
    def lines(self, readme: Readme) -> str:
        lines = dict.fromkeys([*readme.identifiers.values(), *readme.titles.values()])
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines if line)) or "–"


@admin.register(CodeSuggestion)
class CodeSuggestionAdmin(ReadOnlyAdmin):
    """Repositories that a paper's own text names; accepted with the actions of the list."""

    list_display = ["__str__", "at_its_host", column("paper", "paper"), "kind", "quote", "status"]
    list_select_related = ["paper"]
    list_filter = ["status", "kind"]
    search_fields = ["owner", "name", "quote", "paper__title"]
    actions = ["accept", "reject"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, extra_context={"title": "Repositories named in texts", **(extra_context or {})}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CodeSuggestion]:
        """What waits comes first."""
        order = Case(When(status=CodeSuggestion.Status.OPEN, then=0), default=1)
        return super().get_queryset(request).order_by(order, "pk")

    @admin.display(description="address")
    def at_its_host(self, row: CodeSuggestion) -> str:
        url = row.url or row.repository_url
        return format_html('<a href="{}" rel="noopener noreferrer external">{}</a>', url, url)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_codesuggestion")

    def _mine(
        self, request: HttpRequest, queryset: QuerySet[CodeSuggestion]
    ) -> list[CodeSuggestion]:
        return [row for row in queryset if may_edit_paper(request.user, row.paper)]

    @admin.action(description="Accept: link it to the paper", permissions=["decide"])
    def accept(self, request: HttpRequest, queryset: QuerySet[CodeSuggestion]) -> None:
        curation.note_act("accepted repositories that texts name")
        chosen = list(queryset.exclude(status=CodeSuggestion.Status.ACCEPTED))
        mine = self._mine(request, queryset.filter(pk__in=[row.pk for row in chosen]))
        number = 0
        for row in mine:
            try:
                with transaction.atomic():
                    curation.accept_code(row, request.user)  # type: ignore[arg-type]  # staff only
                number += 1
            except (curation.Refused, IntegrityError) as error:
                words = str(error) if isinstance(error, curation.Refused) else _MEANWHILE
                self.message_user(request, words, messages.ERROR)
        text = f"Accepted: {number}." + _left(len(chosen) - len(mine))
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description="Reject: it is another's code", permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[CodeSuggestion]) -> None:
        waiting = queryset.filter(status=CodeSuggestion.Status.OPEN)
        mine = [row.pk for row in self._mine(request, waiting)]
        left = waiting.count() - len(mine)
        chosen = CodeSuggestion.objects.filter(pk__in=mine)
        number = curation.reject_code(chosen, request.user)  # type: ignore[arg-type]  # staff only
        self.message_user(request, f"Rejected: {number}." + _left(left), messages.SUCCESS)
