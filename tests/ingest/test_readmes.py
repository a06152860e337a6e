"""READMEs: which papers they name, read with a token and without, and no cost to the stars."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Evidence, Readme, Repository, SourceState
from catalog.models.upkeep import RunJob
from ingest import jobs
from ingest.models import Visit
from ingest.sources.github.naming import papers_named
from ingest.standins import RepositoryRecord as Told
from tests.factories import make_paper
from tests.ingest.running import counts, run_job
from tests.ingest.test_github import tell, writes

TEXT = """# Lanterns: Long Light for Ships (ICLR 2024)

[![arXiv](https://img.shields.io/badge/arXiv-2401.00007-b31b1b.svg)](https://arxiv.org/abs/2401.00007v2)
See also **Foghorns: Long Sound for Ships**, [arXiv:2309.17453](https://arxiv.org/pdf/2309.17453.pdf) and doi:10.1000/xyz123.

```bibtex
@article{lanterns, title={Lanterns: Long Light
  for Ships}, eprint = {2401.00007},
  journal={arXiv preprint arXiv:2401.00007}}
```
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://arxiv.org/abs/2309.17453", ["arxiv:2309.17453"]),
        ("[paper](https://arxiv.org/pdf/2309.17453v3.pdf).", ["arxiv:2309.17453"]),
        ("arXiv: 2309.17453", ["arxiv:2309.17453"]),
        ("eprint={2309.17453}", ["arxiv:2309.17453"]),
        ("arXiv preprint arXiv:2309.17453", ["arxiv:2309.17453"]),
        ("https://img.shields.io/badge/arXiv-2309.17453-red", ["arxiv:2309.17453"]),
        ("https://huggingface.co/papers/2309.17453", ["arxiv:2309.17453"]),
        ("https://openreview.net/forum?id=NG7sS51zVF", ["openreview:NG7sS51zVF"]),
        ("https://aclanthology.org/2023.acl-long.1/", ["acl:2023.acl-long.1"]),
        ("doi = {10.1145/3600006.3613165}", ["doi:10.1145/3600006.3613165"]),
        ("version 2309.17453 of the tool", []),
        ("https://example.org/", []),
        ("", []),
    ],
)
@pytest.mark.django_db
def test_identifiers_in_readmes(text, expected):
    assert list(papers_named(text).identifiers) == expected


@pytest.mark.django_db
def test_titles_in_readmes():
    make_paper("Foghorns: Long Sound for Ships")
    found = papers_named(TEXT + "\x00\ud800")
    assert set(found.titles) == {"lanternslonglightforships", "foghornslongsoundforships"}
    assert "Foghorns" in found.titles["foghornslongsoundforships"]
    plain = papers_named("This is the code of Long Nights  at\nSea by us.", ["longnightsatsea"])
    assert list(plain.titles) == ["longnightsatsea"]


@pytest.mark.django_db
def test_hostile_readmes_are_read_in_no_time():
    began = time.monotonic()
    for text in (
        "[" * 100_000,
        "title = {" * 20_000,
        "#" * 200_000,
        "**" * 90_000,
        "<h1>" * 50_000,
        "badge/" * 30_000,
    ):
        assert papers_named(text, ["longnightsatsea"]).identifiers == {}
    assert time.monotonic() - began < 20  # hours, where a pattern looks back


pytestmark = pytest.mark.django_db


@pytest.fixture(params=["with a token", "without one"])
def way(request: Any, standin: Any, settings: Any) -> str:
    if request.param == "with a token":
        settings.SOURCES["github"]["key"] = "t"
    return str(request.param)


def read() -> Any:
    return run_job("readmes")


def lanterns(world: Any, readme: str | None = TEXT, **facts: Any) -> None:
    tell(world, Told(id=1, owner="many", name="code", readme=readme, **facts))


def test_a_readme_that_names_the_paper_is_evidence(way, world):
    lanterns(world)
    paper = make_paper("Another title", arxiv="2401.00007", repository="many/code")
    assert counts(read()) == {"new": 1}
    evidence = Evidence.objects.get(kind="readme")
    assert evidence.paper == paper
    assert "2401.00007" in evidence.quote
    assert "Lanterns" not in str(Readme.objects.get().identifiers["arxiv:2309.17453"])


def test_asking_again_writes_nothing(way, world):
    lanterns(world)
    make_paper("Lanterns: Long Light for Ships", repository="many/code")
    read()
    with CaptureQueriesContext(connection) as captured:
        assert counts(read()) == {"same": 1}
    assert writes(captured) == []
    assert Visit.objects.get(kind="readme").outcome == "found"


def test_a_readme_that_changes_is_read_anew_and_one_that_goes_is_forgotten(way, world):
    lanterns(world)
    make_paper("Lanterns: Long Light for Ships", repository="many/code")
    read()
    lanterns(world, "# Something else")
    assert counts(read()) == {"changed": 1}
    assert not Evidence.objects.filter(kind="readme").exists()
    lanterns(world, None)
    assert counts(read()) == {"changed": 1}
    assert not Readme.objects.exists()
    assert counts(read()) == {"skipped": 1}


@pytest.mark.parametrize("name", ["README.md", "readme.md", "README.rst", "README"])
def test_usual_names_of_readmes(way, world, name):
    lanterns(world, readme_name=name)
    make_paper("Lanterns: Long Light for Ships", repository="many/code")
    assert counts(read()) == {"new": 1}


def test_renamed_gone_and_blocked_repositories_fail_nothing(way, world):
    lanterns(world, former_names=["was/here"])
    tell(
        world,
        Told(id=2, owner="many", name="gone", gone=404),
        Told(id=3, owner="many", name="law", gone=451),
    )
    paper = make_paper("Lanterns: Long Light for Ships", repository="was/here")
    make_paper(repository="many/gone")
    make_paper(repository="many/law")
    run = read()
    assert (run.status, counts(run)) == ("done", {"new": 1, "skipped": 2})
    assert Evidence.objects.get(kind="readme").paper == paper


def test_without_a_token_half_of_the_allowance_is_left_to_the_stars(standin, world):
    world.rest_allowance = 12
    for n in range(10):
        tell(world, Told(id=n + 1, owner="many", name=f"r{n}", readme="x"))
        make_paper(repository=f"many/r{n}")
    run = read()
    assert run.status == "done"
    assert run.new + run.skipped <= 6
    assert "stars" in run.message
    assert SourceState.objects.filter(source="github", allowance_left__gte=6).exists()


def test_a_readme_that_cannot_be_had_does_not_keep_others_from_being_read(way, world):
    lanterns(world)
    tell(world, Told(id=2, owner="many", name="broken", gone=500 if way == "without one" else 451))
    make_paper("Lanterns: Long Light for Ships", repository="many/code")
    make_paper(repository="many/broken")
    read()
    assert Evidence.objects.filter(kind="readme").count() == 1


def test_a_schedule_asks_again_after_a_month(way, world):
    lanterns(world)
    make_paper("Lanterns: Long Light for Ships", repository="many/code")
    read()
    assert jobs.start_scheduled(RunJob.READMES) is None
    Visit.objects.update(visited_at=timezone.now() - timedelta(days=31))
    assert jobs.start_scheduled(RunJob.READMES)


def test_stars_are_counted_as_before(way, world):
    lanterns(world, stars=7)
    make_paper(repository="many/code")
    assert counts(run_job("github")) == {"new": 1}
    assert Repository.objects.get().stars == 7


def test_the_first_run_reads_the_texts_that_were_there_before(way, world):
    lanterns(world)
    make_paper(repository="many/code", abstract="https://github.com/many/code")
    read()
    assert set(Evidence.objects.values_list("kind", flat=True)) >= {"abstract", "list"}
