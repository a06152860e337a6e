"""What curators do to a tree of topics: moved, renamed, merged, split, undone; and what imports make of it."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import curation
from catalog.addresses import find_address
from catalog.curation import Part, Place, Refused
from catalog.curation.tree_changes import renumber
from catalog.models import Candidate, Catalogue, Paper, Placement, Topic, TreeChange
from catalog.numbering import numbered
from ingest.lists.service import import_list
from ingest.lists.writer import write_markdown
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db

LIST = """# Long context

## 1. Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy.* Arxiv 2020.
### 1.1 Sparse
1. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.
2. [**Reformer.**](https://arxiv.org/abs/2001.04451) *Nikita Kitaev.* ICLR 2020.
### 1.2 Survey
1. [**Efficient Transformers.**](https://arxiv.org/abs/2009.06732) *Yi Tay.* Arxiv 2020.

## 2. Recurrence
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* ACL 2019.
2. [**Reformer.**](https://arxiv.org/abs/2001.04451) *Nikita Kitaev.* ICLR 2020.
### 2.1 Survey
1. [**A Survey of RNNs.**](https://arxiv.org/abs/1506.00019) *Zachary Lipton.* Arxiv 2015.

## 3. Prompt
1. [**Prompting.**](https://arxiv.org/abs/2107.13586) *Pengfei Liu.* Arxiv 2021.
"""


def load(text: str = LIST) -> bool:
    """Import a list; say whether anything was written."""
    return bool(import_list(text.encode(), "long-context", force=True).plan)


def outline(catalogue: Catalogue | None = None) -> list[str]:
    rows = (catalogue or make_catalogue()).topics.filter(retired_at=None)
    return [f"{one.number} {one.topic.name}" for one in numbered(rows)]


def topic(path: str) -> Topic:
    return Topic.objects.get(path=path)


def leads_to(path: str) -> str:
    found = find_address("long-context", path)
    return found.topic.path if found and found.topic else ""


def undo(change: TreeChange | None) -> TreeChange:
    assert change
    undone = curation.undo_tree_change(change)
    assert undone
    return undone


def held(path: str) -> list[str]:
    rows = Placement.objects.current().filter(topic__path=path, paper__merged_into=None)
    return list(rows.order_by("position").values_list("paper__title", flat=True))


@pytest.fixture
def listed(db) -> None:
    load()


# Moving


def test_a_moved_topic_stands_where_it_was_put_and_the_next_import_leaves_it_there(listed):
    curation.place_topic(
        topic("prompt"), Place(topic("attention").pk, topic("attention/survey").pk)
    )
    after = ["1 Attention", "1.1 Sparse", "1.2 Prompt", "1.3 Survey", "2 Recurrence", "2.1 Survey"]
    assert outline() == after
    assert not load()
    assert outline() == after
    assert leads_to("prompt") == "attention/prompt"


def test_a_reordered_topic_stays_behind_the_same_sibling_when_the_list_grows(listed):
    curation.place_topic(topic("prompt"), Place(None, topic("recurrence").pk))
    assert outline()[-3:] == ["2 Prompt", "3 Recurrence", "3.1 Survey"]
    assert not load()
    grown = LIST.replace("## 1. Attention", "## 0. Before\n1. [**B.**](https://arxiv.org/abs/2101.00001)\n\n## 1. Attention")  # fmt: skip
    load(grown)
    assert [line for line in outline() if "." not in line.split()[0]] == [
        "1 Before", "2 Attention", "3 Prompt", "4 Recurrence",
    ]  # fmt: skip
    assert not load(grown)


def test_moves_that_make_no_tree_are_refused_in_words(listed):
    attention, sparse = topic("attention"), topic("attention/sparse")
    elsewhere = make_topic("Elsewhere", catalogue=make_catalogue("other"))
    for parent in (attention, sparse):
        with pytest.raises(Refused, match="cannot lie under itself"):
            curation.place_topic(attention, Place(parent.pk))
    with pytest.raises(Refused, match="“Elsewhere” belongs to another catalogue"):
        curation.place_topic(attention, Place(elsewhere.pk))
    deep = sparse
    for number in range(6):
        deep = make_topic(f"Level {number}", deep)
    with pytest.raises(Refused, match="at most 8 levels"):
        curation.place_topic(topic("recurrence"), Place(deep.parent_id))
    with pytest.raises(Refused, match="at most 8 levels"):
        curation.add_topic(make_catalogue(), "Too deep", Place(deep.pk))
    assert not TreeChange.objects.exists()


def test_a_stale_move_is_refused_in_words(listed):
    prompt, sparse = topic("prompt"), topic("attention/sparse")
    curation.place_topic(prompt, Place(topic("recurrence").pk))
    with pytest.raises(Refused, match="moved by somebody else meanwhile, under “Recurrence”"):
        curation.place_topic(prompt, Place(topic("attention").pk), seen_under=None)
    with pytest.raises(Refused, match="the tree was changed meanwhile"):
        curation.place_topic(sparse, Place(topic("attention").pk, before=prompt.pk))
    with pytest.raises(Refused, match="Somebody else has named it"):
        curation.rename_topic(prompt, "Other", seen_as="Old name")


def test_a_topic_put_where_it_lies_is_no_change(listed):
    assert curation.place_topic(topic("prompt"), Place(None)) is None
    assert curation.place_topic(topic("attention"), Place(None, topic("recurrence").pk)) is None
    assert curation.rename_topic(topic("prompt"), " Prompt ") is None
    assert not topic("prompt").curated


def test_a_rename_keeps_papers_place_and_colour_and_leads_old_addresses_on(client, listed):
    before = topic("attention").hue
    curation.rename_topic(topic("attention"), "Attention mechanisms")
    renamed = topic("attention-mechanisms")
    assert (renamed.hue, outline()[0]) == (before, "1 Attention mechanisms")
    assert held("attention-mechanisms/sparse") == ["Big Bird", "Reformer"]
    for old in ("attention", "Attention", "ATTENTION"):
        answer = client.get(f"/topics/long-context/{old}/?year=2020")
        assert answer.status_code == 301
        assert answer["Location"] == f"{renamed.get_absolute_url()}?year=2020"
        assert answer["Cache-Control"] == "no-cache"
    answer = client.get("/topics/long-context/attention/sparse.atom")
    assert answer["Location"] == "/topics/long-context/attention-mechanisms/sparse.atom"
    assert not load()


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 201, "/", "—", "Prompt", "PROMPT!"])
def test_names_that_cannot_be_are_refused(listed, name):
    with pytest.raises(Refused):
        curation.rename_topic(topic("recurrence"), name)
    with pytest.raises(Refused):
        curation.add_topic(make_catalogue(), name, Place(None))


def test_the_lists_name_is_refused_where_a_neighbour_has_it(listed):
    with pytest.raises(Refused, match="There is a “Prompt”"):
        curation.follow_list(topic("recurrence"), "PROMPT", None)
    assert topic("recurrence").name == "Recurrence"


def test_chains_of_moves_lead_straight_to_the_topic(client, listed):
    moved = topic("prompt")
    for name in ("First", "Second", "Third"):
        curation.rename_topic(moved, name)
    curation.place_topic(moved, Place(topic("recurrence").pk))
    for old in ("prompt", "first", "second", "third"):
        answer = client.get(reverse("topic-detail", args=["long-context", old]))
        assert answer["Location"] == "/topics/long-context/recurrence/third/"
    curation.rename_topic(moved, "First")
    curation.place_topic(moved, Place(None))
    assert client.get(reverse("topic-detail", args=["long-context", "first"])).status_code == 200
    assert client.get("/topics/long-context/recurrence/first/")["Location"].endswith("/first/")


def test_what_was_added_below_a_moved_topic_is_found_at_the_old_address_too(client, listed):
    curation.rename_topic(topic("attention"), "Focus")
    curation.add_topic(make_catalogue(), "Linear", Place(topic("focus").pk))
    answer = client.get("/topics/long-context/attention/linear/")
    assert answer["Location"] == "/topics/long-context/focus/linear/"
    assert client.get("/topics/long-context/attention/never/").status_code == 404


def test_a_subtopic_that_comes_to_the_top_gets_a_colour_of_its_own(listed):
    curation.place_topic(topic("attention/sparse"), Place(None))
    hues = Topic.objects.filter(parent=None).values_list("hue", flat=True)
    assert len(set(hues)) == len(hues) == 4


# Merging


def test_merging_moves_papers_joins_doubles_and_keeps_primaries(listed):
    source, target = topic("attention/sparse"), topic("recurrence")
    reformer = Paper.objects.get(title="Reformer")
    assert reformer.placements.get(is_primary=True).topic == source
    preview = curation.preview_merge(source, target)
    assert (preview.moved, preview.joined, preview.refusal) == (1, 1, "")
    curation.merge_topics(source, target)
    assert held("recurrence") == ["Big Bird", "Reformer", "Transformer-XL"]
    assert reformer.placements.get(is_primary=True).topic == target
    source.refresh_from_db()
    assert (source.merged_into, bool(source.retired_at)) == (target, True)


def test_the_next_import_still_finds_the_merged_topic_under_its_old_heading(listed):
    curation.merge_topics(topic("attention/sparse"), topic("recurrence"))
    count = Topic.objects.count()
    assert not load()
    more = LIST.replace("### 1.2", "3. [**New one.**](https://arxiv.org/abs/2102.00001)\n### 1.2")
    load(more)
    assert Topic.objects.count() == count
    assert "New one" in held("recurrence")
    assert not load(more)
    without = LIST.replace("1. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.\n", "")  # fmt: skip
    load(without)
    assert held("recurrence") == ["Reformer", "Transformer-XL"]


def test_a_merged_topic_takes_its_subtopics_along_and_the_list_still_finds_them(listed):
    curation.merge_topics(topic("attention"), topic("recurrence"))
    after = ["1 Recurrence", "1.1 Sparse", "1.2 Survey", "1.3 Survey", "2 Prompt"]
    assert outline() == after
    assert not load()
    assert outline() == after
    assert held("recurrence/survey") == ["A Survey of RNNs"]
    assert held("recurrence/survey-2") == ["Efficient Transformers"]
    assert leads_to("attention/survey") == "recurrence/survey-2"


def test_merging_into_a_subtopic_gives_it_the_place_above(listed):
    curation.merge_topics(topic("attention"), topic("attention/sparse"))
    assert outline()[:2] == ["1 Sparse", "1.1 Survey"]
    assert not load()
    assert leads_to("attention") == "sparse"


def test_a_merged_topic_s_addresses_and_candidates_lead_to_the_other(client, listed):
    curation.rename_topic(topic("prompt"), "Prompting")
    candidate = Candidate.objects.create(
        catalogue=make_catalogue(), scheme="arxiv", value="2501.00001", title="C",
        suggested_topic=topic("prompting"),
    )  # fmt: skip
    curation.merge_topics(topic("prompting"), topic("recurrence"))
    curation.merge_topics(topic("recurrence"), topic("attention"))
    candidate.refresh_from_db()
    assert candidate.suggested_topic == topic("attention")
    for old in ("prompt", "prompting", "recurrence", "Prompting"):
        for page in ("topics", "trends"):
            answer = client.get(f"/{page}/long-context/{old}/")
            assert answer["Location"] == f"/{page}/long-context/attention/"
    assert client.get("/topics/long-context/prompt.bib")["Location"].endswith("/attention.bib")


def test_a_paper_that_a_curator_took_out_of_the_merged_topic_stays_out(listed):
    paper = Paper.objects.get(title="Big Bird")
    curation.save_placements(paper, [], list(paper.placements.all()))
    curation.merge_topics(topic("attention/sparse"), topic("recurrence"))
    assert not load()
    assert "Big Bird" not in held("recurrence")


def test_odd_merges_are_refused(listed):
    source, target = topic("prompt"), topic("recurrence")
    with pytest.raises(Refused, match="into itself"):
        curation.merge_topics(source, source)
    with pytest.raises(Refused, match="another catalogue"):
        curation.merge_topics(source, make_topic("E", catalogue=make_catalogue("other")))
    curation.merge_topics(source, target)
    with pytest.raises(Refused, match="was merged into “Recurrence” meanwhile"):
        curation.merge_topics(source, topic("attention"))


# Splitting


def test_split_papers_are_the_curator_s_and_imports_leave_them(listed):
    reformer = Paper.objects.get(title="Reformer")
    curation.split_topic(topic("attention/sparse"), [Part("Hashing", (reformer.pk,))])
    assert held("attention/sparse") == ["Big Bird"]
    assert held("attention/sparse/hashing") == ["Reformer"]
    assert reformer.placements.get(is_primary=True).topic.name == "Hashing"
    assert not load()
    assert held("attention/sparse/hashing") == ["Reformer"]


def test_a_topic_is_split_into_siblings_that_stand_behind_it(listed):
    papers = Paper.objects.in_bulk(field_name="pk")
    by_title = {paper.title: pk for pk, paper in papers.items()}
    parts = [Part("Hashing", (by_title["Reformer"],)), Part("Windows", (by_title["Big Bird"],))]
    curation.split_topic(topic("attention/sparse"), parts, beside=True)
    assert outline()[1:5] == ["1.1 Sparse", "1.2 Hashing", "1.3 Windows", "1.4 Survey"]


def test_odd_splits_are_refused_whole(listed):
    sparse = topic("attention/sparse")
    one, two = Paper.objects.get(title="Reformer").pk, Paper.objects.get(title="Prompting").pk
    for parts, words in [
        ([], "Choose some papers"),
        ([Part("", (one,))], "needs a name"),
        ([Part("A", ())], "Choose the papers"),
        ([Part("A", (two,))], "no more"),
        ([Part("A", (one,)), Part("a", (one,))], "Two of the new topics"),
        ([Part("A", (one,)), Part("B", (one,))], "one of the new topics only"),
    ]:
        with pytest.raises(Refused, match=words):
            curation.split_topic(sparse, parts)
    assert sparse.children.count() == 0


# Undoing


def state() -> tuple[object, ...]:
    topics = Topic.objects.order_by("pk").values_list(
        "pk", "name", "parent", "path", "hue", "curated", "merged_into", "retired_at", "position"
    )
    places = Placement.objects.order_by("pk").values_list(
        "pk", "paper", "topic", "is_primary", "source", "retired_at", "position"
    )
    return list(topics), list(places)


def changes() -> list[Callable[[], TreeChange | None]]:
    reformer = "Reformer"
    return [
        lambda: curation.place_topic(topic("prompt"), Place(topic("attention").pk, topic("attention/survey").pk)),
        lambda: curation.place_topic(topic("attention/sparse"), Place(None)),
        lambda: curation.rename_topic(topic("attention"), "Focus"),
        lambda: curation.add_topic(make_catalogue(), "New", Place(None, topic("recurrence").pk)),
        lambda: curation.merge_topics(topic("attention"), topic("recurrence")),
        lambda: curation.merge_topics(topic("attention/sparse"), topic("recurrence")),
        lambda: curation.merge_topics(topic("attention"), topic("attention/survey")),
        lambda: curation.split_topic(
            topic("attention/sparse"), [Part("Hashing", (Paper.objects.get(title=reformer).pk,))]
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(8))
def test_every_change_can_be_undone_and_done_again(listed, number):
    before = state()
    change = changes()[number]()
    after = state()
    undone = undo(change)
    assert state() == before
    assert not load()
    again = undo(undone)
    assert state() == after
    assert again.words.startswith("Undid: Undid: ")
    with pytest.raises(Refused, match="undone already"):
        undo(change)


def test_an_earlier_change_is_undone_when_later_ones_do_not_touch_it(listed):
    first = curation.place_topic(topic("prompt"), Place(None, topic("attention").pk))
    curation.place_topic(topic("attention/survey"), Place(None))
    undo(first)
    assert [line for line in outline() if "." not in line.split()[0]] == [
        "1 Attention", "2 Recurrence", "3 Survey", "4 Prompt",
    ]  # fmt: skip


def test_what_others_changed_since_is_not_undone(listed):
    renamed = curation.rename_topic(topic("prompt"), "Prompting")
    curation.rename_topic(topic("prompting"), "Prompts")
    with pytest.raises(Refused, match="“Prompts” was changed again since"):
        undo(renamed)
    added = curation.add_topic(make_catalogue(), "New", Place(None))
    make_paper(topics=[topic("new")])
    with pytest.raises(Refused, match="“New” holds something else by now"):
        undo(added)


def test_a_paper_placed_elsewhere_since_stays_there_when_a_merge_is_undone(listed):
    change = curation.merge_topics(topic("attention/sparse"), topic("recurrence"))
    paper = Paper.objects.get(title="Big Bird")
    curation.save_placements(
        paper, [Placement(topic=topic("prompt"))], list(paper.placements.all())
    )
    undo(change)
    assert held("attention/sparse") == ["Reformer"]
    assert "Big Bird" in held("prompt")
    assert not load()


def test_an_exported_tree_with_a_curator_s_topics_is_read_back_as_itself(listed):
    reformer = Paper.objects.get(title="Reformer").pk
    curation.split_topic(topic("attention/sparse"), [Part("Hashing", (reformer,))])
    curation.rename_topic(topic("recurrence"), "Recurrent models")
    before = outline()
    load(write_markdown(make_catalogue()))
    assert outline() == before
    assert Topic.objects.filter(retired_at=None).count() == len(before)


# Whatever happens


def check_tree() -> None:
    topics = list(Topic.objects.select_related("parent"))
    paths = [one.path for one in topics]
    assert len(set(paths)) == len(paths)
    for one in topics:
        assert one.path == (f"{one.parent.path}/{one.slug}" if one.parent else one.slug)
        here, steps = one, 0
        while here.parent_id and steps < 50:
            here, steps = Topic.objects.get(pk=here.parent_id), steps + 1
        assert steps < 8
        if one.parent and not one.retired_at:
            assert not one.parent.retired_at
            assert one.hue == one.parent.hue
    living = [one for one in topics if not one.retired_at]
    assert sorted(one.position for one in living) == list(range(1, len(living) + 1))
    for paper in Paper.objects.all():
        current = Placement.objects.current().filter(paper=paper)
        assert not current.filter(topic__retired_at__isnull=False).exists()
        assert current.filter(is_primary=True).count() == 1


STEP = st.tuples(
    st.sampled_from(["move", "rename", "merge", "split", "add", "undo"]),
    st.integers(0, 50), st.integers(0, 50), st.sampled_from(["A", "B", "C", "D", "a", "Ä", "…"]),
)  # fmt: skip


def take_step(kind: str, one: int, other: int, name: str) -> None:
    topics = list(Topic.objects.filter(retired_at=None).order_by("pk"))
    subject, target = topics[one % len(topics)], topics[other % len(topics)]
    if kind == "move":
        parent = None if other % 3 == 0 else target.pk
        curation.place_topic(subject, Place(parent))
    elif kind == "rename":
        curation.rename_topic(subject, name)
    elif kind == "merge":
        curation.merge_topics(subject, target)
    elif kind == "add":
        curation.add_topic(subject.catalogue, name, Place(target.pk if other % 2 else None))
    elif kind == "split":
        papers = Placement.objects.current().filter(topic=subject).values_list("paper", flat=True)
        half = list(papers)[: max(1, len(papers) // 2)]
        curation.split_topic(subject, [Part(name, tuple(half))], beside=bool(other % 2))
    elif latest := TreeChange.objects.filter(undone_at=None).first():
        curation.undo_tree_change(latest)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=12))
def test_no_sequence_of_changes_breaks_the_tree_or_loses_a_paper_or_an_address(db, steps):
    with transaction.atomic():
        tops = [make_topic(name) for name in ("One", "Two", "Three")]
        subs = [make_topic(name, tops[0]) for name in ("A", "B")]
        papers = [
            make_paper(topics=[(tops + subs)[n % 5], (tops + subs)[(n + 2) % 5]]) for n in range(6)
        ]
        renumber(make_catalogue())
        known = set(Topic.objects.values_list("path", "pk"))
        for step in steps:
            try:
                with transaction.atomic():
                    take_step(*step)
            except Refused:
                continue
            check_tree()
            assert Paper.objects.listed().count() == len(papers)
            there = set(Topic.objects.values_list("pk", flat=True))
            for path, pk in list(known):
                if pk not in there:  # undone: it was never there
                    known.discard((path, pk))
                    continue
                found = find_address("long-context", path)
                assert found
                assert found.topic is None or found.topic.retired_at is None
            known |= set(Topic.objects.values_list("path", "pk"))
        transaction.set_rollback(True)
