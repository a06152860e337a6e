"""One topic becomes several: some of its papers go to new topics below it or beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.curation.topic_moves import clean_name, new_topic
from catalog.curation.tree_changes import Recorder, fresh_topic, tree_change
from catalog.folding import fold
from catalog.models import Placement, Source, Topic, TreeChange


@dataclass(frozen=True, slots=True)
class Part:
    """A new topic and the papers that go there."""

    name: str
    papers: tuple[int, ...]


def split_topic(
    topic: Topic,
    parts: Sequence[Part],
    user: AbstractBaseUser | None = None,
    *,
    beside: bool = False,
) -> TreeChange | None:
    """Move papers of a topic to new ones below it (or beside it), by the curator's word: imports leave them there."""
    with tree_change(topic.catalogue_id, user) as recorder:
        whole = fresh_topic(recorder.catalogue, topic.pk)
        parent = whole.parent if beside else whole
        check_parts(whole, parts, parent)
        recorder.watch(paper for part in parts for paper in part.papers)
        made: list[Topic] = []
        for part in parts:
            made.append(_split_off(whole, part, parent, recorder, [whole, *made][-1]))
        names = ", ".join(f"“{one.name}”" for one in made)
        recorder.about(*(one.pk for one in made))
        recorder.words = f"Split {names} off “{whole.name}”"
    return recorder.change


def check_parts(whole: Topic, parts: Sequence[Part], parent: Topic | None) -> None:
    """Refuse parts without a name or papers, names that are taken, papers that are not the topic's."""
    if not parts:
        raise Refused("Choose some papers and give them a topic.")
    names: set[str] = set()
    seen: set[int] = set()
    held = set(Placement.objects.current().filter(topic=whole).values_list("paper", flat=True))
    for part in parts:
        name = clean_name(whole.catalogue, part.name, parent)
        if fold(name) in names:
            raise Refused(f"Two of the new topics are called “{name}”.")
        if not part.papers:
            raise Refused(f"Choose the papers that go to “{name}”.")
        if gone := set(part.papers) - held:
            raise Refused(
                f"{len(gone)} of the papers for “{name}” {'is' if len(gone) == 1 else 'are'} "
                f"under “{whole.name}” no more: somebody moved them meanwhile. Please choose again."
            )
        if seen & set(part.papers):
            raise Refused("A paper goes to one of the new topics only.")
        names.add(fold(name))
        seen |= set(part.papers)


def _split_off(
    whole: Topic, part: Part, parent: Topic | None, recorder: Recorder, latest: Topic
) -> Topic:
    is_below = parent is not None and parent.pk == whole.pk
    before = None if is_below else _next_sibling(latest)
    topic = new_topic(recorder.catalogue, part.name, parent, before)
    rows = Placement.objects.current().filter(topic=whole, paper__in=part.papers)
    _move(list(rows.order_by("position", "pk")), topic)
    return topic


def _next_sibling(topic: Topic) -> int | None:
    siblings = Topic.objects.filter(
        catalogue=topic.catalogue_id, parent=topic.parent, retired_at=None
    ).order_by("position", "pk")
    keys = list(siblings.values_list("pk", flat=True))
    at = keys.index(topic.pk)
    return keys[at + 1] if at + 1 < len(keys) else None


def _move(rows: Iterable[Placement], topic: Topic) -> None:
    """The old places stay behind, retired in the curator's name, so that no import brings the papers back there."""
    rows = list(rows)
    now = timezone.now()
    Placement.objects.filter(pk__in=[row.pk for row in rows]).update(
        is_primary=False, retired_at=now, source=Source.CURATOR, stated_at=now
    )
    Placement.objects.bulk_create(
        [
            Placement(
                paper_id=row.paper_id,
                topic=topic,
                is_primary=row.is_primary,
                position=row.position,
                listed_title=row.listed_title,
                listed_url=row.listed_url,
                source=Source.CURATOR,
                stated_at=now,
            )
            for row in rows
        ],
        batch_size=1000,
    )
