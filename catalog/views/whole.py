"""The whole site for machines: every paper as references, what robots may read, where every page is."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.exports.answers import FORMATS, base_of, export
from catalog.exports.facts import latest
from catalog.exports.feeds import MOST
from catalog.models import Paper
from catalog.site_map import Part, in_xml, index_in_xml, parts

_XML = "application/xml; charset=utf-8"


@require_safe
def whole_catalogue(request: HttpRequest, ending: str) -> HttpResponseBase:
    """All papers but those that were merged away, the newest first; of a feed, those added last."""
    papers = Paper.objects.public()
    keys = (
        list(papers.newest_first().values_list("pk", flat=True))
        if FORMATS[ending].write
        else latest(papers, MOST)
    )
    page = reverse("topic-index")
    return export(request, ending, keys, title="All papers", name="stemma", page=page)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        f"Disallow: {reverse('search')}?",
        f"Disallow: {reverse('similar')}?",
        # Exports of everything, and of any question that can be thought of.
        *(f"Disallow: {reverse(name)}." for name in ("search", "similar", "lookup")),
        "Disallow: /papers.",
        "Disallow: /catalogues/",
        "Disallow: /fix/",
        "Disallow: /proposals/",
        "Disallow: /data/latest/",
        "Disallow: /data/2",
        "",
        f"Sitemap: {base_of(request)}{reverse('sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """All addresses, or the list of the parts that hold them where they are too many for one file."""
    every = parts()
    if len(every) == 1:
        return _addresses(request, every[0])
    return HttpResponse(index_in_xml(every, base_of(request)), content_type=_XML)


@require_safe
def sitemap_part(request: HttpRequest, number: int) -> HttpResponse:
    part = next((part for part in parts() if part.number == number), None)
    if part is None:
        raise Http404
    return _addresses(request, part)


def _addresses(request: HttpRequest, part: Part) -> HttpResponse:
    return HttpResponse(in_xml(part.addresses(), base_of(request)), content_type=_XML)
