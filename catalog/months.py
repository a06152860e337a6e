"""Papers by month as a small chart."""

from collections import Counter

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count
from django.db.models.functions import TruncMonth

from catalog.charts import BarChart, Row, bars, months_between, months_up_to
from catalog.models import Paper, PaperQuerySet

FEWEST = 24  # a chart of two months says nothing: at least two years are drawn


def months_chart(papers: PaperQuerySet) -> BarChart | None:
    """Count papers by the month they came out, each of which leads to its papers; None where no month is known."""
    known = papers.filter(published_precision__in=[Paper.Precision.DAY, Paper.Precision.MONTH])
    by_month = known.order_by().annotate(month=TruncMonth("published_on")).values_list("month")
    numbers = Counter(dict(by_month.annotate(number=Count("pk"))))
    if not numbers:
        return None
    last = max(numbers)
    first = min(min(numbers), months_up_to(last, FEWEST)[0])
    rows = [
        Row(f"{month:%b %Y}", numbers[month], url=f"?month={month:%Y-%m}")
        for month in months_between(first, last)
    ]
    undated = papers.count() - numbers.total()
    note = f"{intcomma(undated)} more known by year only." if undated else ""
    return BarChart("Papers by month", bars(rows), heading="Month", note=note)
