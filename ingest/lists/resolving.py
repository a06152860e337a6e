"""A curator's choice in a conflict, written: the own word stays, the list's is taken, or a third one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from catalog import curation
from catalog.models import Announcement, Paper, Placement, Provenance, Source, Topic
from catalog.people import venue_named
from catalog.signals import announce_changed_papers
from ingest.lists.conflicts import Conflict
from ingest.lists.names import display_name, split_authors
from ingest.lists.plan import PaperPlan, Plan
from ingest.lists.records import ListRefused, TopicPath

_LONGEST = {"title": 1000, "venue": 120, "distinction": 100, "place": 200}
_YEARS = range(1800, 2201)


class Verdict(StrEnum):
    OURS = "ours"
    THEIRS = "theirs"
    OTHER = "other"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a curator chose in one conflict; `text` is the third value."""

    verdict: Verdict
    text: str = ""


class Resolver:
    """Writes choices after the plan itself was applied, in its transaction. `topic_at` holds the list's topics."""

    def __init__(
        self, plan: Plan, topic_at: Mapping[TopicPath, Topic], user: AbstractBaseUser | None
    ) -> None:
        self.plan, self.topic_at, self.user = plan, topic_at, user

    def resolve(self, conflict: Conflict, choice: Choice) -> None:
        """Write one choice; raise ListRefused with one line when it cannot be."""
        try:
            self._resolve(conflict, choice)
        except curation.Refused as error:
            raise ListRefused(f"“{conflict.title}”: {error}") from error

    def _resolve(self, conflict: Conflict, choice: Choice) -> None:
        subject = conflict.subject
        if isinstance(subject, Topic):
            self._topic(subject, conflict, choice)
        elif isinstance(subject, Announcement):
            self._line(subject, conflict, choice)
        elif conflict.part == "topics":
            self._places(subject, choice)
        else:
            self._field(subject, conflict, choice)

    def _field(self, paper: Paper, conflict: Conflict, choice: Choice) -> None:
        if choice.verdict == Verdict.OURS:
            return
        value = conflict.value
        if choice.verdict == Verdict.OTHER:
            value = _third(conflict, choice.text)
        paper = Paper.objects.select_for_update().get(pk=paper.pk)
        if conflict.part == "authors":
            curation.write_authors(paper, value, display_name)
        else:
            _set_column(paper, conflict.part, value)
        theirs = choice.verdict == Verdict.THEIRS
        if not theirs and self.user:
            curation.state_fields(paper, [conflict.part], self.user)
        elif theirs:
            said = {"source": Source.LIST, "detail": self.plan.slug, "locked": False}
            Provenance.objects.update_or_create(
                paper=paper, field=conflict.part, defaults={**said, "stated_at": timezone.now()}
            )
        announce_changed_papers([paper.pk])

    def _places(self, paper: Paper, choice: Choice) -> None:
        """Make the catalogue's places of a paper the list's; or remember that those of the list are not wanted."""
        item = next((one for one in self.plan.papers if one.paper == paper), None)
        entries = item.known.entries if item is not None else []
        topics = [self.topic_at[e.topic] for e in entries if e.topic in self.topic_at]
        listed = {topic.pk for topic in topics}
        rows = Placement.objects.filter(paper=paper, topic__catalogue=self.plan.catalogue)
        now = timezone.now()
        if choice.verdict == Verdict.OURS:
            rows.filter(source=Source.LIST, retired_at=None).exclude(topic__in=listed).update(
                source=Source.CURATOR, stated_at=now
            )
            rows.filter(topic__in=listed, retired_at__isnull=False).update(
                source=Source.CURATOR, stated_at=now
            )
            there = set(rows.values_list("topic", flat=True))
            Placement.objects.bulk_create(
                Placement(paper=paper, topic_id=pk, source=Source.CURATOR, retired_at=now)
                for pk in sorted(listed - there)
            )
            return
        rows.filter(retired_at=None).exclude(topic__in=listed).update(
            source=Source.LIST, retired_at=now, is_primary=False
        )
        for topic in topics:
            values = _as_listed(item, topic, self.topic_at)
            Placement.objects.update_or_create(
                paper=paper,
                topic=topic,
                defaults={**values, "source": Source.LIST, "retired_at": None, "stated_at": now},
            )
        curation.choose_primary(paper)
        announce_changed_papers([paper.pk])

    def _topic(self, topic: Topic, conflict: Conflict, choice: Choice) -> None:
        if choice.verdict == Verdict.OURS:
            return
        topic = Topic.objects.get(pk=topic.pk)
        if choice.verdict == Verdict.OTHER:
            topic.name = _third(conflict, choice.text)
            curation.save_topic(topic, ["name"], self.user)
            return
        path: TopicPath = conflict.value
        curation.follow_list(topic, path[-1][:200], self.topic_at.get(path[:-1]), self.user)

    def _line(self, line: Announcement, conflict: Conflict, choice: Choice) -> None:
        if choice.verdict == Verdict.THEIRS:
            for name, value in conflict.value.items():
                setattr(line, name, value)
            line.source, line.stated_at = Source.LIST, timezone.now()
            line.save()


def _as_listed(
    item: PaperPlan | None, topic: Topic, topic_at: Mapping[TopicPath, Topic]
) -> dict[str, Any]:
    """The position and wording that the list has for a paper under a topic."""
    diff = item.contested_places if item is not None else None
    if diff is None:
        return {}
    for path, values in diff.create.items():
        if isinstance(path, tuple) and topic_at.get(path) == topic:
            return {name: value for name, value in values.items() if name != "is_primary"}
    for row, values in diff.change:
        if row.topic_id == topic.pk:
            return {n: v for n, v in values.items() if n not in ("is_primary", "retired_at")}
    return {}


def _third(conflict: Conflict, text: str) -> Any:
    """Read a value that a curator wrote; raise ListRefused with one line for what cannot be one."""
    text, part = " ".join(text.split()), conflict.part
    if not text and part in ("title", "authors", "place"):
        raise ListRefused(
            f"Write the other {part} of “{conflict.title}”, or choose one of the two."
        )
    if part == "year":
        if not re.fullmatch(r"\d{4}", text) or int(text) not in _YEARS:
            raise ListRefused(f"“{text[:40]}” is no year for “{conflict.title}”.")
        return int(text)
    if part == "authors":
        names = tuple(split_authors(text)[0])
        if not names:
            raise ListRefused(f"“{text[:40]}” names no author of “{conflict.title}”.")
        return names
    if len(text) > _LONGEST[part]:
        raise ListRefused(f"The other {part} of “{conflict.title}” is too long.")
    return text


def check_choices(conflicts: list[Conflict], choices: Mapping[str, Choice]) -> None:
    """Refuse third values that cannot be stored, before anything is written."""
    for conflict in conflicts:
        choice = choices.get(conflict.key)
        if choice and choice.verdict == Verdict.OTHER:
            if not conflict.takes_text:
                raise ListRefused(f"“{conflict.title}”: choose one of the two.")
            _third(conflict, choice.text)


def _set_column(paper: Paper, part: str, value: Any) -> None:
    old = paper.title
    if part == "venue":
        paper.venue = venue_named(value) if value else None
    else:
        setattr(paper, part, value)
    paper.save()
    if part == "title" and paper.title != old:
        paper.aliases.filter(title=paper.title).delete()
        paper.aliases.get_or_create(title=old, defaults={"source": Source.CURATOR})
