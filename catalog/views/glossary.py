"""The glossary: what names and terms of the field mean, and the papers that have one in their title."""

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from catalog.folding import fold
from catalog.models import GlossaryEntry, Paper, System
from catalog.views.letters import LETTERS, IndexForm

PER_PAGE = 100
PAPERS_PER_PAGE = 50


@require_safe
def glossary_index(request: HttpRequest) -> HttpResponse:
    form = IndexForm(request.GET)
    status = 200 if form.is_valid() else 400
    name, letter = form.cleaned_data.get("name"), form.cleaned_data.get("letter")
    entries = GlossaryEntry.objects.shown().order_by("key")
    if name:
        entries = entries.filter(
            Q(key__contains=fold(name)) | Q(others__icontains=name) | Q(meaning__icontains=name)
        )
    elif letter:
        entries = entries.filter(key__startswith=letter)
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "letters": LETTERS, "letter": letter, "name": name}
    return render(request, "catalog/glossary.html", context, status=status)


def _called(key: str) -> Iterator[GlossaryEntry]:
    """The entries in use of that name, and then those that have it among their others."""
    entries = GlossaryEntry.objects.filter(is_active=True)
    yield from entries.filter(key=key)
    yield from (one for one in entries.exclude(others=[]) if key in map(fold, one.others))


@require_safe
def glossary_detail(request: HttpRequest, key: str) -> HttpResponse:
    """The page of an entry, at its name in small letters without signs; other spellings and names lead there."""
    entry = next(_called(fold(key)), None)
    if entry is None:
        raise Http404
    if key != entry.key:
        return redirect(entry, permanent=True)
    papers = Paper.objects.listed().filter(glossary_mentions__entry=entry)
    papers = papers.for_list().order_by("-year", "-published_on", "pk")
    systems = System.objects.current().filter(introduced_by__merged_into=None)
    context = {
        "entry": entry,
        "page": Paginator(papers, PAPERS_PER_PAGE).get_page(request.GET.get("page")),
        "systems": systems.filter(key__in=[fold(name) for name in entry.names])[:10],
    }
    return render(request, "catalog/glossary_entry.html", context)
