"""Systems on pages and in the admin."""

import itertools
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.curation import merge_papers, unmerge_paper
from catalog.graph.edges import Node, NodeKind, edges_at
from catalog.graph.pictures import draw
from catalog.lineage import lineage_of
from catalog.models import Paper, Relation, Source, System
from tests.catalog.queries import count_queries
from tests.factories import make_paper, make_staff

pytestmark = pytest.mark.django_db


def make_system(name: str = "KeepKV", paper: Paper | None = None, **fields) -> System:
    paper = paper or make_paper(f"{name}: Less Cache", year=2023)
    values = {"source": Source.DERIVED, "note": paper.title, **fields}
    return System.objects.create(name=name, introduced_by=paper, **values)


def say(subject: Paper, system: System, kind: str = "mentions", **fields) -> Relation:
    values = {"source": Source.DERIVED, "note": "Methods like <b>KeepKV</b> forget.", **fields}
    return Relation.objects.create(
        subject=subject, object=system.introduced_by, kind=kind, system=system, **values
    )


def extend(subject: Paper, other: Paper) -> None:
    Relation.objects.create(subject=subject, object=other, kind="extends")


def page(client, row) -> str:
    response = client.get(row.get_absolute_url())
    assert response.status_code == 200
    text: str = response.text
    return text


def test_a_papers_page_names_what_it_introduces_and_who_speaks_of_it(client):
    system = make_system()
    later = make_paper("Later")
    say(later, system, "extends")
    text = page(client, system.introduced_by)
    assert f'Introduces <a class="system" href="{system.get_absolute_url()}">KeepKV</a>' in text
    assert "Extended by" in text
    assert "Methods like &lt;b&gt;KeepKV&lt;/b&gt; forget." in text
    assert "derived, <time" in text
    text = page(client, later)
    assert "Extends" in text
    assert system.introduced_by.get_absolute_url() in text


def test_what_is_retired_or_of_merged_papers_is_not_shown(client):
    system = make_system(retired_at=timezone.now())
    later = make_paper("Later")
    say(later, system, retired_at=timezone.now())
    merged = make_paper("Merged", merged_into=later)
    say(merged, system)
    assert 'id="relations"' not in page(client, system.introduced_by)
    assert client.get(system.get_absolute_url()).headers["location"] == (
        system.introduced_by.get_absolute_url()
    )


def test_a_title_is_not_repeated_as_the_words_that_say_so(client):
    system = make_system()
    later = make_paper("Extending KeepKV to Video")
    say(later, system, "extends", note=later.title)
    assert "relations__words" not in page(client, system.introduced_by)


def test_many_mentions_are_cut_and_lead_to_the_page_of_the_system(client):
    system = make_system()
    for number in range(15):
        say(make_paper(f"Paper number {number}", year=2024), system)
    text = page(client, system.introduced_by)
    assert "and 3 more, on the page of" in text
    assert "15\u00a0papers" in text
    text = page(client, system)
    assert text.count("Paper number") == 15


def test_two_sources_of_one_relation_are_one(client):
    system = make_system()
    later = make_paper("Later")
    say(later, system, "extends")
    say(later, system, "extends", source=Source.CURATOR)
    text = page(client, system)
    assert text.count(later.get_absolute_url()) == 1
    assert "1\u00a0paper speaks of it" in text


def test_the_page_of_a_system(client):
    system = make_system(aliases=["KKV"])
    say(make_paper("Later"), system, "compares")
    text = page(client, system)
    assert "Also called KKV." in text
    assert "Compared with by" in text
    assert "Another thing of this name" not in text
    old = client.get(reverse("system-detail", args=[system.pk, "old-name"]))
    assert old.status_code == 301
    assert client.get(reverse("system", args=[system.pk])).status_code == 301
    assert client.get(reverse("system", args=[10**6])).status_code == 404


def test_a_system_of_which_nobody_speaks_leads_to_the_search(client):
    assert "No other paper here speaks of it yet." in page(client, make_system())


def test_namesakes_are_told_apart(client):
    one = make_system()
    other = make_system(paper=make_paper("KeepKV: Goods in Store"))
    text = page(client, one)
    assert "Another thing of this name" in text
    assert other.get_absolute_url() in text


def test_a_system_without_letters_has_an_address(client):
    page(client, make_system("∞"))


def test_a_curators_relation_to_the_paper_is_one_to_its_only_system(client):
    system = make_system()
    later = make_paper("Later")
    extend(later, system.introduced_by)
    assert later.get_absolute_url() in page(client, system)
    make_system("KeepBench", paper=system.introduced_by)
    assert later.get_absolute_url() not in page(client, system)


def test_the_index_sorts_and_finds(client):
    make_system("Alone")
    spoken = make_system("Spoken", aliases=["SPK"])
    say(make_paper("Later"), spoken)
    index = reverse("system-index")

    def names(**query: str) -> list[str]:
        return [row.name for row in client.get(index, query).context["page"]]

    assert names() == ["Spoken", "Alone"]
    assert names(letter="a") == ["Alone"]
    assert names(name="spo-ken") == ["Spoken"]
    assert names(name="SPK") == ["Spoken"]
    assert names(name="Nothing") == []
    assert client.get(index, {"letter": "ab"}).status_code == 400


def test_numbers_of_queries_do_not_grow(client):
    system = make_system()
    say(make_paper("Later"), system)
    urls = [reverse("system-index"), system.get_absolute_url(), system.introduced_by.get_absolute_url()]  # fmt: skip
    for url in urls:
        client.get(url)  # the first view of a paper gives it its citation key
    few = [count_queries(client, url) for url in urls]
    for number in range(10):
        make_system(f"Other{number}")
        say(make_paper(f"Paper number {number}"), system)
    assert [count_queries(client, url) for url in urls] == few


def test_a_lineage_goes_over_several_steps_in_order(client):
    papers = [make_paper(f"Step {number}", year=2018 + number) for number in range(5)]
    for before, after in itertools.pairwise(papers):
        extend(after, before)
    found = lineage_of(papers[2])
    assert [(one.paper, one.step) for one in found.back] == [(papers[1], 1), (papers[0], 2)]
    assert [(one.paper, one.step) for one in found.on] == [(papers[3], 1), (papers[4], 2)]
    text = page(client, papers[2])
    assert "Goes back to" in text
    assert "2\u00a0steps on" not in text.split("Led to")[0]
    assert text.index("Step 1</a>") < text.index("Step 0</a>")


def test_a_lineage_of_one_step_is_told_by_the_relations(client):
    one, other = make_paper("One"), make_paper("Other")
    extend(one, other)
    assert not lineage_of(one).is_long
    assert "Lineage" not in page(client, one)


def test_circles_and_wide_trees_end():
    papers = [make_paper() for _ in range(4)]
    for place, paper in enumerate(papers):
        extend(paper, papers[place - 1])
    found = lineage_of(papers[0])
    assert {one.paper for one in found.back} == set(papers[1:])
    for _ in range(60):
        extend(make_paper(), papers[0])
    assert len(lineage_of(papers[0]).on) == 40


def test_a_merged_paper_has_no_place_in_a_lineage():
    one, other = make_paper(), make_paper()
    extend(one, other)
    Paper.objects.filter(pk=other.pk).update(merged_into=one)
    assert not lineage_of(one).back


def test_systems_are_nodes_of_the_graph():
    system = make_system()
    node = Node(NodeKind.SYSTEM, system.pk)
    (edge,) = edges_at([node])
    assert (edge.kind, edge.tail.key, edge.source) == (
        "introduces",
        system.introduced_by_id,
        "derived",
    )
    picture = draw([node, edge.tail], [edge])
    assert [one.label for one in picture.nodes] == ["KeepKV", system.introduced_by.title]
    assert picture.in_words == "1 paper, 1 system, 1 other link"


# The admin


def act(client, action: str, *rows: Relation) -> None:
    url = reverse("admin:catalog_relation_changelist")
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    client.post(url, data, follow=True)


def test_confirming_makes_a_relation_the_curators(client, curator):
    relation = say(make_paper("Later"), make_system())
    act(client, "confirm", relation)
    relation.refresh_from_db()
    assert (relation.source, relation.stated_by, relation.retired_at) == (Source.CURATOR, curator, None)  # fmt: skip


def test_rejecting_retires_it_in_the_curators_name(client, curator):
    relation = say(make_paper("Later"), make_system())
    act(client, "reject", relation)
    relation.refresh_from_db()
    assert relation.retired_at
    assert (relation.source, relation.stated_by) == (Source.CURATOR, curator)


def test_a_relation_that_the_curator_stated_too_becomes_one(client, curator):
    system, later = make_system(), make_paper("Later")
    derived = say(later, system)
    say(later, system, source=Source.CURATOR)
    act(client, "reject", derived)
    (left,) = Relation.objects.all()
    assert left.retired_at
    act(client, "confirm", left)
    assert Relation.objects.current().count() == 1


def test_who_may_only_look_decides_nothing(client):
    relation = say(make_paper("Later"), make_system())
    client.force_login(make_staff("view_relation"))
    act(client, "reject", relation)
    act(client, "confirm", relation)
    relation.refresh_from_db()
    assert (relation.source, relation.retired_at) == (Source.DERIVED, None)
    text = client.get(reverse("admin:catalog_relation_changelist")).text
    assert "Reject the selected" not in text


def test_the_undecided_are_filtered_and_counted_on_the_desk(client, curator):
    system = make_system()
    say(make_paper("Undecided paper"), system)
    say(make_paper("Confirmed paper"), system, source=Source.CURATOR)
    say(make_paper("Rejected paper"), system, source=Source.CURATOR, retired_at=timezone.now())
    url = reverse("admin:catalog_relation_changelist")
    for decision in ("undecided", "confirmed", "rejected"):
        text = client.get(url, {"decision": decision}).text
        shown = [name for name in ("Undecided", "Confirmed", "Rejected") if f"{name} paper" in text]
        assert shown == [decision.capitalize()]
        assert "Methods like" in text
    assert "1 relation derived from titles" in client.get(reverse("admin:index")).text


def test_a_relation_names_no_system_of_another_paper(client, curator):
    system, later, other = make_system(), make_paper("Later"), make_paper("Other")
    url = reverse("admin:catalog_relation_add")
    data = {"subject": later.pk, "object": other.pk, "kind": "uses", "note": "", "system": system.pk}  # fmt: skip
    assert "is not of the second paper" in client.post(url, data).text
    assert client.post(url, {**data, "object": system.introduced_by_id}).status_code == 302
    assert Relation.objects.get().system == system


def test_a_curator_edits_aliases(client, curator):
    system = make_system()
    url = reverse("admin:catalog_system_change", args=[system.pk])
    data = {"name": "KeepKV", "aliases": "KKV, Keep-KV", "introduced_by": system.introduced_by_id, "note": ""}  # fmt: skip
    assert client.post(url, data).status_code == 302
    system.refresh_from_db()
    assert (system.aliases, system.source) == (["KKV", "Keep-KV"], Source.CURATOR)


def test_two_that_are_one_become_one_by_an_alias(client, curator):
    system = make_system()
    double = make_system("KKV", paper=system.introduced_by)
    say(make_paper("Later"), double)
    url = reverse("admin:catalog_system_change", args=[system.pk])
    data = {"name": "KeepKV", "aliases": "KKV", "introduced_by": system.introduced_by_id, "note": ""}  # fmt: skip
    client.post(url, data)
    assert list(System.objects.all()) == [system]
    assert Relation.objects.get().system == system


def test_a_removed_system_is_retired_with_what_was_derived_and_can_be_restored(client, curator):
    system = make_system()
    say(make_paper("Later"), system)
    client.post(reverse("admin:catalog_system_delete", args=[system.pk]), {"post": "yes"})
    system.refresh_from_db()
    assert system.retired_at
    assert not Relation.objects.current().exists()
    url = reverse("admin:catalog_system_changelist")
    client.post(url, {"action": "restore", "_selected_action": [system.pk]})
    assert System.objects.current().count() == 1


def test_merging_papers_moves_systems_and_parting_them_gives_them_back():
    survivor = make_paper("KeepKV", published_on=date(2024, 1, 1), published_precision="day")
    system = make_system()
    paper = system.introduced_by
    merge_papers(survivor, [paper])
    system.refresh_from_db()
    assert system.introduced_by == survivor
    paper.refresh_from_db()
    unmerge_paper(paper)
    system.refresh_from_db()
    assert system.introduced_by == paper
