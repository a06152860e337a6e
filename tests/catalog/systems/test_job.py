"""The job: what it writes, what it leaves alone."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.curation import confirm_relations, reject_relations, save_system
from catalog.locks import SYSTEMS
from catalog.models import Citation, Paper, Relation, Run, Source, System
from catalog.systems.job import find_changed
from catalog.tasks import find_systems
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def make(title: str, abstract: str = "", year: int = 2024) -> Paper:
    day = date(year, 1, 1)
    return make_paper(
        title, abstract=abstract, authors=0, published_on=day, published_precision="day"
    )


@pytest.fixture
def system() -> Paper:
    return make("KeepCache: Less Cache", "We propose KeepCache, a cache.", 2023)


@pytest.fixture
def later(system: Paper) -> Paper:
    return make("On memory", "Books are long. Our method outperforms KeepCache.")


def find() -> Run:
    run = find_changed("test", always=True)
    assert run
    return run


def stamps() -> list[tuple[str, int]]:
    """The transaction that wrote each row last: the same when nothing was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 's' || id, xmin::text::bigint FROM catalog_system UNION ALL SELECT 'r' || id, xmin::text::bigint FROM catalog_relation ORDER BY 1"
        )
        return list(cursor.fetchall())


def test_it_stores_systems_and_relations(system, later):
    run = find()
    (row,) = System.objects.all()
    assert (row.name, row.introduced_by, row.source) == ("KeepCache", system, Source.DERIVED)
    assert row.note == system.title
    (relation,) = Relation.objects.all()
    assert (relation.subject, relation.object, relation.kind) == (later, system, "compares")
    assert (relation.source, relation.system) == (Source.DERIVED, row)
    assert relation.note == "Our method outperforms KeepCache."
    assert (run.new, run.changed, run.same) == (2, 0, 0)


def test_again_it_writes_nothing(system, later):
    find()
    before = stamps()
    assert len(before) == 2
    run = find()
    assert stamps() == before
    assert (run.new, run.changed, run.same) == (0, 0, 2)


def test_it_runs_when_something_has_changed(system, later, capsys):
    assert find_changed("test")
    assert find_changed("test") is None
    Citation.objects.create(citing=later, cited=system, source="arxiv")
    assert find_changed("test")
    Paper.objects.filter(pk=later.pk).update(abstract="Nothing.")
    call_command("find_systems")
    assert "1 systems, 0 relations" in capsys.readouterr().out
    call_command("find_systems")
    assert "--always" in capsys.readouterr().out


def test_what_is_no_longer_said_is_retired_and_comes_back_when_it_is(system, later):
    find()
    said, later.abstract = later.abstract, "Books are long."
    later.save()
    find()
    assert not Relation.objects.current().exists()
    assert Relation.objects.count() == 1
    later.abstract = said
    later.save()
    find()
    assert Relation.objects.current().count() == 1


def test_a_system_whose_paper_no_longer_names_it_is_retired_with_its_relations(system, later):
    find()
    system.title, system.abstract = "Less cache", ""
    system.save()
    find()
    assert not System.objects.current().exists()
    assert not Relation.objects.current().exists()


def test_what_a_curator_rejected_never_comes_back(system, later):
    find()
    reject_relations(Relation.objects.all(), make_curator())
    find()
    (relation,) = Relation.objects.all()
    assert relation.retired_at
    assert relation.source == Source.CURATOR


def test_a_rejected_mention_says_that_another_thing_is_meant(system, later):
    Paper.objects.filter(pk=later.pk).update(abstract="Methods like KeepCache forget.")
    find()
    reject_relations(Relation.objects.all(), make_curator())
    Paper.objects.filter(pk=later.pk).update(abstract="Our method outperforms KeepCache.")
    find()
    assert not Relation.objects.current().exists()


def test_what_a_curator_confirmed_is_the_curators(system, later):
    find()
    curator = make_curator()
    confirm_relations(Relation.objects.all(), curator)
    Paper.objects.filter(pk=later.pk).update(abstract="Books are long.")
    find()
    (relation,) = Relation.objects.current()
    assert (relation.source, relation.stated_by) == (Source.CURATOR, curator)


def test_a_mention_adds_nothing_to_a_curators_word(system, later):
    Relation.objects.create(subject=later, object=system, kind="extends")
    Paper.objects.filter(pk=later.pk).update(abstract="Methods like KeepCache forget.")
    find()
    assert Relation.objects.get().kind == "extends"


def test_a_curators_aliases_are_searched_for(system, later):
    Paper.objects.filter(pk=later.pk).update(abstract="Our method outperforms KC.")
    find()
    assert not Relation.objects.exists()
    row = System.objects.get()
    row.aliases = ["KC"]
    save_system(row)
    find()
    assert Relation.objects.get().system == row


def test_a_name_that_a_curator_took_away_stays_away(system, later):
    find()
    row = System.objects.get()
    row.name = "KeepCache Engine"
    save_system(row)
    find()
    assert [one.name for one in System.objects.current()] == ["KeepCache Engine"]
    assert not Relation.objects.current().exists()


def test_two_systems_of_one_name_stay_two(system, later):
    twin = make("KeepCache: Goods in Store", "", 2023)
    find()
    assert System.objects.filter(key="keepcache").count() == 2
    assert not Relation.objects.exists()
    Citation.objects.create(citing=later, cited=twin, source="arxiv")
    find()
    assert Relation.objects.get().object == twin


def test_merged_papers_are_not_read(system, later):
    Paper.objects.filter(pk=later.pk).update(merged_into=system)
    find()
    assert not Relation.objects.exists()


def test_the_number_of_statements_does_not_grow(system, later):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            find()
        return len(queries)

    find()
    few = count()
    for number in range(20):
        make(f"Cache{number}Keeper: Title", f"Methods like KeepCache forget {number}.")
    assert count() <= few <= 25
    assert Relation.objects.count() == 21


def test_two_do_not_look_at_once(system):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SYSTEMS])
        with pytest.raises(CommandError, match="already"):
            call_command("find_systems")
        find_systems()
    finally:
        with other.cursor() as cursor:  # the server notices late that somebody hung up
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    assert not System.objects.exists()
    find_systems()
    assert System.objects.count() == 1


def make_curator() -> AbstractBaseUser:
    return get_user_model().objects.create_user("curator")
