"""Other engines on the same corpus and questions, each in its own process and environment (engines.py)."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from search.benchmark.corpus import Corpus

REQUIREMENTS = settings.BASE_DIR / "requirements-bench.txt"
_SCRIPT = Path(__file__).with_name("engines.py")
_INSTALL_SECONDS, _ASK_SECONDS = 300, 3600


class PeersMissing(Exception):
    """The other engines cannot be had; the message is one line."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine's answers, in the questions' order; `missing` says why there are none."""

    engine: str
    version: str = ""
    built_s: float = 0.0
    milliseconds: Sequence[float] = ()
    found: Sequence[Sequence[int]] = ()
    missing: str = ""


def ask_peers(
    corpus: Corpus, times: int, questions: Iterable[str], python: Path | None = None
) -> list[Peer]:
    """Let every engine index the corpus and its copies, and answer; raise PeersMissing."""
    python = python or environment()
    with tempfile.TemporaryDirectory(dir=settings.STEMMA_HOME, prefix="peers-") as name:
        folder = Path(name)
        _write(folder, corpus, times, questions)
        command = [str(python), str(_SCRIPT), str(folder)]
        done = _run(command, _ASK_SECONDS)
        return [Peer(**json.loads(line)) for line in done.splitlines()]


def environment() -> Path:
    """Return the Python of an environment with the other engines; make it when it is not there or of other versions."""
    home = settings.STEMMA_HOME / "peers"
    python, stamp = home / "bin" / "python", home / REQUIREMENTS.name
    wanted = REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(home)], _INSTALL_SECONDS)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", str(REQUIREMENTS)], _INSTALL_SECONDS)
        stamp.write_text(wanted)
    return python


def _write(folder: Path, corpus: Corpus, times: int, questions: Iterable[str]) -> None:
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in questions)
    key = 0
    with (folder / "corpus.jsonl").open("w", encoding="utf-8") as file:
        for rows, _ in corpus.chunks(times):
            for row in rows:
                key += 1
                made = {"id": key, "title": row.title, "abstract": row.abstract}
                file.write(json.dumps({**made, "authors": ", ".join(row.authors)}) + "\n")


def _run(command: list[str], seconds: int) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # our own script and pip
            command, capture_output=True, text=True, timeout=seconds, check=True
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise PeersMissing(said[-1] if said else f"{command[0]} failed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeersMissing(str(error).splitlines()[0]) from error
    return done.stdout
