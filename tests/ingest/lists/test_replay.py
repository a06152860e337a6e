"""A list's life, revision by revision: the catalogue says what the list says, curated edits stand, nothing is lost,
and each plan tells the truth."""

import copy
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Prefetch

from catalog import curation
from catalog.models import (
    Announcement,
    Catalogue,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Topic,
    TopicRedirect,
)
from ingest.lists.changes import changes_of
from ingest.lists.plan import Plan
from ingest.lists.selection import with_needs
from ingest.lists.service import Acceptance, Outcome, import_list, plan_list
from tests.ingest.lists.life import ListLife, TopicPath
from tests.ingest.lists.test_import import every_row

pytestmark = pytest.mark.django_db

SEEDS = range(int(os.environ.get("REPLAY_SEEDS", "2")))
STEPS = int(os.environ.get("REPLAY_STEPS", "25"))


@dataclass
class State:
    """What the tables say of one catalogue."""

    papers: dict[int, dict[str, Any]] = field(default_factory=dict)
    places: dict[int, set[int]] = field(default_factory=dict)
    topics: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    news: dict[int, tuple[Any, ...]] = field(default_factory=dict)


def state() -> State:
    found = State()
    code = PaperRepository.objects.filter(retired_at=None).select_related(
        "repository", "badge_repository"
    )
    papers = Paper.objects.select_related("venue").prefetch_related(
        "authorships", "identifiers", "aliases",
        Prefetch("repository_links", queryset=code),
        Prefetch("links", queryset=Link.objects.filter(retired_at=None)),
    )  # fmt: skip
    for paper in papers.order_by("pk"):
        found.papers[paper.pk] = {
            "title": paper.title,
            "authors": [
                row.printed_name
                for row in sorted(paper.authorships.all(), key=lambda row: row.position)
            ],
            "venue": (paper.venue.name if paper.venue else "", paper.year, paper.distinction),
            "code": sorted(
                (
                    row.repository.full_name,
                    row.badge_repository.full_name if row.badge_repository else "",
                )
                for row in paper.repository_links.all()
            ),
            "links": sorted(row.url for row in paper.links.all()),
            "identifiers": sorted(f"{row.scheme}:{row.value}" for row in paper.identifiers.all()),
            "aliases": sorted(row.title for row in paper.aliases.all()),
            "date": paper.published_on,
        }
        found.places[paper.pk] = set()
    for row in Placement.objects.filter(retired_at=None):
        found.places[row.paper_id].add(row.topic_id)
    for topic in Topic.objects.all():
        found.topics[topic.pk] = (topic.name, topic.parent_id, topic.retired_at is None)
    for line in Announcement.objects.all():
        found.news[line.pk] = (
            line.date,
            line.title,
            line.url,
            line.paper_id,
            line.venue_text,
            line.position,
        )
    return found


def told_the_truth(plan: Plan, before: State, after: State) -> None:
    """What the plan listed is what happened, neither more nor less."""

    def listed(places: State, pk: int) -> bool:
        return bool(places.places.get(pk))

    keys = after.papers.keys()
    new = {pk for pk in keys if listed(after, pk) and not listed(before, pk)}
    gone = {pk for pk in before.papers if listed(before, pk) and not listed(after, pk)}
    stayed = {pk for pk in keys if listed(before, pk) and listed(after, pk)}
    came = {pk for pk in stayed if after.places[pk] - before.places[pk]}
    left = {pk for pk in stayed if before.places[pk] - after.places[pk]}
    changed = {pk for pk in stayed if before.papers[pk] != after.papers[pk]} | (came ^ left)
    assert {p.paper.pk for p in plan.new if p.paper} == new
    assert {item.paper.pk for item in plan.gone} - stayed == gone
    assert {p.paper.pk for p in plan.moved if p.paper} == came & left
    assert {p.paper.pk for p in plan.changed if p.paper} | (
        {i.paper.pk for i in plan.gone} & left
    ) == changed
    counts = plan.counts()
    assert (counts["new"], counts["moved"]) == (len(new), len(came & left))

    fresh = after.topics.keys() - before.topics.keys()
    assert len(plan.topics.new) == len(fresh)
    was = {pk for pk in before.topics if before.topics[pk][:2] != after.topics[pk][:2]}
    assert {move.topic.pk for move in plan.topics.moved} == was
    retired = {pk for pk in before.topics if before.topics[pk][2] and not after.topics[pk][2]}
    assert {topic.pk for topic in plan.topics.gone} == retired
    revived = {pk for pk in before.topics if not before.topics[pk][2] and after.topics[pk][2]}
    assert {topic.pk for topic in plan.topics.revived} == revived

    news = plan.announcements
    assert len(news.create) == len(after.news.keys() - before.news.keys())
    assert {row.pk for row in news.delete} == before.news.keys() - after.news.keys()
    edited = {
        pk for pk in before.news.keys() & after.news.keys() if before.news[pk] != after.news[pk]
    }
    assert {row.pk for row, _ in news.change} == edited


class Replay:
    """Imports revision after revision, and remembers what must never be lost."""

    def __init__(self, life: ListLife) -> None:
        self.life = life
        self.papers: dict[int, int] = {}  # work -> paper
        self.addresses: dict[str, int] = {}  # path -> topic that it leads to
        self.days: set[tuple[Any, str]] = set()

    def load(self, data: bytes, **options: Any) -> Outcome:
        shown = plan_list(data, "field")
        counts, digest = shown.counts(), shown.digest()
        before = state()
        outcome = import_list(data, "field", digest=digest, **options)
        if outcome.status == "refused":
            assert state() == before
            return outcome
        assert outcome.plan.counts() == counts
        told_the_truth(outcome.plan, before, state())
        rows = every_row()
        again = import_list(data, "field")
        assert not again.plan
        assert every_row() == rows
        return outcome

    def revise(self) -> Outcome:
        outcome = self.load(self.life.data(), force=True)
        self.check()
        return outcome

    def check(self) -> None:
        catalogue = Catalogue.objects.get()
        topics = {topic.pk: topic for topic in catalogue.topics.all()}
        paths = {
            pk: self._path(topic, topics) for pk, topic in topics.items() if not topic.retired_at
        }
        expected = self.life.placed()
        assert sorted(paths.values()) == sorted(expected)
        in_order = sorted(paths, key=lambda pk: (topics[pk].position, pk))
        assert [paths[pk] for pk in in_order] == list(expected)
        found: dict[TopicPath, list[int]] = {path: [] for path in expected}
        rows = Placement.objects.filter(retired_at=None).order_by("position", "pk")
        for row in rows:
            found[paths[row.topic_id]].append(row.paper_id)
        now = state()
        for path, keys in expected.items():
            titles = [self.life.works[key].title for key in keys]
            assert [now.papers[pk]["title"] for pk in found[path]] == titles, path
            for key, pk in zip(keys, found[path], strict=True):
                assert self.papers.setdefault(key, pk) == pk, self.life.works[key].title
        self._check_facts(now)
        self._check_nothing_lost(catalogue, topics)
        self._check_news()

    def _path(self, topic: Topic, topics: dict[int, Topic]) -> TopicPath:
        above = self._path(topics[topic.parent_id], topics) if topic.parent_id else ()
        return (*above, topic.name)

    def _check_facts(self, now: State) -> None:
        primary = Placement.objects.filter(is_primary=True).values_list("paper", flat=True)
        for key in self.life.listed():
            work, said = self.life.works[key], now.papers[self.papers[key]]
            assert said["title"] == work.title
            assert said["authors"] == work.authors
            assert said["venue"] == (work.venue, work.year, work.distinction)
            assert said["code"] == ([(work.code, work.badge)] if work.code else [])
            assert said["links"] == ([work.homepage] if work.homepage else [])
            assert said["identifiers"] == [f"arxiv:{work.arxiv}"]
            assert self.papers[key] in primary

    def _check_nothing_lost(self, catalogue: Catalogue, topics: dict[int, Topic]) -> None:
        assert Paper.objects.count() == len(set(self.papers.values()))
        assert set(Paper.objects.values_list("pk", flat=True)) == set(self.papers.values())
        assert Identifier.objects.count() == len(self.papers)
        now = {topic.path: pk for pk, topic in topics.items()}
        now |= dict(TopicRedirect.objects.values_list("path", "topic"))
        for path in self.addresses:
            assert path in now, path
        self.addresses = now

    def _check_news(self) -> None:
        listed = {(day, self.life.works[key].title) for day, key in self.life.announced()}
        stored = set(Announcement.objects.values_list("date", "title"))
        assert listed <= stored
        first = min((day for day, _ in listed), default=None)
        if first:
            assert {line for line in stored if line[0] >= first} == listed
        papers = dict(Announcement.objects.values_list("title", "paper"))
        for _, key in self.life.announced():
            if key in self.life.listed():
                assert papers[self.life.works[key].title] == self.papers[key]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_s_life(seed):
    life = ListLife(seed)
    replay = Replay(life)
    replay.revise()
    done = []
    for _number in range(STEPS):
        kept = copy.deepcopy(life)
        done.append(life.step())
        try:
            replay.revise()
        except BaseException:
            if folder := os.environ.get("REPLAY_KEEP"):
                Path(folder, f"{seed}-old.md").write_bytes(kept.data())
                Path(folder, f"{seed}-new.md").write_bytes(life.data())
            raise


def grown(seed: int, steps: int = 12) -> Replay:
    """A list that has lived for a while, and its catalogue."""
    life = ListLife(seed)
    replay = Replay(life)
    replay.revise()
    for _ in range(steps):
        life.step()
    replay.revise()
    return replay


def current_places() -> set[tuple[int, str]]:
    rows = Placement.objects.filter(retired_at=None)
    return {(paper, path) for paper, path in rows.values_list("paper", "topic__path")}


@pytest.mark.parametrize("seed", SEEDS)
def test_half_a_list_is_refused_and_once_forced_all_comes_back_in_its_place(seed):
    replay = grown(seed + 100)
    places, papers = current_places(), set(Paper.objects.values_list("pk", flat=True))
    primary = set(Placement.objects.filter(is_primary=True).values_list("paper", "topic"))
    half = replay.life.broken_off(0.5)
    assert replay.load(half).status == "refused"
    assert replay.load(half, force=True).status == "applied"
    assert current_places() < places
    assert set(Paper.objects.values_list("pk", flat=True)) >= papers
    replay.load(replay.life.data())
    replay.check()
    assert current_places() == places
    assert set(Placement.objects.filter(is_primary=True).values_list("paper", "topic")) == primary


@pytest.mark.parametrize("seed", SEEDS)
def test_an_old_revision_restores_what_it_said_and_the_new_one_what_it_says(seed):
    replay = grown(seed + 200, 0)
    old = copy.deepcopy(replay.life)
    for _ in range(15):
        replay.life.step()
        replay.revise()
    new = replay.life
    for life in (old, new, old, new):
        replay.life = copy.deepcopy(life)
        replay.revise()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_saved_in_the_middle_of_a_merge_says_what_it_said(seed):
    replay = grown(seed + 300)
    before = current_places()
    outcome = replay.load(replay.life.with_conflict_markers(), force=True)
    assert "merge-markers" in {problem.kind for problem in outcome.plan.problems}
    assert current_places() == before
    replay.revise()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_taken_in_parts_ends_where_the_whole_does(seed):
    """Each part does what it says and no more; what was not taken is proposed again until all is taken."""
    life = ListLife(seed + 400)
    replay, chance = Replay(life), random.Random(seed)
    replay.revise()
    for _ in range(STEPS // 4):
        for _ in range(3):
            life.step()
        for _ in range(3):
            plan = plan_list(life.data(), "field")
            changes = changes_of(plan)
            some = {change.key for change in changes if chance.random() < 0.4}
            before = state()
            accepted = Acceptance(some)
            outcome = import_list(
                life.data(), "field", force=True, digest=plan.digest(), acceptance=accepted
            )
            told_the_truth(outcome.plan, before, state())
            taken = with_needs(changes, some)
            left = {change.key for change in changes} - taken
            again = {change.key for change in changes_of(plan_list(life.data(), "field"))}
            assert not again & {key for key in taken if not key.endswith((":order", ":gone"))}
            assert {key for key in left if key.startswith("paper:new")} <= again
        replay.revise()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_declined_is_not_proposed_again_and_the_rest_goes_on(seed):
    replay = grown(seed + 500, 4)
    chance = random.Random(seed)
    for _ in range(4):
        for _ in range(3):
            replay.life.step()
        plan = plan_list(replay.life.data(), "field")
        some = {change.key for change in changes_of(plan) if chance.random() < 0.5}
        accepted = Acceptance(some, decline=True)
        import_list(replay.life.data(), "field", force=True, acceptance=accepted)
        rows = every_row()
        again = import_list(replay.life.data(), "field", force=True)
        assert not again.plan
        assert every_row() == rows


class Curated(Replay):
    """A list's life beside a curator's: what the curator decided stands, whatever the list does meanwhile."""

    def __init__(self, life: ListLife, seed: int) -> None:
        super().__init__(life)
        self.chance = random.Random(seed)
        self.curator = User.objects.create_superuser("jane")
        self.facts: dict[tuple[int, str], Any] = {}
        self.away: set[tuple[int, int]] = set()  # papers taken out of topics
        self.added: set[tuple[int, int]] = set()
        self.names: dict[int, str] = {}

    def edit(self) -> None:
        paper = Paper.objects.get(pk=self.papers[self.chance.choice(sorted(self.life.listed()))])
        match self.chance.randrange(5):
            case 0:
                paper.title = f"By hand {self.chance.randrange(10**9)}"
                self.facts[paper.pk, "title"] = paper.title
                curation.save_paper(paper, ["title"], self.curator)
            case 1:
                paper.year = self.chance.randint(1990, 2020)
                self.facts[paper.pk, "year"] = paper.year
                curation.save_paper(paper, ["year"], self.curator)
            case 2:
                rows = list(paper.placements.filter(retired_at=None))
                there = {row.topic_id for row in rows}
                topics = Topic.objects.filter(retired_at=None).exclude(pk__in=there)
                topic = self.chance.choice(list(topics))
                gone = self.chance.choice(rows)
                curation.save_placements(paper, [Placement(paper=paper, topic=topic)], [gone])
                self.away |= {(paper.pk, gone.topic_id)}
                self.added |= {(paper.pk, topic.pk)}
                self.away.discard((paper.pk, topic.pk))
                self.added.discard((paper.pk, gone.topic_id))
            case 3:
                row = self.chance.choice(list(paper.placements.filter(retired_at=None)))
                topic = row.topic
                topic.name = f"Named by hand {self.chance.randrange(10**6)}"
                curation.save_topic(topic, ["name"])
                self.names[topic.pk] = topic.name
            case 4:
                url = f"https://video.example.org/{paper.pk}"
                curation.save_rows(paper, [Link(paper=paper, kind="video", url=url)])
                self.facts[paper.pk, "video"] = url

    def check(self) -> None:
        """The list's own changes may meet conflicts; what a curator said is there all the same."""
        now = state()
        for (pk, part), value in self.facts.items():
            paper = Paper.objects.get(pk=pk)
            if part == "video":
                assert value in now.papers[pk]["links"]
            else:
                assert getattr(paper, part) == value
        places = {(pk, topic) for pk, topics in now.places.items() for topic in topics}
        assert not self.away & places
        assert self.added <= places
        for pk, name in self.names.items():
            assert Topic.objects.get(pk=pk).name == name
        assert set(self.papers.values()) <= set(now.papers)
        for key in self.life.listed():
            work = self.life.works[key]
            if key not in self.papers:
                self.papers[key] = Identifier.objects.get(value=work.arxiv).paper_id
            pk = self.papers[key]
            said = now.papers[pk]
            assert said["authors"] == work.authors
            assert said["code"] == ([(work.code, work.badge)] if work.code else [])
            assert work.title in {said["title"], *said["aliases"]}
            if (pk, "year") not in self.facts:
                assert said["venue"] == (work.venue, work.year, work.distinction)
        assert Paper.objects.count() == len(set(self.papers.values()))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_list_s_life_beside_a_curator_s(seed):
    life = ListLife(seed + 600)
    replay = Curated(life, seed)
    replay.revise()
    for number in range(STEPS):
        name = life.step()
        if number % 3 == 0:
            replay.edit()
        try:
            replay.revise()
        except AssertionError as error:
            error.add_note(f"seed {seed}, revision {number}: {name}")
            raise
