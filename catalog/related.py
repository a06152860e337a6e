"""Relations as pages list them: by kind, with the words that say so, their source and date."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, F, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from catalog.models import Paper, Relation
from catalog.models.graph import RelationKind
from catalog.readable import readable

# Those that say most come first.
ORDER = (
    RelationKind.SAME_WORK, RelationKind.EXTENDS, RelationKind.CONTRADICTS, RelationKind.COMPARES, RelationKind.EVALUATES,
    RelationKind.SURVEYS, RelationKind.USES, RelationKind.MENTIONS,
)  # fmt: skip
# How each reads from the paper that it is about.
BACKWARDS = {
    RelationKind.SAME_WORK: "Same work as",
    RelationKind.EXTENDS: "Extended by",
    RelationKind.CONTRADICTS: "Contradicted by",
    RelationKind.COMPARES: "Compared with by",
    RelationKind.EVALUATES: "Evaluated by",
    RelationKind.SURVEYS: "Surveyed by",
    RelationKind.USES: "Used by",
    RelationKind.MENTIONS: "Mentioned by",
}
MOST_OF_A_KIND = 12


@dataclass(frozen=True, slots=True)
class Related:
    """A relation, the paper at its other end, and the words that say so unless they are that paper's title."""

    relation: Relation
    paper: Paper
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """Relations of one kind and direction, the latest paper first, and how many there are."""

    label: str
    rows: list[Related]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def grouped(
    relations: "QuerySet[Relation]", *, backwards: bool, most: int = MOST_OF_A_KIND
) -> list[Group]:
    """Group current relations by kind: those that papers state (`backwards` false), or that are stated of them. Two queries."""
    far = "subject" if backwards else "object"
    standing = relations.filter(retired_at=None, **{f"{far}__merged_into": None})
    totals = dict(standing.values_list("kind").annotate(Count(far, distinct=True)).order_by("kind"))
    if not totals:
        return []
    order = Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(ORDER)))
    rows = standing.select_related("system", "subject", "object").order_by(
        order, F(f"{far}__published_on").desc(nulls_last=True), F(far).desc(), "source"
    )
    shown: dict[str, dict[int, Related]] = {}
    for row in _first_of_each(rows, most, far):
        paper = getattr(row, far)
        shown.setdefault(row.kind, {}).setdefault(paper.pk, _related(row, paper))
    return [
        Group(
            BACKWARDS[kind] if backwards else kind.label.capitalize(),
            list(shown[kind].values())[:most],
            totals[kind],
        )
        for kind in ORDER
        if kind in shown
    ]


def _first_of_each(rows: "QuerySet[Relation]", most: int, far: str) -> Iterable[Relation]:
    """The first relations of each kind, in one query: twice as many as are shown, as two sources may say one thing."""
    place = Window(
        RowNumber(),
        partition_by=F("kind"),
        order_by=[F(f"{far}__published_on").desc(nulls_last=True), F(far).desc()],
    )
    return rows.annotate(place=place).filter(place__lte=2 * most)


def _related(row: Relation, paper: Paper) -> Related:
    words = readable(row.note)
    titles = {readable(row.subject.title), readable(row.object.title)} if row.note else set()
    return Related(row, paper, "" if words in titles else words)
