"""What is new, by week and by month."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog import news
from catalog.exports.answers import FORMATS, base_of, coins_of, export, export_links
from catalog.exports.feeds import MOST

WEEKS_SHOWN = 2
LINES = 40
WEEKS_LISTED = 12
MONTHS_LISTED = 36


@require_safe
def new_index(request: HttpRequest, ending: str = "") -> HttpResponseBase:
    weeks = news.index("week", WEEKS_LISTED)
    if ending:
        return _latest(request, ending, [week.period for week in weeks[:WEEKS_SHOWN]])
    context = {
        "blocks": news.week_blocks([week.period for week in weeks[:WEEKS_SHOWN]], LINES),
        "weeks": weeks,
        "months": news.index("month", MONTHS_LISTED),
        "exports": export_links(request.path),
    }
    return render(request, "catalog/new.html", context)


def _latest(request: HttpRequest, ending: str, periods: list[news.Period]) -> HttpResponseBase:
    """The papers of the weeks that the page shows, each once."""
    papers = (line.paper_id for period in periods for line in news.lines_of(period))
    keys = list(dict.fromkeys(key for key in papers if key))
    if not FORMATS[ending].write:
        keys = keys[:MOST]
    page = reverse("new-index")
    return export(request, ending, keys, title="New papers", name="new-papers", page=page)


@require_safe
def new_week(request: HttpRequest, year: int, week: int, ending: str = "") -> HttpResponseBase:
    try:
        period = news.Period.week(year, week)
    except (ValueError, OverflowError):
        raise Http404 from None
    return _period_page(request, period, ending)


@require_safe
def new_month(request: HttpRequest, year: int, month: int, ending: str = "") -> HttpResponseBase:
    try:
        period = news.Period.month(year, month)
    except (ValueError, OverflowError):
        raise Http404 from None
    return _period_page(request, period, ending)


def _period_page(request: HttpRequest, period: news.Period, ending: str) -> HttpResponseBase:
    if ending:
        return _period_export(request, period, ending)
    page = news.page_of(period, request.GET.get("page"))
    shown = [line.paper_id for line in page.object_list if line.paper]
    context = {
        "period": period,
        "page": page,
        "groups": news.groups(list(page.object_list)),
        "previous": news.neighbour(period, before=True),
        "next": news.neighbour(period, before=False),
        "exports": export_links(period.url),
        "coins": coins_of([key for key in shown if key], base_of(request)),
    }
    return render(request, "catalog/new_period.html", context)


def _period_export(request: HttpRequest, period: news.Period, ending: str) -> HttpResponseBase:
    keys = [line.paper_id for line in news.lines_of(period) if line.paper_id]
    if not FORMATS[ending].write:
        keys = keys[:MOST]
    name = "new-" + period.url.strip("/").removeprefix("new/").replace("/", "-")
    title = f"New, {period.label}"
    return export(request, ending, keys, title=title, name=name, page=period.url)
