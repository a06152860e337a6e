"""Questions with known answers, one JSON object a line: kind, question, answers (arXiv ids, other identifiers or titles).

`held-out.jsonl` is what figures are published of; nothing is tuned on it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.folding import fold
from catalog.identifiers import parse_identifier
from catalog.models import Identifier, Paper, TitleAlias

HELD_OUT = Path(__file__).parent / "held-out.jsonl"


class QuestionsRefused(Exception):
    """The file holds no questions; the message is one line."""


@dataclass(frozen=True, slots=True)
class Question:
    """`answers` are as the file names them, `papers` their keys: those that are not in the catalogue are missing."""

    kind: str
    text: str
    answers: tuple[str, ...]
    papers: tuple[int, ...] = ()


def read_questions(path: Path) -> list[Question]:
    """Read a file of questions and look their answers up; raise QuestionsRefused."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise QuestionsRefused(f"{path}: {reason}") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    questions = [_read(path, number, line) for number, line in numbered]
    if not questions:
        raise QuestionsRefused(f"{path}: no questions")
    return list(_looked_up(questions))


def _read(path: Path, number: int, line: str) -> Question:
    try:
        row: Any = json.loads(line)
        kind, text, answers = row.get("kind", "any"), row["question"], row["answers"]
        if not (isinstance(kind, str) and isinstance(text, str) and isinstance(answers, list)):
            raise TypeError
        if not answers or not all(isinstance(one, str) for one in answers):
            raise TypeError
        if not text.strip():
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionsRefused(
            f"{path}, line {number}: expected an object with a question and answers (a list of ids or titles)"
        ) from error
    return Question(kind, text, tuple(answers))


def _looked_up(questions: Sequence[Question]) -> Iterator[Question]:
    named = {answer for question in questions for answer in question.answers}
    papers = {answer: paper for answer in named if (paper := _paper(answer))}
    for question in questions:
        found = dict.fromkeys(papers[answer] for answer in question.answers if answer in papers)
        yield Question(question.kind, question.text, question.answers, tuple(found))


def _paper(answer: str) -> int | None:
    """The paper that an identifier or a title names."""
    if ident := parse_identifier(answer):
        row = Identifier.objects.filter(scheme=ident.scheme, value=ident.value).first()
        if row:
            return row.paper_id
    key = fold(answer)
    paper = Paper.objects.public().filter(title_key=key).values_list("pk", flat=True).first()
    if paper:
        return paper
    alias = TitleAlias.objects.filter(title_key=key, paper__merged_into=None)
    return alias.values_list("paper", flat=True).first()
