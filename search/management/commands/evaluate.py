"""Ask questions with known answers and show how well search finds them, by its parts and by kinds of question."""

import json
import statistics
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from catalog.locks import AlreadyRunning
from catalog.models import GlossaryEntry
from search import serving
from search.embed import embed_changed
from search.embeddings import ModelUnavailable
from search.evaluation import beir
from search.evaluation.asking import SEARCHED, Asked, Judged, Part, judge
from search.evaluation.measures import Measures, chance_of_difference
from search.evaluation.questions import HELD_OUT, QuestionsRefused, read_questions
from search.glossary import write_entries
from search.index import refresh_words
from search.ranking import SETTINGS
from search.scratch import ScratchRefused, scratch_database

Around = Callable[[], AbstractContextManager[None]]  # what is so while questions are asked

_NAMES = [one.name for one in fields(Measures)]
_REFUSALS = (
    AlreadyRunning,
    ModelUnavailable,
    QuestionsRefused,
    beir.CollectionRefused,
    ScratchRefused,
)
_TESTED = ("mrr_10", "ndcg_10", "hit_5")


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in SETTINGS:
        raise ArgumentTypeError(f"there is no setting “{name}”; there are: {', '.join(SETTINGS)}")
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise ArgumentTypeError(f"“{value}” is no number, as in {name}=0.5")
    return name, int(number) if isinstance(SETTINGS[name], int) else number


@contextmanager
def without_glossary() -> Iterator[None]:
    """Leave the glossary out of index and vectors until the end of the block, in a transaction that is taken back."""
    with transaction.atomic():
        write_entries()  # else the embedding job would bring what is not there yet, to be used
        GlossaryEntry.objects.update(is_active=False)
        embed_changed("evaluation without the glossary")
        yield
        transaction.set_rollback(True)
    serving.forget()


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--questions", metavar="FILE", type=Path, default=HELD_OUT,
            help="One JSON object a line: kind, question, answers (the questions of Stemma's own).",
        )  # fmt: skip
        source.add_argument(
            "--beir", metavar="FOLDER", type=Path,
            help="A collection in BEIR's format instead, read into a scratch database.",
        )  # fmt: skip
        parser.add_argument(
            "--against", metavar="NAME=VALUE", type=_setting, action="append", default=[],
            help="Compare with other settings of the ranking, and say how sure the difference is.",
        )  # fmt: skip
        parser.add_argument(
            "--without-glossary", action="store_true",
            help="As search would be if it did not know what names in titles mean. Nothing is kept; the index is locked meanwhile.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        against = dict(options["against"])
        around = without_glossary if options["without_glossary"] else nullcontext
        try:
            if options["beir"]:
                found = self._collection(options["beir"], against, around, quiet=options["json"])
            else:
                found = self._catalogue(
                    options["questions"], against, around, quiet=options["json"]
                )
        except _REFUSALS as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self._print(found)

    def _catalogue(
        self, file: Path, against: dict[str, float], around: Around, *, quiet: bool
    ) -> dict[str, Any]:
        questions = read_questions(file)
        there = [one for one in questions if one.papers]
        if not there:
            raise CommandError(f"{file}: no paper of this catalogue answers any of its questions.")
        asked = [Asked(one.kind, one.text, dict.fromkeys(one.papers, 1.0)) for one in there]
        with around():
            found = _evaluate(asked, against, quiet=quiet)
        return {"questions": len(asked), "left_out": len(questions) - len(asked), **found}

    def _collection(
        self, folder: Path, against: dict[str, float], around: Around, *, quiet: bool
    ) -> dict[str, Any]:
        questions = beir.read_queries(folder)
        with scratch_database("evaluation"):
            papers = beir.load_documents(folder)
            if not papers:
                raise beir.CollectionRefused(f"{folder}: no documents")
            refresh_words()
            embed_changed("evaluation")
            asked = [
                Asked(
                    "all",
                    one.text,
                    # A relevant document that is not in the collection can be found by nobody, and counts.
                    {papers.get(name, -place): score for place, (name, score) in enumerate(one.wanted.items(), 1)},
                    papers.get(one.id),
                )
                for one in questions.asked
            ]  # fmt: skip
            with around():
                found = _evaluate(asked, against, quiet=quiet)
        notes = questions.notes + questions.missing(papers)
        return {"documents": len(papers), "questions": len(asked), "notes": notes, **found}

    def _print(self, found: dict[str, Any]) -> None:
        counts = ", ".join(
            f"{found[name]} {name.replace('_', ' ')}"
            for name in ("documents", "questions", "left_out")
            if name in found
        )
        for note in found.get("notes", ()):
            counts += f"\n{note}"
        self.stdout.write(
            f"{counts}\n\n{'':24}{''.join(f'{name:>12}' for name in _NAMES)}{'ms':>8}"
        )
        for part, figures in found["parts"].items():
            for kind, one in figures["kinds"].items():
                values = "".join(f"{one[name]:12.3f}" for name in _NAMES)
                label = f"{part}, {kind} ({one['questions']})"
                self.stdout.write(f"{label:24}{values}{one['median_ms']:8.1f}")
        for part, tests in found.get("against", {}).get("parts", {}).items():
            for name, one in tests.items():
                self.stdout.write(
                    f"{part} {name}: {one['ours']:.3f} here, {one['theirs']:.3f} with "
                    f"{found['against']['settings']}, p = {one['p']:.4f}"
                )


def _evaluate(asked: Sequence[Asked], against: dict[str, float], *, quiet: bool) -> dict[str, Any]:
    parts = [*SEARCHED, *([Part.SIMILAR] if all(one.paper for one in asked) else [])]
    with tqdm(total=len(asked) * (2 if against else 1), disable=True if quiet else None) as bar:
        ours = judge(asked, parts, progress=bar.update)
        theirs = judge(asked, SEARCHED, against, bar.update) if against else {}
    found: dict[str, Any] = {
        "parts": {str(part): _figures(asked, one) for part, one in ours.items()}
    }
    if theirs:
        tests = {str(part): _test(ours[part], one) for part, one in theirs.items()}
        found["against"] = {"settings": against, "parts": tests}
    return found


def _figures(asked: Sequence[Asked], judged: Judged) -> dict[str, Any]:
    kinds = list(dict.fromkeys(one.kind for one in asked))
    groups = {kind: [n for n, one in enumerate(asked) if one.kind == kind] for kind in kinds}
    if len(groups) > 1:
        groups = {"all": list(range(len(asked))), **groups}
    return {
        "kinds": {
            kind: {
                "questions": len(places),
                **{
                    name: round(value, 4)
                    for name, value in asdict(
                        Measures.mean([judged.each[n] for n in places])
                    ).items()
                },
                "median_ms": round(statistics.median(judged.milliseconds[n] for n in places), 2),
            }
            for kind, places in groups.items()
        }
    }


def _test(ours: Judged, theirs: Judged) -> dict[str, dict[str, float]]:
    """Whether two settings differ, question by question."""
    found = {}
    for name in _TESTED:
        here = [getattr(one, name) for one in ours.each]
        there = [getattr(one, name) for one in theirs.each]
        found[name] = {
            "ours": round(sum(here) / len(here), 4),
            "theirs": round(sum(there) / len(there), 4),
            "p": round(chance_of_difference(here, there), 5),
        }
    return found
