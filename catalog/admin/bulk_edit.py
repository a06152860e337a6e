"""Editing many papers at once: a form, a look at each old and new value, and exactly that."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from catalog import curation
from catalog.admin.acts import offer_undo
from catalog.admin.frame import framed
from catalog.admin.words import in_words
from catalog.curation.bulk import MOST, Edit, Planned
from catalog.keys import read_key, read_keys
from catalog.models import Paper, Placement, Topic, Venue
from catalog.roles import catalogues_of, is_narrowed

_LEAVE = [("", "leave as it is"), ("yes", "yes"), ("no", "no")]
_SHOWN = 500  # papers of a preview
_INDENT = "\u2003"


class TopicsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for mypy only
    """Topics with the catalogue and the topics above them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.catalogue.title}: {_INDENT * obj.depth}{obj.name}"


class BulkEditForm(forms.Form):
    """What is left empty stays as it is."""

    venue = forms.ModelChoiceField(
        Venue.objects.all(), required=False, empty_label="leave as it is"
    )
    venue_none = forms.BooleanField(required=False, label="no venue")
    year = forms.IntegerField(
        required=False,
        min_value=1800,
        max_value=2200,
        error_messages={
            "min_value": "A year lies between 1800 and 2200.",
            "max_value": "A year lies between 1800 and 2200.",
        },
    )
    year_none = forms.BooleanField(required=False, label="no year")
    distinction = forms.CharField(required=False, max_length=100)
    distinction_none = forms.BooleanField(required=False, label="no distinction")
    withdrawn = forms.ChoiceField(choices=_LEAVE, required=False)
    put_under = TopicsField(Topic.objects.none(), required=False)
    take_out_of = TopicsField(Topic.objects.none(), required=False)

    def __init__(self, user: Any, data: QueryDict | None = None) -> None:
        super().__init__(data)
        topics = (
            Topic.objects.current()
            .filter(catalogue__in=catalogues_of(user))
            .select_related("catalogue")
            .order_by("catalogue", "position", "pk")
        )
        for name in ("put_under", "take_out_of"):
            field: Any = self.fields[name]
            field.queryset = topics
            field.widget.attrs["size"] = 8

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("venue", "year", "distinction"):
            if data.get(name) and data.get(f"{name}_none"):
                self.add_error(name, f"Either a {name} or none.")
        if both := set(data.get("put_under") or ()) & set(data.get("take_out_of") or ()):
            names = ", ".join(topic.name for topic in both)
            self.add_error("take_out_of", f"Put under and taken out of at once: {names}.")
        if not self.errors and not self.edit():
            raise forms.ValidationError("Choose what is to be changed.")
        return data

    def edit(self) -> Edit:
        data, values = self.cleaned_data, {}
        for name in ("venue", "year", "distinction"):
            if data.get(name):
                values[name] = data[name]
            elif data.get(f"{name}_none"):
                values[name] = None
        if data.get("withdrawn"):
            values["withdrawn"] = data["withdrawn"] == "yes"
        return Edit(values, list(data.get("put_under") or ()), list(data.get("take_out_of") or ()))


class BulkEdits(admin.ModelAdmin):  # type: ignore[type-arg]
    """The action "Edit the selected papers", its form, its preview, and its carrying out."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.bulk_edit_view))
        return [path("edit/", view, name="catalog_paper_bulk_edit"), *super().get_urls()]

    @admin.action(description="Edit the selected papers …", permissions=["change"])
    def edit_many(self, request: HttpRequest, queryset: QuerySet[Paper]) -> HttpResponse | None:
        keys = list(queryset.order_by().values_list("pk", flat=True).distinct()[: MOST + 1])
        if len(keys) > MOST:
            text = (
                f"At most {MOST:,} papers can be edited at once: narrow the search or the filters."
            )
            self.message_user(request, text, messages.ERROR)
            return None
        return self._form_page(request, sorted(keys), BulkEditForm(request.user))

    def bulk_edit_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = reverse("admin:catalog_paper_changelist")
        return in_words(request, partial(self._bulk_edit, request, back), back=back)

    def _bulk_edit(self, request: HttpRequest, back: str) -> HttpResponse:
        keys = _keys(request.POST.get("papers", ""))
        form = BulkEditForm(request.user, request.POST)
        if not keys or len(keys) > MOST:
            messages.error(request, f"Select at least one paper, and at most {MOST:,}.")
            return HttpResponseRedirect(back)
        if not form.is_valid() or "_again" in request.POST:
            return self._form_page(request, keys, form)
        own, foreign = _reached(request.user, keys)
        if not own:
            raise PermissionDenied
        if "_apply" in request.POST:
            return self._apply(request, form.edit(), own, back)
        return self._preview(request, form, own, foreign)

    def _form_page(self, request: HttpRequest, keys: list[int], form: BulkEditForm) -> HttpResponse:
        context = {
            "title": f"Edit {len(keys):,} paper{'s' if len(keys) > 1 else ''}",
            "form": form,
            "papers": " ".join(map(str, keys)),
            "titles": list(Paper.objects.filter(pk__in=keys).values_list("title", flat=True)[:8]),
            "number": len(keys),
        }
        return framed(self, request, "admin/catalog/bulk_edit.html", context)

    def _preview(
        self, request: HttpRequest, form: BulkEditForm, own: list[int], foreign: int
    ) -> HttpResponse:
        plan = curation.plan_edit(own, form.edit())
        changing = [one for one in plan if one.changes]
        fields = [name for name in form.fields if request.POST.get(name)]
        context = {
            "title": "What would change",
            "changing": changing[:_SHOWN],
            "number": len(changing),
            "hidden": len(changing) - _SHOWN,
            "same": [one for one in plan if not one.changes][:20],
            "same_number": len(plan) - len(changing),
            "merged": len(own) - len(plan),
            "foreign": foreign,
            "papers": " ".join(str(one.paper.pk) for one in changing),
            "seen": " ".join(one.seen for one in changing),
            "fields": [(name, value) for name in fields for value in request.POST.getlist(name)],
        }
        return framed(self, request, "admin/catalog/bulk_edit_preview.html", context)

    def _apply(self, request: HttpRequest, edit: Edit, own: list[int], back: str) -> HttpResponse:
        reached = set(own)
        given = request.POST.get("seen", "").split(" ")[:MOST]
        seen = [one for one in given if read_key(one.partition(":")[0]) in reached]
        curation.note_act("edited many papers")
        try:
            act, stale = curation.apply_edit(seen, edit, request.user)  # type: ignore[arg-type]  # staff only
        except curation.Refused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        if act and act.pk:
            offer_undo(request, f"{Truncator(act.title).chars(300)}.", act, back)
        else:
            messages.warning(request, "Nothing was changed.")
        if stale:
            messages.warning(request, _stale_words(stale))
        return HttpResponseRedirect(back)


def _stale_words(stale: list[Planned]) -> str:
    names = ", ".join(f"“{one.paper}”" for one in stale[:10])
    more = f" and {len(stale) - 10} more" if len(stale) > 10 else ""
    return f"Changed meanwhile, and left as they are: {names}{more}."


def _keys(text: str) -> list[int]:
    return sorted(read_keys(text.split(" ")[: MOST + 1]))


def _reached(user: Any, keys: list[int]) -> tuple[list[int], int]:
    """Those of the papers that the user may edit, and how many others there are."""
    if not is_narrowed(user):
        return keys, 0
    listed = Placement.objects.current().filter(paper__in=keys)
    own = set(
        listed.filter(topic__catalogue__in=catalogues_of(user)).values_list("paper", flat=True)
    )
    unlisted = set(keys) - set(listed.values_list("paper", flat=True))
    reached = [key for key in keys if key in own | unlisted]
    return reached, len(keys) - len(reached)
