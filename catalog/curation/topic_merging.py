"""One topic takes another in: its papers, its subtopics, and all that leads to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.curation.topic_moves import check_place, in_order, spread_hue
from catalog.curation.tree_changes import (
    Recorder,
    fresh_topic,
    open_candidates,
    set_positions,
    tree_change,
)
from catalog.folding import fold
from catalog.models import Candidate, Placement, Source, Topic, TreeChange
from catalog.topics import move_topic


@dataclass(slots=True)
class MergePreview:
    """What merging would do, for the page that asks whether it is meant."""

    moved: int = 0  # papers that the target does not hold yet
    joined: int = 0  # papers that both hold
    subtopics: list[Topic] = field(default_factory=list)
    namesakes: list[str] = field(default_factory=list)  # subtopics that both have by name
    candidates: int = 0
    refusal: str = ""
    names: tuple[str, str] = ("", "")

    @property
    def digest(self) -> str:
        """What a page shows of it, in short, to tell whether it is still so when the curator has decided."""
        shown = (*self.names, self.moved, self.joined, *sorted(one.pk for one in self.subtopics))
        return sha256(repr((shown, self.candidates)).encode()).hexdigest()[:16]


def preview_merge(source: Topic, target: Topic) -> MergePreview:
    """Say what would move, and why it cannot where it cannot."""
    held = set(Placement.objects.current().filter(topic=target).values_list("paper", flat=True))
    papers = set(Placement.objects.current().filter(topic=source).values_list("paper", flat=True))
    subtopics = [one for one in _children(source) if one.pk != target.pk]
    names = {fold(one.name) for one in _children(target)}
    preview = MergePreview(
        moved=len(papers - held),
        joined=len(papers & held),
        subtopics=subtopics,
        namesakes=[one.name for one in subtopics if fold(one.name) in names],
        candidates=len(open_candidates(source)),
        names=(source.label, target.label),
    )
    try:
        _check(source, target)
    except Refused as error:
        preview.refusal = str(error)
    return preview


def merge_topics(
    source: Topic, target: Topic, user: AbstractBaseUser | None = None
) -> TreeChange | None:
    """Move all that a topic holds into another; its addresses and its heading mean that one from now on."""
    with tree_change(target.catalogue_id, user) as recorder:
        old = fresh_topic(recorder.catalogue, source.pk)
        new = fresh_topic(recorder.catalogue, target.pk)
        _check(old, new)
        recorder.words = f"Merged “{old.name}” into “{new.name}”"
        recorder.about(old.pk)
        if new.path.startswith(f"{old.path}/"):
            _take_place(old, new, recorder)
        _move_papers(old, new, recorder)
        _move_subtopics(old, new, recorder)
        candidates = open_candidates(old)
        Candidate.objects.filter(pk__in=candidates).update(suggested_topic=new)
        recorder.resuggested(candidates)
        old.absorbed.update(merged_into=new)
        Topic.objects.filter(pk=old.pk).update(
            merged_into=new, retired_at=timezone.now(), curated=True
        )
    return recorder.change


def _check(source: Topic, target: Topic) -> None:
    if source.pk == target.pk:
        raise Refused("A topic cannot be merged into itself.")
    if source.catalogue_id != target.catalogue_id:
        raise Refused(f"“{target.name}” belongs to another catalogue.")
    for topic in (source, target):
        if topic.retired_at:
            raise Refused(f"“{topic.name}” was retired or merged already.")
    if not target.path.startswith(f"{source.path}/"):
        for child in _children(source):
            check_place(child, target)


def _children(topic: Topic) -> list[Topic]:
    rows = topic.children.filter(retired_at=None).order_by("position", "pk")
    return list(rows.select_related("parent", "catalogue"))


def _take_place(old: Topic, new: Topic, recorder: Recorder) -> None:
    """What takes in a topic above it comes to lie where that one lay."""
    recorder.about(new.pk)
    siblings = list(
        recorder.catalogue.topics.filter(parent=old.parent, retired_at=None).order_by(
            "position", "pk"
        )
    )
    at = [one.pk for one in siblings].index(old.pk)
    new.curated = True
    if old.parent is None:
        new.hue = old.hue
    move_topic(new, old.parent)
    spread_hue(new)
    in_order([*siblings[: at + 1], new, *siblings[at + 1 :]])
    old.refresh_from_db()


def _move_papers(old: Topic, new: Topic, recorder: Recorder) -> None:
    """The target holds what both held, each paper once; where a paper's primary topic was, it is still."""
    rows = list(Placement.objects.filter(topic=old))
    current = [row for row in rows if row.retired_at is None]
    recorder.watch(Placement.objects.filter(topic__in=[old, new]).values_list("paper", flat=True))
    twins = {
        row.paper_id: row
        for row in Placement.objects.filter(topic=new, paper__in=[row.paper_id for row in rows])
    }
    doubles = [row for row in current if row.paper_id in twins]
    order = [(old.position, old.pk), (new.position, new.pk)]
    places = _in_order_of_the_list(min(order)[1], max(order)[1])
    _retire(doubles)
    _revive(twins[row.paper_id] for row in doubles if twins[row.paper_id].retired_at)
    primary = [twins[row.paper_id].pk for row in doubles if row.is_primary]
    Placement.objects.filter(pk__in=primary).update(is_primary=True)
    moved = [row.pk for row in rows if row.paper_id not in twins]
    Placement.objects.filter(pk__in=moved).update(topic=new)
    listed = Placement.objects.current().filter(topic=new, paper__in=places)
    set_positions({pk: places[paper] for pk, paper in listed.values_list("pk", "paper")})


def _in_order_of_the_list(*topics: int) -> dict[int, int]:
    """The places that papers get when a list's headings become one, as its next import counts them."""
    places: dict[int, int] = {}
    for topic in topics:
        rows = Placement.objects.filter(topic=topic, position__gt=0)
        by_list = rows.filter(Q(source=Source.LIST, retired_at=None) | Q(source=Source.CURATOR))
        for paper in by_list.order_by("position", "pk").values_list("paper", flat=True):
            places.setdefault(paper, len(places) + 1)
    return places


def _retire(rows: Iterable[Placement]) -> None:
    keys = [row.pk for row in rows]
    Placement.objects.filter(pk__in=keys).update(is_primary=False, retired_at=timezone.now())


def _revive(rows: Iterable[Placement]) -> None:
    keys = [row.pk for row in rows]
    Placement.objects.filter(pk__in=keys).update(
        retired_at=None, source=Source.CURATOR, stated_at=timezone.now()
    )


def _move_subtopics(old: Topic, new: Topic, recorder: Recorder) -> None:
    children = [one for one in _children(old) if one.pk != new.pk]
    own = _children(new)
    places = {one.pk: one.position for one in [*own, *children]}  # as their list has them
    for child in children:
        recorder.about(child.pk)
        move_topic(child, new)
        spread_hue(child)
    in_order(sorted([*own, *children], key=lambda one: (places[one.pk], one.pk)))
