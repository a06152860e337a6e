"""The real list that the first catalogue comes from, and its export that the repository carries."""

from pathlib import Path

import pytest

from catalog.models import Catalogue, Identifier, Paper, Repository, Topic
from ingest.lists.service import import_list
from ingest.lists.writer import write_markdown
from tests.ingest.lists.test_import import every_row

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
STARTER = ROOT / "ingest/starter/long-context.md"
SEED = ROOT.parent / "shared/data/seed-list.md"
seed_only = pytest.mark.skipif(not SEED.exists(), reason=f"the seed is not at {SEED}")


@seed_only
def test_the_seed_gives_what_it_holds():
    outcome = import_list(SEED.read_bytes(), "long-context")
    counts = outcome.plan.counts()
    assert counts == {
        "entries": 825,
        "papers": 803,
        "topics": 23,
        "placements": 822,
        "announcements": 132,
        "badges": 399,
        "repositories": 374,
        "links": 41,
        "repaired_lines": 59,
        "new": 803,
        "changed": 0,
        "moved": 0,
        "gone": 0,
    }
    kinds = [problem.kind for problem in outcome.plan.problems]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "url-repaired": 1,
        "venue-typo": 13,
        "badge-repaired": 9,
        "badge-mismatch": 1,
        "identifier-contested": 1,
        "title-differs": 1,
        "listed-twice": 3,
        "announcement-unmatched": 1,
        "announced-twice": 1,
        "authors-cut": 2,
    }
    told = {problem.kind: problem for problem in outcome.plan.problems}
    assert (told["url-repaired"].line, told["badge-mismatch"].line) == (1940, 370)
    assert "2309.13345" in told["identifier-contested"].message
    assert "GSM-Infinite" in told["announcement-unmatched"].message
    assert Topic.objects.filter(parent=None).count() == 15
    below = Topic.objects.exclude(parent=None).values_list("parent__name", flat=True)
    assert sorted(list(below).count(name) for name in set(below)) == [2, 2, 4]
    for name in ("LongRAG", "LongGenBench", "Quest"):
        assert Paper.objects.filter(title__startswith=f"{name}:").count() == 2
    contested = Identifier.objects.get(value="2309.13345").paper
    assert contested.title.startswith("BAMBOO")
    assert Repository.objects.filter(owner="OpenSparseLLMs", name="MoM").exists()


@seed_only
def test_importing_the_seed_again_writes_nothing():
    import_list(SEED.read_bytes(), "long-context")
    before = every_row()
    outcome = import_list(SEED.read_bytes(), "long-context")
    assert not outcome.plan
    assert every_row() == before


@seed_only
def test_the_starter_is_the_export_of_the_seed():
    import_list(SEED.read_bytes(), "long-context")
    Catalogue.objects.update(
        title="Long-context modelling",
        origin_name="Awesome-LLM-Long-Context-Modeling",
        origin_url="https://github.com/Xnhyacinth/Awesome-LLM-Long-Context-Modeling",
        licence="MIT",
    )
    assert write_markdown(Catalogue.objects.get()) == STARTER.read_text()
    counts = import_list(STARTER.read_bytes(), "long-context").plan.counts()
    assert [counts[key] for key in ("new", "changed", "moved", "gone")] == [0, 0, 0, 0]


def test_the_starter_exports_as_it_was_and_the_original_adds_nothing_to_it():
    import_list(STARTER.read_bytes(), "long-context")
    catalogue = Catalogue.objects.get()
    assert catalogue.title == "Long-context modelling"
    assert catalogue.licence == "MIT"
    assert write_markdown(catalogue) == STARTER.read_text()


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.8])
def test_a_file_cut_short_is_refused_with_what_would_be_lost(keep):
    whole = STARTER.read_bytes()
    import_list(whole, "long-context")
    before = every_row()
    cut = whole[: int(len(whole) * keep)].decode("utf-8", "ignore").encode()
    outcome = import_list(cut, "long-context")
    assert outcome.status == "refused"
    assert f"of {Paper.objects.count() + 19} entries" in outcome.message
    assert every_row() == before
