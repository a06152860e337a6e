"""Stars and facts from GitHub: with a token in one question, without one within the allowance; names that change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import (
    Catalogue,
    Paper,
    PaperRepository,
    Problem,
    Repository,
    RepositoryAlias,
    Run,
    Source,
    SourceState,
    StarCount,
)
from catalog.models.code import GoneReason
from catalog.signals import papers_changed
from ingest.http import Answer, SourceBroken
from ingest.http.client import Wait
from ingest.lists.service import import_list, plan_list
from ingest.lists.writer import write_markdown
from ingest.models import Visit, VisitOutcome
from ingest.sources.github import graphql
from ingest.sources.github.record import (
    Failed,
    Found,
    Gone,
    Outcome,
    RepositoryRecord,
    Unchanged,
    Wanted,
    parse_node,
    parse_resource,
)
from ingest.sources.github.store import store_outcomes
from ingest.standins import RepositoryRecord as Told
from ingest.standins import Standin, World
from tests.factories import make_paper
from tests.ingest.running import counts, run_job

pytestmark = pytest.mark.django_db

LANTERNS, KERNELS = 9_000_001, 9_000_002


@pytest.fixture
def token(standin: Standin, settings: Any) -> str:
    settings.SOURCES["github"]["key"] = "t"
    return "t"


def run() -> Run:
    return run_job("github")


def row(full_name: str) -> Repository:
    owner, name = full_name.split("/")
    return Repository.objects.get(owner=owner, name=name)


def tell(world: World, *repositories: Told) -> None:
    with world.lock:
        for repository in repositories:
            world.repositories[repository.id] = repository


def many(world: World, number: int) -> None:
    """Repositories that GitHub knows, each with a paper that uses it."""
    tell(world, *(Told(id=n, owner="many", name=f"r{n}", stars=n) for n in range(1, number + 1)))
    paper = make_paper()
    rows = Repository.objects.bulk_create(
        Repository(owner="many", name=f"r{n}") for n in range(1, number + 1)
    )
    PaperRepository.objects.bulk_create(
        PaperRepository(paper=paper, repository=one, source=Source.LIST) for one in rows
    )


def writes(captured: CaptureQueriesContext) -> list[str]:
    """The tables of the catalogue that were written to."""
    found = []
    for query in captured.captured_queries:
        word, *rest = query["sql"].split()
        if word in {"INSERT", "UPDATE", "DELETE"}:
            table = rest[0 if word == "UPDATE" else 1].strip('"')
            if table not in {"catalog_run", "catalog_sourcestate", "ingest_visit"}:
                found.append(table)
    return found


# With a token


def test_facts_and_stars_are_stored_with_a_token(standin, token):
    make_paper(repository="lighthouse/lanterns")
    assert counts(run()) == {"new": 1}
    stored = row("lighthouse/lanterns")
    today = timezone.now().astimezone(UTC).date()
    assert (stored.stars, stored.stars_on, stored.forks) == (1234, today, 56)
    assert (stored.licence, stored.host_id, stored.default_branch) == (
        "Apache-2.0",
        LANTERNS,
        "main",
    )
    assert (stored.topics, stored.description) == (["attention", "harbours"], "Code of “Lanterns”")
    assert stored.pushed_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert list(stored.star_counts.values_list("date", "stars")) == [(today, 1234)]


def test_one_question_asks_about_a_hundred(standin, token, world):
    many(world, 364)
    with CaptureQueriesContext(connection) as captured:
        done = run()
    assert counts(done) == {"new": 364}
    assert len(standin.requests) == 4
    assert standin.requests[0].headers["authorization"] == "bearer t"
    assert StarCount.objects.count() == 364
    assert len(captured) < 4 * 45  # with all that a run needs for itself


def test_number_of_queries_does_not_grow_with_the_batch(world):
    def queries(keys: list[tuple[int, int]]) -> int:
        found = {pk: told(f"many/r{n}", n) for n, pk in keys}
        with CaptureQueriesContext(connection) as captured:
            store_outcomes(found)
        return len(captured)

    many(world, 60)
    keys = [(int(one.name[1:]), one.pk) for one in Repository.objects.order_by("pk")]
    assert queries(keys[:2]) == queries(keys[2:]) <= 15


def test_a_second_run_of_the_same_day_writes_no_row(standin, token, world):
    many(world, 5)
    make_paper(repository="olu/claim")
    run()
    with CaptureQueriesContext(connection) as captured:
        assert counts(run()) == {"same": 5, "skipped": 1}
    assert writes(captured) == []


def test_another_number_of_the_same_day_takes_the_place_of_the_first(standin, token, world):
    make_paper(repository="lighthouse/lanterns")
    run()
    world.repositories[LANTERNS].stars = 1300
    assert counts(run()) == {"changed": 1}
    assert [count.stars for count in StarCount.objects.all()] == [1300]
    assert row("lighthouse/lanterns").stars == 1300


def test_each_day_has_its_count(standin, token):
    make_paper(repository="lighthouse/lanterns")
    run()
    yesterday = date.today() - timedelta(days=1)
    StarCount.objects.update(date=yesterday, stars=1200)
    Repository.objects.update(stars_on=yesterday, stars=1200)
    assert counts(run()) == {"changed": 1}
    assert list(StarCount.objects.values_list("stars", flat=True)) == [1200, 1234]


def test_only_what_a_current_link_uses_is_asked_about(standin, token):
    make_paper(repository="lighthouse/lanterns")
    make_paper(repository="olu/claim")
    badge = Repository.objects.create(owner="tidal-lab", name="tidal-kernels")
    Repository.objects.create(owner="nobody", name="uses")
    PaperRepository.objects.filter(repository__name="lanterns").update(badge_repository=badge)
    PaperRepository.objects.filter(repository__name="claim").update(retired_at=timezone.now())
    make_paper(repository="elsewhere/code")
    Repository.objects.filter(owner="elsewhere").update(host="gitlab.com")
    assert counts(run()) == {"new": 2}
    assert row("tidal-lab/tidal-kernels").is_archived


def test_one_paper_alone_can_be_asked_about(standin, token):
    paper = make_paper(repository="lighthouse/lanterns")
    make_paper(repository="tidal-lab/tidal-kernels")
    assert counts(run_job("github", paper=paper.pk)) == {"new": 1}


def test_names_never_get_into_the_question():
    question = graphql.question([Wanted(1, 'a"){evil}', "b\n}")])
    assert "evil" not in question["query"]
    assert question["variables"] == {"o0": 'a"){evil}', "n0": "b\n}"}


# What goes wrong


def test_good_data_beside_errors_is_stored_and_the_rest_is_asked_again(standin, token, world):
    many(world, 4)
    standin.misbehave("github", "partial")
    done = run()
    assert counts(done) == {"new": 2, "failed": 2}
    assert done.status == Run.Status.FAILED
    failed = Visit.objects.filter(outcome=VisitOutcome.FAILED)
    assert "Something went wrong" in failed[0].reason
    assert StarCount.objects.count() == Repository.objects.exclude(host_id=None).count() == 2
    assert counts(run()) == {"new": 2, "same": 2}


@pytest.mark.parametrize(
    "fault", ["nulls", "json-scalar", "html", "500", "truncated", "invalid-utf8"]
)
def test_what_is_no_answer_is_asked_for_again(standin, token, world, fault):
    many(world, 3)
    standin.misbehave("github", fault, times=2)
    assert counts(run()) == {"new": 3}
    assert len(standin.requests) == 3


def test_nothing_is_stored_from_a_source_that_stays_broken(standin, token, world):
    many(world, 3)
    standin.misbehave("github", "nulls", times=None)
    done = run()
    assert (done.status, counts(done), done.left) == (Run.Status.FAILED, {"failed": 3}, 3)
    assert not StarCount.objects.exists()
    assert not Visit.objects.exists()
    assert not Repository.objects.exclude(gone_at=None).exists()


ONE = [Wanted(1, "a", "b")]
NODE = {"databaseId": 1, "nameWithOwner": "a/b", "stargazerCount": 5}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"r0": None}},
        {"data": {"r0": None}, "errors": "no"},
        {"data": {"r0": None}, "errors": [{"message": "timeout"}]},
        {"data": {"r0": None}, "errors": [{"path": ["r7"], "type": "NOT_FOUND"}]},
        {"data": {"r0": None}, "errors": [{"path": [{}], "type": "NOT_FOUND"}]},
        {"errors": [{"message": "Something went wrong"}]},
    ],
)
def test_an_answer_that_says_nothing_is_none(answer):
    with pytest.raises(SourceBroken):
        graphql.outcomes(answer, ONE)


@pytest.mark.parametrize(
    ("node", "error", "expected"),
    [
        (NODE, None, Found),
        (None, {"type": "NOT_FOUND", "message": "Could not resolve"}, Gone),
        (None, {"type": "FORBIDDEN", "message": "Repository access blocked"}, Gone),
        (None, {"type": "FORBIDDEN", "message": "Resource protected by SAML"}, Failed),
        (None, {"type": "X", "message": None}, Failed),
        (NODE, {"type": "X", "path": ["r0", "licenseInfo"]}, Failed),
        (None, {"type": "NOT_FOUND", "path": ["r0", "licenseInfo"]}, Failed),
        ("text", None, Failed),
        ({**NODE, "stargazerCount": -1}, None, Failed),
    ],
)
def test_an_error_tells_what_became_of_a_repository(node, error, expected):
    answer = {"data": {"r0": node}, "errors": [{"path": ["r0"], **error}] if error else []}
    assert type(graphql.outcomes(answer, ONE)[1]) is expected


def test_half_a_character_in_a_message_breaks_nothing():
    error = {"type": "SOMETHING", "path": ["r0"], "message": "bad \ud800 thing"}
    (outcome,) = graphql.outcomes({"data": {"r0": None}, "errors": [error]}, ONE).values()
    assert outcome == Failed("GitHub did not answer for it: bad thing")


def test_an_allowance_used_up_is_waited_for(standin, token, world):
    many(world, 2)
    world.token_allowance = 0
    done = run()
    assert counts(done) == {"failed": 2}
    assert "wait" in done.message
    state = SourceState.objects.get(source=Source.GITHUB)
    assert state.busy_until is not None
    assert state.busy_until > timezone.now() + timedelta(minutes=30)
    assert len(standin.requests) == 1
    run()
    assert len(standin.requests) == 1


def test_a_secondary_limit_said_with_status_200_is_waited_for():
    said = b'{"errors": [{"message": "You have exceeded a secondary rate limit."}]}'
    with pytest.raises(Wait) as wish:
        graphql.raise_if_limited(Answer("https://api.github.com/graphql", 200, {}, said))
    assert wish.value.seconds == 60


# Reading


@pytest.mark.parametrize("parse", [parse_node, parse_resource])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_reading_never_raises(parse, answer):
    assert isinstance(parse(answer), RepositoryRecord | Failed)


_ANYTHING: Any = (
    st.none() | st.integers() | st.text() | st.lists(st.integers() | st.text()) | st.floats()
)


@given(
    st.fixed_dictionaries(
        {"id": st.just(1), "full_name": st.just("a/b"), "stargazers_count": st.just(3)},
        optional={
            name: _ANYTHING | st.fixed_dictionaries({"spdx_id": _ANYTHING})
            for name in (
                "license",
                "description",
                "topics",
                "pushed_at",
                "default_branch",
                "archived",
            )
        },
    )
)
def test_what_is_read_fits_its_columns(answer):
    record = parse_resource(answer)
    assert isinstance(record, RepositoryRecord)
    texts = [record.licence, record.description, record.default_branch, *record.topics]
    assert all("\0" not in text and text.encode() is not None for text in texts)
    assert len(record.licence) <= 60
    assert len(record.default_branch) <= 250


@pytest.mark.parametrize(
    "wrong",
    [
        {"stargazers_count": -1},
        {"stargazers_count": 2**31},
        {"stargazers_count": 10**400},
        {"stargazers_count": None},
        {"stargazers_count": True},
        {"stargazers_count": "5"},
        {"forks_count": -1},
        {"id": 0},
        {"id": 2**63},
        {"full_name": "a"},
        {"full_name": "a/b/c"},
        {"full_name": "a/\0"},
        {"full_name": "a/" + "b" * 101},
        {"full_name": None},
    ],
)
def test_a_record_that_makes_no_sense_is_refused_with_a_reason(wrong):
    answer = {"id": 1, "full_name": "a/b", "stargazers_count": 5, **wrong}
    failed = parse_resource(answer)
    assert isinstance(failed, Failed)
    assert "makes no sense" in failed.reason


def test_other_peoples_text_is_cleaned_and_cut():
    record = parse_resource(
        {
            "id": None,
            "full_name": "a/b",
            "stargazers_count": 0,
            "description": "a\0b \ud800\n" + "c" * 10_000_000,
            "topics": ["x\0", 5, None, "x", "y" * 100, ""],
            "license": {"spdx_id": "NOASSERTION"},
            "pushed_at": "yesterday",
        }
    )
    assert isinstance(record, RepositoryRecord)
    assert record.description.startswith("ab cccc")
    assert len(record.description) == 1000
    assert record.topics == ("x", "y" * 60)
    assert (record.licence, record.pushed_at, record.host_id) == ("", None, None)


def test_absurd_answers_are_stored_or_counted_as_failed(standin, token, world):
    many(world, 2)
    world.repositories[1].stars = -1
    world.repositories[2].description = "a\0b"
    world.repositories[2].topics = [5, "t\0"]
    assert counts(run()) == {"new": 1, "failed": 1}
    assert (row("many/r2").description, row("many/r2").topics) == ("ab", ["t"])
    assert row("many/r1").stars is None


# Without a token


def test_without_a_token_one_is_asked_about_at_a_time(standin):
    make_paper(repository="lighthouse/lanterns")
    make_paper(repository="tidal-lab/tidal-kernels")
    assert counts(run()) == {"new": 2}
    assert [seen.path for seen in standin.requests] == [
        "/github/repos/lighthouse/lanterns",
        "/github/repos/tidal-lab/tidal-kernels",
    ]
    assert row("lighthouse/lanterns").licence == "Apache-2.0"


def test_what_has_not_changed_costs_nothing_and_is_counted_all_the_same(standin):
    make_paper(repository="lighthouse/lanterns")
    run()
    left = SourceState.objects.get(source=Source.GITHUB).allowance_left
    yesterday = date.today() - timedelta(days=1)
    StarCount.objects.update(date=yesterday)
    Repository.objects.update(stars_on=yesterday)
    assert counts(run()) == {"same": 1}
    assert standin.requests[-1].headers["if-none-match"].startswith('W/"')
    assert SourceState.objects.get(source=Source.GITHUB).allowance_left == left
    assert [count.stars for count in StarCount.objects.all()] == [1234, 1234]
    assert row("lighthouse/lanterns").stars_on == date.today()
    with CaptureQueriesContext(connection) as captured:
        run()
    assert writes(captured) == []


def test_the_allowance_is_used_for_the_oldest_and_the_rest_waits(standin, world):
    many(world, 15)
    world.rest_allowance = 12
    done = run()
    assert (done.status, counts(done), done.left) == (Run.Status.DONE, {"new": 12}, 3)
    assert "allowance" in done.message
    assert "UTC" in done.message
    asked = len(standin.requests)
    assert asked == 12
    later = run()
    assert (later.status, counts(later), later.left) == (Run.Status.DONE, {}, 15)
    assert len(standin.requests) == asked
    SourceState.objects.update(allowance_resets_at=timezone.now())
    standin.github.used.clear()
    assert counts(run())["new"] == 3  # those never asked about come first


def test_an_allowance_that_others_used_up_is_no_failure(standin, world):
    many(world, 3)
    world.rest_allowance = 0
    done = run()
    assert (done.status, counts(done), done.left) == (Run.Status.DONE, {}, 3)


def test_one_repository_that_cannot_be_had_does_not_stop_the_others(standin, world):
    many(world, 3)
    standin.misbehave("github", "500", times=4)
    assert counts(run()) == {"new": 2, "failed": 1}


def test_two_neighbours_that_never_answer_do_not_stop_the_others(standin, world, settings):
    """GitHub answers something that costs nothing: so it is not GitHub that fails."""
    settings.INGEST_BACKOFF = 0
    many(world, 8)
    for number in (1, 2):
        world.repositories[number].gone = 500
    for _ in range(2):
        done = run()
        assert (done.status, counts(done)["failed"]) == (Run.Status.FAILED, 2)
    assert Repository.objects.exclude(stars=None).count() == 6
    for number in range(1, 9):
        world.repositories[number].gone = 500
    assert counts(run()) == {"failed": 8}


def test_a_page_of_something_in_between_is_no_word_of_github(standin, world):
    many(world, 2)
    standin.misbehave("github", "html", times=None)
    done = run()
    assert (done.status, StarCount.objects.count()) == (Run.Status.FAILED, 0)
    assert not Repository.objects.exclude(gone_at=None).exists()


# Gone


@pytest.fixture(params=["t", ""])
def either(request: Any, standin: Standin, settings: Any) -> None:
    """Once with a token and once without."""
    settings.SOURCES["github"]["key"] = request.param


def test_what_is_gone_is_recorded_once_and_kept(either, standin):
    make_paper(repository="olu/claim")
    make_paper(repository="fogworks/blocked")
    assert counts(run()) == {"changed": 2}
    claim, blocked = row("olu/claim"), row("fogworks/blocked")
    assert (claim.gone_reason, blocked.gone_reason) == (GoneReason.DELETED, GoneReason.BLOCKED)
    assert claim.gone_at is not None
    assert counts(run()) == {"skipped": 2}
    assert row("olu/claim").gone_at == claim.gone_at


def test_what_is_back_is_there_again(either, standin, world):
    make_paper(repository="olu/claim")
    run()
    world.repositories[9_000_003].gone = None
    assert counts(run()) == {"new": 1}
    assert (row("olu/claim").gone_at, row("olu/claim").gone_reason) == (None, "")


# New names


def test_a_renamed_repository_takes_its_new_name(
    either, standin, client, django_capture_on_commit_callbacks
):
    paper = make_paper(repository="kgoedeler/tides")
    told: list[list[int]] = []

    def listen(ids: list[int], **kwargs: Any) -> None:
        told.append(ids)

    papers_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            run()
    finally:
        papers_changed.disconnect(listen)
    assert [paper.pk] in told
    kernels = Repository.objects.get()
    assert (kernels.full_name, kernels.stars) == ("tidal-lab/tidal-kernels", 77)
    assert str(RepositoryAlias.objects.get()) == "kgoedeler/tides"
    old = client.get("/repositories/github.com/KGoedeler/tides/?sort=year")
    assert (old.status_code, old["location"]) == (301, kernels.get_absolute_url() + "?sort=year")
    assert counts(run()) == {"same": 1}


def test_another_spelling_is_taken_without_an_alias(either, standin):
    make_paper(repository="Lighthouse/LANTERNS")
    run()
    assert Repository.objects.get().full_name == "lighthouse/lanterns"
    assert not RepositoryAlias.objects.exists()


def test_old_and_new_name_become_one_row(either, standin):
    paper = make_paper(repository="kgoedeler/tides")
    other = make_paper(repository="tidal-lab/tidal-kernels")
    old, new = row("kgoedeler/tides"), row("tidal-lab/tidal-kernels")
    day = date(2024, 1, 1)
    StarCount.objects.create(repository=old, date=day, stars=9)
    StarCount.objects.create(repository=new, date=day, stars=7)
    StarCount.objects.create(repository=old, date=date(2023, 1, 1), stars=5)
    RepositoryAlias.objects.create(repository=old, host="github.com", owner="older", name="tides")
    run()
    kernels = Repository.objects.get()
    assert kernels.pk == new.pk
    assert {link.paper_id for link in kernels.paper_links.all()} == {paper.pk, other.pk}
    assert list(kernels.star_counts.values_list("stars", flat=True)) == [5, 9, 77]
    assert {str(alias) for alias in kernels.aliases.all()} == {"kgoedeler/tides", "older/tides"}
    assert counts(run()) == {"same": 1}


@pytest.mark.parametrize(
    ("old", "new", "retired"),
    [
        ((Source.CURATOR, True), (Source.LIST, False), True),
        ((Source.LIST, False), (Source.CURATOR, True), True),
        ((Source.CURATOR, False), (Source.LIST, True), False),
        ((Source.LIST, False), (Source.LIST, True), False),
        ((Source.CURATOR, True), (Source.CURATOR, False), True),
    ],
)
def test_a_curators_word_outlives_a_merge(standin, token, old, new, retired):
    paper = make_paper(repository="kgoedeler/tides")
    make_paper(repository="kgoedeler/tides")  # so that it is asked about in any case
    both = [
        row("kgoedeler/tides"),
        Repository.objects.create(owner="tidal-lab", name="tidal-kernels"),
    ]
    PaperRepository.objects.create(paper=paper, repository=both[1])
    for repository, (source, gone) in zip(both, (old, new), strict=True):
        PaperRepository.objects.filter(repository=repository, paper=paper).update(
            source=source, retired_at=timezone.now() if gone else None
        )
    run()
    assert Repository.objects.count() == 1
    link = PaperRepository.objects.get(paper=paper)
    assert (link.retired_at is not None) == retired


def test_a_badge_of_the_same_repository_is_none(standin, token):
    make_paper(repository="kgoedeler/tides")
    other = make_paper(repository="lighthouse/lanterns")
    new = Repository.objects.create(owner="tidal-lab", name="tidal-kernels")
    PaperRepository.objects.filter(repository__name="tides").update(badge_repository=new)
    PaperRepository.objects.filter(paper=other).update(badge_repository=row("kgoedeler/tides"))
    run()
    assert PaperRepository.objects.get(repository=new).badge_repository is None
    assert PaperRepository.objects.get(paper=other).badge_repository == new


def found(*named: tuple[Repository, str, int | None]) -> dict[int, Outcome]:
    return {one.pk: told(full_name, number) for one, full_name, number in named}


def told(full_name: str, number: int | None) -> Found:
    owner, name = full_name.split("/")
    return Found(RepositoryRecord(owner, name, stars=number or 1, host_id=number))


def make_rows(*full_names: str, numbered: bool = True) -> list[Repository]:
    for full_name in full_names:
        make_paper(repository=full_name)
    rows = [row(full_name) for full_name in full_names]
    for number, one in enumerate(rows, 1):
        Repository.objects.filter(pk=one.pk).update(host_id=number if numbered else None)
    return rows


def names() -> dict[int | None, str]:
    return {one.host_id: one.full_name for one in Repository.objects.all()}


def test_a_chain_of_renames_is_followed():
    a, b, c = make_rows("x/a", "x/b", "x/c")
    store_outcomes(found((a, "x/b", 1), (b, "x/c", 2), (c, "x/d", 3)))
    assert names() == {1: "x/b", 2: "x/c", 3: "x/d"}
    assert [str(alias) for alias in RepositoryAlias.objects.all()] == ["x/a"]


def test_two_that_exchange_their_names_are_told_apart():
    a, b = make_rows("x/a", "y/b")
    store_outcomes(found((a, "y/b", 1), (b, "x/a", 2)))
    assert names() == {1: "y/b", 2: "x/a"}
    assert not RepositoryAlias.objects.exists()


def test_a_name_that_is_anothers_is_not_taken_before_it_is_free():
    a, b, c = make_rows("x/a", "x/b", "x/c")
    store_outcomes(found((a, "x/b", 1), (b, "x/c", 2)))  # c was not asked about
    assert names() == {1: "x/a", 2: "x/b", 3: "x/c"}
    store_outcomes(found((c, "x/d", 3)))
    store_outcomes(found((b, "x/c", 2)))
    store_outcomes(found((a, "x/b", 1)))
    assert names() == {1: "x/b", 2: "x/c", 3: "x/d"}


def test_who_waits_for_a_name_is_told_it_again():
    """GitHub would say that nothing has changed since."""
    a, _ = make_rows("x/a", "x/b")
    stored = store_outcomes({a.pk: Found(told("x/b", 1).record, '"tag"')})
    assert stored.seen[a.pk].etag == ""


def test_a_name_taken_back_is_no_former_name():
    (a,) = make_rows("x/a")
    store_outcomes(found((a, "x/b", 1)))
    store_outcomes(found((a, "x/a", 1)))
    assert [str(alias) for alias in RepositoryAlias.objects.all()] == ["x/b"]


def test_one_number_is_one_repository_whatever_the_batch_says_else():
    old, new = make_rows("x/old", "x/new", numbered=False)
    Repository.objects.filter(pk=new.pk).update(host_id=7, stars=3, stars_on=date(2024, 1, 1))
    store_outcomes({**found((old, "x/new", 7)), new.pk: Gone(GoneReason.DELETED)})
    (one,) = Repository.objects.all()
    assert (one.pk, one.stars, one.gone_at) == (new.pk, 7, None)


def test_three_names_of_one_repository_become_one_row():
    a, b, c = make_rows("x/a", "x/b", "x/c", numbered=False)
    stored = store_outcomes(found((a, "x/c", 7), (b, "x/c", 7), (c, "x/c", 7)))
    assert names() == {7: "x/c"}
    assert stored.tally.done == 3
    assert {str(alias) for alias in RepositoryAlias.objects.all()} == {"x/a", "x/b"}


def test_that_all_repositories_are_gone_at_once_is_a_failure(standin, world, either):
    rows = []
    for number in range(5):
        tell(world, Told(id=700 + number, owner="quay", name=f"n{number}", stars=3))
        rows.append(make_paper(repository=f"quay/n{number}"))
    run()
    for number in range(5):
        world.repositories.pop(700 + number)
    done = run()
    assert (done.status, counts(done)) == ("failed", {"failed": 5})
    assert not Repository.objects.exclude(gone_at=None).exists()


def test_a_name_joins_the_row_that_has_its_number():
    a, b, c = make_rows("x/a", "x/b", "x/c", numbered=False)
    store_outcomes(found((a, "x/c", None), (b, "x/b", 3), (c, "x/c", 3)))
    assert names() == {3: "x/c"}


def test_renames_between_two_requests_break_nothing():
    a, b = make_rows("x/a", "x/b", numbered=False)
    store_outcomes(found((a, "x/n", 1), (b, "x/n", 2)))
    assert names() == {1: "x/n", 2: "x/b"}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 4)), max_size=8))
def test_no_renaming_breaks_a_constraint(steps):
    """Whatever numbers and names come for four repositories in two batches, each row keeps one name of its own."""
    Paper.objects.all().delete()
    Repository.objects.all().delete()
    make_rows("x/1", "x/2", "x/3", "x/4", numbered=False)
    for batch in (steps[:4], steps[4:]):
        rows = dict(enumerate(Repository.objects.order_by("pk"), 1))
        outcomes: dict[int, Outcome] = {
            rows[who].pk: Found(RepositoryRecord("x", str(name), stars=1, host_id=number or None))
            for who, name, number in batch
            if who in rows
        }
        store_outcomes(outcomes)
    assert not Repository.objects.filter(owner__startswith="~").exists()
    real = {one.key for one in Repository.objects.all()}
    assert not real & {alias.key for alias in RepositoryAlias.objects.all()}
    assert PaperRepository.objects.count() == 4


def test_a_name_registered_again_is_another_repository(either, standin, world):
    paper = make_paper(repository="lighthouse/lanterns")
    run()
    world.repositories.pop(LANTERNS)
    tell(world, Told(id=5, owner="lighthouse", name="lanterns", stars=3))
    done = run()
    assert counts(done) == {"skipped": 1}
    problem = Problem.objects.get()
    assert (problem.kind, problem.paper) == ("repository-replaced", paper)
    assert (row("lighthouse/lanterns").stars, row("lighthouse/lanterns").host_id) == (
        1234,
        LANTERNS,
    )
    visit = Visit.objects.get(source=Source.GITHUB)
    assert (visit.outcome, "another repository" in visit.reason) == (VisitOutcome.FOUND, True)
    run()
    assert Problem.objects.count() == 1
    Repository.objects.update(host_id=None)  # a curator takes the new one
    assert counts(run()) == {"changed": 1}
    assert row("lighthouse/lanterns").stars == 3
    assert not Problem.objects.open().exists()


def test_ours_is_found_by_its_number_when_another_has_its_name(either, standin, world):
    make_paper(repository="lighthouse/lanterns")
    make_paper(repository="tidal-lab/tidal-kernels")
    run()
    with world.lock:
        lanterns, kernels = world.repositories[LANTERNS], world.repositories[KERNELS]
        lanterns.owner, kernels.owner = kernels.owner, lanterns.owner
        lanterns.name, kernels.name = kernels.name, lanterns.name
    assert counts(run()) == {"changed": 2}
    assert names() == {LANTERNS: "tidal-lab/tidal-kernels", KERNELS: "lighthouse/lanterns"}
    assert row("tidal-lab/tidal-kernels").stars == 1234


def test_an_answer_that_nothing_changed_needs_something_to_go_on_from():
    (a,) = make_rows("x/a")
    assert store_outcomes({a.pk: Unchanged("e")}).tally.done == 1
    assert not StarCount.objects.exists()


# Lists that print former names

LIST = """# Field
## 1. Attention
1. [**Tides.**](https://arxiv.org/abs/2401.00001) *Ann Lee.* Arxiv 2024.
[![s](https://img.shields.io/github/stars/kgoedeler/tides)](https://github.com/kgoedeler/tides/tree/main/code)
2. [**Waves.**](https://arxiv.org/abs/2401.00002) *Ann Lee.* Arxiv 2024.
[![s](https://img.shields.io/github/stars/kgoedeler/tides)](https://github.com/tidal-lab/tidal-kernels)
"""


def test_a_list_that_prints_the_old_name_means_the_renamed_repository(standin, token):
    import_list(LIST.encode(), "field")
    run()
    before = list(PaperRepository.objects.order_by("pk").values())
    assert not plan_list(LIST.encode(), "field")
    with CaptureQueriesContext(connection) as captured:
        outcome = import_list(LIST.encode(), "field")
    assert (outcome.status, outcome.run, writes(captured)) == ("applied", None, [])
    assert Repository.objects.get().full_name == "tidal-lab/tidal-kernels"
    assert list(PaperRepository.objects.order_by("pk").values()) == before
    assert before[0]["url"] == "https://github.com/tidal-lab/tidal-kernels/tree/main/code"


def test_a_paper_new_to_the_list_gets_the_renamed_repository(standin, token):
    import_list(LIST.encode(), "field")
    run()
    more = LIST + (
        "3. [**Ebb.**](https://arxiv.org/abs/2401.00003) *Ann Lee.* Arxiv 2024.\n"
        "[![s](https://img.shields.io/github/stars/KGoedeler/Tides)](https://github.com/KGoedeler/Tides)\n"
    )
    import_list(more.encode(), "field")
    assert Repository.objects.count() == 1
    assert PaperRepository.objects.count() == 3


def test_an_export_prints_the_present_name(standin, token):
    import_list(LIST.encode(), "field")
    run()
    text = write_markdown(Catalogue.objects.get())
    assert "kgoedeler" not in text
    assert "github.com/tidal-lab/tidal-kernels" in text
    assert not plan_list(text.encode(), "field").changed


def test_a_former_name_never_hides_a_repository_of_that_name(client):
    (a,) = make_rows("x/a")
    store_outcomes(found((a, "x/b", 1)))
    other = Repository.objects.create(owner="X", name="A")
    import_list(LIST.replace("kgoedeler/tides", "x/a").encode(), "field")
    assert PaperRepository.objects.filter(repository=other).count() == 1
    assert client.get("/repositories/github.com/x/a/").status_code == 200


def test_the_admin_shows_former_names_and_what_github_says(admin_client):
    (a,) = make_rows("x/a")
    store_outcomes(found((a, "x/b", 1)))
    page = admin_client.get(f"/admin/catalog/repository/{a.pk}/change/").text
    assert "former names" in page.lower()
    assert "<p>a</p>" in page
    assert 'name="licence"' not in page
    assert 'name="host_id"' in page
