"""A paper's fields with what each source says of them, side by side: the chosen value, the lock, and a click to take another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog import curation, statements
from catalog.admin.base import ReadOnlyAdmin, column, superusers_delete
from catalog.admin.words import in_words
from catalog.folding import fold
from catalog.keys import asked_row
from catalog.models import FieldStatement, NamedAuthor, Paper, Provenance, Source
from catalog.readable import readable
from catalog.roles import may_edit_paper

_LABELS = {"published_on": "published", "withdrawn_at": "withdrawn"}
_LONG = 160  # letters that a cell shows at once

Column = tuple[str, str]  # source and detail


@dataclass(frozen=True, slots=True)
class Cell:
    """What one source says of one field."""

    words: str = ""
    more: str = ""  # the whole, where the words are cut
    statement: FieldStatement | None = None
    is_chosen: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class FieldRow:
    field: str
    label: str
    shown: Cell
    said: Provenance | None
    cells: Sequence[Cell]
    would_be: str = ""  # whose word would hold if sources decided

    @property
    def is_curators(self) -> bool:
        return self.said is not None and (self.said.locked or self.said.source == Source.CURATOR)

    @property
    def is_disputed(self) -> bool:
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    columns: Sequence[str]
    rows: Sequence[FieldRow]

    @property
    def disputed(self) -> list[str]:
        return [row.label for row in self.rows if row.is_disputed]


def sheet_of(paper: Paper) -> Sheet:
    """The table of a paper; it takes a handful of queries."""
    said = {row.field: row for row in paper.provenance.all()}
    stated = list(paper.statements.all())
    keys = sorted(
        {(row.source, row.detail) for row in stated if row.source != Source.CURATOR},
        key=lambda key: (Source(key[0]).precedence, key[1]),
    )
    rows = [_row(paper, field, said.get(field), stated, keys) for field in statements.FIELDS]
    columns = [
        f"List {detail}" if source == Source.LIST and detail else str(Source(source).label)
        for source, detail in keys
    ]
    return Sheet(columns, [row for row in rows if row.said or any(c.statement for c in row.cells)])


def _row(
    paper: Paper,
    field: str,
    said: Provenance | None,
    stated: list[FieldStatement],
    keys: list[Column],
) -> FieldRow:
    shown = statements.value_of(paper, field)
    own = {(row.source, row.detail): row for row in stated if row.field == field}
    cells = [_cell(field, own.get(key), shown, said) for key in keys]
    chosen = statements.best(field, own.values())
    words = statements.in_words(field, shown) if shown or field != "withdrawn_at" else ""
    return FieldRow(
        field,
        _LABELS.get(field, field),
        _cut(words, field),
        said,
        cells,
        curation.whose(chosen) if chosen else "",
    )


def _cell(field: str, row: FieldStatement | None, shown: Any, said: Provenance | None) -> Cell:
    if row is None:
        return Cell()
    cell = _cut(statements.in_words(field, row.value), field)
    is_its = (
        said is not None
        and said.source == row.source
        and said.detail
        in {row.detail, "arXiv identifier"}
        | ({said.detail} if row.source != Source.LIST else set())
    )
    same = row.value == shown
    return Cell(
        cell.words, cell.more, row, same and is_its, not same and not _is_spelling(row.value, shown)
    )


def _is_spelling(one: Any, other: Any) -> bool:
    """Texts that differ in nothing but capitals, dots and accents do not contradict each other."""
    if isinstance(one, str) and isinstance(other, str):
        return fold(readable(one)) == fold(readable(other))
    return False


def _cut(words: str, field: str) -> Cell:
    shown = readable(words) if field in {"title", "abstract"} else words
    if len(shown) <= _LONG:
        return Cell(shown)
    return Cell(f"{shown[:_LONG].rstrip()} …", shown)


class WithFacts(admin.ModelAdmin):  # type: ignore[type-arg]
    """The table on the page of a paper, and the address that its buttons are sent to."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.facts_view))
        return [path("<int:pk>/facts/", view, name="catalog_paper_facts"), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (paper := context.get("original")) is not None:
            context["sheet"] = sheet_of(paper)
            context["may_choose"] = self._may_choose(request, paper)
        return super().render_change_form(request, context, *args, **kwargs)

    def _may_choose(self, request: HttpRequest, paper: Paper) -> bool:
        return self.has_change_permission(request, paper) and may_edit_paper(request.user, paper)

    def facts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        paper = Paper.objects.filter(pk=pk).first()
        if paper is None:
            raise Http404
        if not self._may_choose(request, paper):
            raise PermissionDenied
        page = reverse("admin:catalog_paper_change", args=[pk]) + "#sources"
        return in_words(request, partial(self._choose, request, paper, page), back=page)

    def _choose(self, request: HttpRequest, paper: Paper, page: str) -> HttpResponse:
        try:
            text = self._carried_out(request, paper)
        except curation.Refused as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, paper, text)
            messages.success(request, text)
        return HttpResponseRedirect(page)

    def _carried_out(self, request: HttpRequest, paper: Paper) -> str:
        number, field = request.POST.get("use", ""), request.POST.get("release", "")
        if field and field not in statements.FIELDS:
            raise curation.Refused("There is no such field.")
        if field:
            label = _LABELS.get(field, field)
            curation.note_act(f"let sources decide on the {label}")
            chosen = curation.let_sources_decide(paper, field)
            if chosen is None:
                return f"The {label} is unlocked; no source says anything of it yet, and it stays as it is."
            return f"The {label} is {curation.whose(chosen)}’s again."
        rows = FieldStatement.objects.filter(paper=paper)
        number, _, seen = number.partition("@")
        chosen = asked_row(rows, number)
        if chosen is None:
            raise curation.Refused("That statement is not there any more: look at the page again.")
        if seen and seen != chosen.stated_at.isoformat():
            raise curation.Refused("The source says something else by now: look at the page again.")
        label = _LABELS.get(chosen.field, chosen.field)
        curation.note_act(f"took the {label} from {curation.whose(chosen)}")
        curation.use_statement(chosen, request.user)  # type: ignore[arg-type]  # staff only
        return f"The {label} is {curation.whose(chosen)}’s word now, and locked."


@admin.register(FieldStatement)
class FieldStatementAdmin(ReadOnlyAdmin):
    """What sources say of fields; chosen on the pages of the papers."""

    list_display = ["field", column("paper", "paper"), "source", "detail", "words", "stated_at"]
    list_select_related = ["paper"]
    list_filter = ["source", "field", "stated_at"]
    search_fields = ["paper__title", "detail"]

    @admin.display(description="value")
    def words(self, row: FieldStatement) -> str:
        return _cut(statements.in_words(row.field, row.value), row.field).words


@admin.register(NamedAuthor)
class NamedAuthorAdmin(ReadOnlyAdmin):
    """Which person a name on a paper means. Deleting one lets imports go by the name again; no history brings it back."""

    list_display = ["name_key", column("author", "author"), column("paper", "paper"), "stated_at"]
    list_select_related = ["author", "paper"]
    search_fields = ["name_key", "author__name", "paper__title"]
    readonly_fields = ["paper", "name_key", "author", "stated_at"]
    date_hierarchy = "stated_at"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return superusers_delete(request)
