"""Systems: the named things that papers introduce, and who speaks of them."""

from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from catalog.folding import fold
from catalog.models import Paper, Relation, System
from catalog.readable import readable
from catalog.related import grouped
from catalog.views.letters import LETTERS, IndexForm

PER_PAGE = 100
MOST_OF_A_KIND = 200


@require_safe
def system_index(request: HttpRequest) -> HttpResponse:
    form = IndexForm(request.GET)
    status = 200 if form.is_valid() else 400
    name, letter = form.cleaned_data.get("name"), form.cleaned_data.get("letter")
    current = Q(relations__retired_at=None, relations__subject__merged_into=None)
    systems = System.objects.current().filter(introduced_by__merged_into=None)
    systems = systems.select_related("introduced_by").defer("introduced_by__abstract")
    systems = systems.annotate(
        paper_count=Count("relations__subject", filter=current, distinct=True)
    ).order_by("-paper_count", "key", "pk")
    if name:
        systems = systems.filter(Q(key__contains=fold(name)) | Q(aliases__contains=[name]))
    elif letter:
        systems = systems.filter(key__startswith=letter).order_by("key", "pk")
    page = Paginator(systems, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "letters": LETTERS, "letter": letter, "name": name}
    return render(request, "catalog/systems.html", context, status=status)


@require_safe
def system_detail(request: HttpRequest, pk: int, slug: str = "") -> HttpResponse:
    systems = System.objects.select_related("introduced_by__merged_into")
    system = get_object_or_404(systems, pk=pk)
    if system.retired_at:  # its address still leads somewhere
        return redirect(system.introduced_by)
    if request.path != system.get_absolute_url():
        return redirect(system, permanent=True)
    paper = system.introduced_by.merged_into or system.introduced_by
    said = Relation.objects.filter(_is_about(system))
    groups = grouped(said, backwards=True, most=MOST_OF_A_KIND)
    namesakes = System.objects.current().filter(key=system.key, introduced_by__merged_into=None)
    words = readable(system.note)
    context = {
        "system": system,
        "introduced_by": Paper.objects.for_list().get(pk=paper.pk),
        "words": "" if words == readable(paper.title) else words,
        "groups": groups,
        "total": said.filter(retired_at=None).values("subject").distinct().count(),
        "namesakes": namesakes.exclude(pk=pk)
        .select_related("introduced_by")
        .order_by(F("pk"))[:10],
    }
    return render(request, "catalog/system.html", context)


def _is_about(system: System) -> Q:
    """What is said of a system, and of its paper where the paper introduces nothing else."""
    siblings = System.objects.current().filter(introduced_by=system.introduced_by)
    if siblings.exclude(pk=system.pk).exists():
        return Q(system=system)
    return Q(system=system) | Q(system=None, object=system.introduced_by)
