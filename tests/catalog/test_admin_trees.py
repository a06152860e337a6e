"""The page of a tree in the admin: forms without a script, merging, undoing, who may."""

import pytest
from django.urls import reverse

from catalog.history.groups import group_named
from catalog.models import Catalogue, Editorship, Placement, Topic, TreeChange
from tests.catalog.queries import count_queries
from tests.factories import make_catalogue, make_paper, make_staff, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("curator")]


@pytest.fixture
def tree() -> list[Topic]:
    one = make_topic("Attention", position=1)
    below = make_topic("Sparse", one, position=2)
    return [one, below, make_topic("Memory", position=3), make_topic("Prompt", position=4)]


def url(catalogue: Catalogue | None = None) -> str:
    return reverse("admin:catalog_topic_tree", args=[(catalogue or make_catalogue()).slug])


def ask(client, **fields):
    return client.post(url(), {name: str(value) for name, value in fields.items()}, follow=True)


def outline() -> list[str]:
    rows = Topic.objects.filter(retired_at=None).order_by("position")
    return ["  " * row.depth + row.name for row in rows]


def test_the_page_shows_numbers_and_counts(client, tree):
    make_paper(topics=[tree[0]])
    make_paper(topics=[tree[1]])
    text = " ".join(client.get(url()).text.split())
    assert '<span class="tree-number">1.1</span>' in text
    assert '1 <span title="with all below it">of 2</span>' in text


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("up:3", ["Attention", "  Sparse", "Prompt", "Memory"]),
        ("down:0", ["Memory", "Attention", "  Sparse", "Prompt"]),
        ("in:2", ["Attention", "  Sparse", "  Memory", "Prompt"]),
        ("out:1", ["Attention", "Sparse", "Memory", "Prompt"]),
    ],
)
def test_a_topic_goes_one_place_without_a_script_and_back_by_undo(client, tree, do, after):
    before = outline()
    way, place = do.split(":")
    answer = ask(client, do=f"{way}:{tree[int(place)].pk}")
    assert outline() == after
    change = TreeChange.objects.get()
    undo = reverse("admin:catalog_topic_undo", args=[change.pk])
    assert f'action="{undo}"' in answer.text
    assert str(change.made_by) == "jane"
    answer = client.post(undo, follow=True)
    assert "Undid: " in answer.text
    assert outline() == before


def test_what_is_undone_at_the_tree_is_taken_back_in_all_changes_too(client, tree):
    ask(client, do=f"up:{tree[3].pk}")
    change = TreeChange.objects.get()
    client.post(reverse("admin:catalog_topic_undo", args=[change.pk]))
    group = group_named(change.group) if change.group else None
    assert group
    assert len(group.undone_by) == 1


def test_what_cannot_be_done_is_said_and_changes_nothing(client, tree):
    other = make_topic("Elsewhere", catalogue=make_catalogue("other"))
    for fields, words in [
        ({"do": f"up:{tree[0].pk}"}, "cannot go further that way"),
        ({"do": "move", "topic": tree[0].pk, "parent": tree[1].pk}, "cannot lie under itself"),
        ({"do": "move", "topic": tree[0].pk, "parent": other.pk}, "belongs to another catalogue"),
        ({"do": "move", "topic": other.pk, "parent": ""}, "there no more"),
        ({"do": "move", "topic": tree[0].pk, "parent": "x"}, "no such place"),
        ({"do": "move", "topic": tree[3].pk, "parent": "", "seen_under": tree[0].pk}, "moved by somebody else"),
        ({"do": "rename", "topic": tree[0].pk, "name": "Memory"}, "There is a “Memory” at the top already"),
        ({"do": "rename", "topic": tree[0].pk, "name": "x", "seen_as": "Was"}, "Somebody else has named it"),
        ({"do": "rename", "topic": tree[0].pk, "name": "x" * 100_000}, "at most 200"),
        ({"do": f"remove:{tree[0].pk}"}, "holds no papers and 1 subtopic"),
        ({"do": "explode"}, "nothing that can be done"),
        ({"do": "rename", "topic": "9" * 30}, "there no more"),
        ({}, "nothing that can be done"),
    ]:  # fmt: skip
        assert words in ask(client, **fields).text, fields
    assert not TreeChange.objects.exists()


def test_topics_are_added_renamed_retired_and_brought_back(client, tree):
    ask(client, do="add", parent=tree[2].pk, name="<b>Caches</b>")
    answer = ask(client, do="rename", topic=tree[3].pk, name="Prompting", seen_as="Prompt")
    assert "<b>Caches" not in answer.text
    assert outline() == ["Attention", "  Sparse", "Memory", "  <b>Caches</b>", "Prompting"]
    ask(client, do=f"remove:{tree[3].pk}")
    assert "Prompting" not in outline()
    answer = ask(client, do=f"restore:{tree[3].pk}")
    assert outline()[-1] == "Prompting"
    assert TreeChange.objects.count() == 4


def test_merging_shows_what_will_move_and_is_undone(client, tree):
    make_paper(topics=[tree[1], tree[2]])
    make_paper(topics=[tree[1]])
    merge = reverse("admin:catalog_topic_merge", args=[tree[1].pk])
    assert "Merge “Sparse” into" in client.get(merge).text
    preview = " ".join(client.get(merge, {"into": tree[2].pk}).text.split())
    assert "1 paper moves there, 1 is there already." in preview
    assert "cannot be merged into itself" in client.get(merge, {"into": tree[1].pk}).text
    stale = client.post(merge, {"into": tree[2].pk, "seen": "other"})
    assert "Something has changed meanwhile." in stale.text
    assert not TreeChange.objects.exists()
    seen = stale.context["preview"].digest
    answer = client.post(merge, {"into": tree[2].pk, "seen": seen}, follow=True)
    assert "Merged “Sparse” into “Memory”" in answer.text
    assert Placement.objects.current().filter(topic=tree[2]).count() == 2
    client.post(reverse("admin:catalog_topic_undo", args=[TreeChange.objects.get().pk]))
    assert Placement.objects.current().filter(topic=tree[1]).count() == 2
    for into in ("", "x", "0", str(make_topic("E", catalogue=make_catalogue("other")).pk)):
        assert client.post(merge, {"into": into}).status_code == 200
    assert client.get(reverse("admin:catalog_topic_merge", args=[0])).status_code == 404


def test_a_topic_lists_where_it_can_go_and_nothing_else(client, tree):
    text = client.get(url(), {"topic": tree[0].pk}).text
    select = text.split('id="move-under"')[1].split("</select>")[0]
    assert f'value="{tree[1].pk}"' not in select
    assert f'value="{tree[2].pk}"' in select
    for odd in ("x", "", "0", "9" * 40, "\x00"):
        assert client.get(url(), {"topic": odd, "done": odd}).status_code == 200


def test_who_may_look_and_who_may_change(client, tree):
    page, merge = url(), reverse("admin:catalog_topic_merge", args=[tree[0].pk])
    split = reverse("admin:catalog_topic_split", args=[tree[0].pk])
    client.post(page, {"do": f"up:{tree[3].pk}"})
    undo = reverse("admin:catalog_topic_undo", args=[TreeChange.objects.get().pk])
    reader = make_staff("view_topic", name="reader")
    names = ["view_topic", "add_topic", "change_topic", "delete_topic"]
    editor = make_staff(*names, edits=make_catalogue("other"))
    for user in (reader, editor):
        client.force_login(user)
        text = client.get(page).text
        assert "Sparse" in text
        assert 'value="add"' not in text
        assert "data-handle" not in text
        assert client.post(page, {"do": f"up:{tree[2].pk}"}).status_code == 403
        assert client.post(undo).status_code == 403
        assert client.get(merge).status_code == client.post(merge).status_code == 403
        assert client.get(split).status_code == client.post(split).status_code == 403
    Editorship.objects.create(user=editor, catalogue=make_catalogue())
    assert client.post(page, {"do": f"up:{tree[2].pk}"}).status_code == 302
    client.logout()
    assert client.post(page).status_code == client.get(merge).status_code == 302
    assert client.get(undo).status_code in (302, 405)


def test_the_number_of_queries_does_not_grow_with_the_tree(client, tree):
    few = count_queries(client, f"{url()}?topic={tree[0].pk}")
    for number in range(10):
        make_paper(topics=[make_topic(f"Topic {number}", tree[0], position=5 + number)])
    assert count_queries(client, f"{url()}?topic={tree[0].pk}") == few
    assert few <= 20


def test_the_list_of_topics_the_catalogue_and_the_desk_lead_to_the_tree(client, tree):
    catalogue = make_catalogue()
    for page in (
        reverse("admin:catalog_topic_changelist"),
        reverse("admin:catalog_catalogue_change", args=[catalogue.pk]),
        reverse("admin:index"),
    ):
        assert url() in client.get(page).text
    assert client.get(reverse("admin:catalog_topic_trees"))["Location"] == url()
