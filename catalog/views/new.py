"""What is new, by week and by month."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import news

WEEKS_SHOWN = 2
LINES = 40
WEEKS_LISTED = 12
MONTHS_LISTED = 36


@require_safe
def new_index(request: HttpRequest) -> HttpResponse:
    weeks = news.index("week", WEEKS_LISTED)
    context = {
        "blocks": news.week_blocks([week.period for week in weeks[:WEEKS_SHOWN]], LINES),
        "weeks": weeks,
        "months": news.index("month", MONTHS_LISTED),
    }
    return render(request, "catalog/new.html", context)


@require_safe
def new_week(request: HttpRequest, year: int, week: int) -> HttpResponse:
    try:
        period = news.Period.week(year, week)
    except (ValueError, OverflowError):
        raise Http404 from None
    return _period_page(request, period)


@require_safe
def new_month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    try:
        period = news.Period.month(year, month)
    except (ValueError, OverflowError):
        raise Http404 from None
    return _period_page(request, period)


def _period_page(request: HttpRequest, period: news.Period) -> HttpResponse:
    page = news.page_of(period, request.GET.get("page"))
    context = {
        "period": period,
        "page": page,
        "groups": news.groups(list(page.object_list)),
        "previous": news.neighbour(period, before=True),
        "next": news.neighbour(period, before=False),
    }
    return render(request, "catalog/new_period.html", context)
