"""Acronyms and what they stand for, mined from the titles and abstracts themselves, and words that mean nearly the same;
editable in the admin.

The pairs are those of Schwartz and Hearst (2003, "A simple algorithm for identifying abbreviation definitions in biomedical
text"): a short form in brackets behind its long form, each character of the short one found in the long one from right to
left, the first at the beginning of a word. A question with one of the two is widened by the other.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.db import connection

from search.models import Synonym
from search.thesaurus import CHINESE, GROUPS
from search.words import STOP_WORDS, is_cjk, key, parts, stem

LEAST_PAPERS = 2  # that must say so: what one paper alone calls itself widens nothing
_TRUSTED_FOR = 15.0  # seconds
_BRACKETS = re.compile(r"\(([A-Z0-9][\w&/+-]{1,9}?)(s)?\)")
_WORD = re.compile(r"[\w'’/-]+")
_LONGEST = 8  # words of a long form
# General acronyms of the field whose long form is seldom printed beside them, and words of one meaning.
KNOWN = (
    ("KV", "key value"),
    ("LLM", "large language model"),
    ("RAG", "retrieval augmented generation"),
    ("RoPE", "rotary position embedding"),
    ("SSM", "state space model"),
    ("MoE", "mixture of experts"),
    ("CoT", "chain of thought"),
    ("ICL", "in context learning"),
    ("QA", "question answering"),
    ("RNN", "recurrent neural network"),
    ("VLM", "vision language model"),
    ("RL", "reinforcement learning"),
    ("SFT", "supervised fine tuning"),
    ("MLLM", "multimodal large language model"),
    ("NLP", "natural language processing"),
    *(pair for group in GROUPS for pair in combinations(group, 2)),
    *CHINESE,
)

_known: tuple[float, "Synonyms"] | None = None
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The pairs in use, each looked up by the words of either side; English words by their stems."""

    others: Mapping[Words, tuple[Words, ...]]

    def pairs(
        self, words: Sequence[str], names: Sequence[str] = ()
    ) -> Iterator[tuple[Words, Words]]:
        """Yield words of a question, or names that some of them make together, each with what else it may say for them."""
        stems = [stem(word) for word in words]
        for name in dict.fromkeys(names):
            for others in self.others.get((stem(name),), ()):
                yield (name,), others
        for length in range(1, _LONGEST + 1):
            for place in range(len(words) - length + 1):
                row = tuple(stems[place : place + length])
                # An acronym in the plural: "LLMs".
                found = self.others.get(row) or self.others.get(
                    (*row[:-1], row[-1].removesuffix("s")), ()
                )
                for others in found:
                    yield tuple(words[place : place + length]), others


def synonyms() -> Synonyms:
    """Return the pairs in use, as they were some seconds ago."""
    global _known
    known = _known
    if known is None or time.monotonic() - known[0] > _TRUSTED_FOR:
        rows = Synonym.objects.filter(is_active=True).values_list("short", "long")
        _known = known = time.monotonic(), by_words(rows)
    return known[1]


def by_words(pairs: Iterable[tuple[str, str]]) -> Synonyms:
    others: dict[Words, list[Words]] = defaultdict(list)
    for one, other in pairs:
        short, long = _words_of(one), tuple(parts(other))
        if short and long and short != long:
            others[_stems(short)].append(long)
            others[_stems(long)].append(short)
    return Synonyms({words: tuple(dict.fromkeys(rows)) for words, rows in others.items()})


def _words_of(text: str) -> Words:
    """The words of a side; an acronym is one word, however its capitals fall ("RoPE")."""
    return tuple(parts(text)) if " " in text.strip() or is_cjk(text) else (key(text),)


def _stems(words: Words) -> Words:
    return tuple(stem(word) for word in words)


def forget() -> None:
    """Read the pairs anew at the next question."""
    global _known
    _known = None


def mine_synonyms() -> int:
    """Bring the mined pairs up to date with the papers; return how many rows were written. Curated ones stay."""
    counted: dict[tuple[str, str], set[int]] = defaultdict(set)
    printed: dict[tuple[str, str], tuple[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, title, abstract FROM catalog_paper WHERE merged_into_id IS NULL "
            "AND (title LIKE '%(%' OR abstract LIKE '%(%') ORDER BY id"
        )
        for paper, *texts in cursor.fetchall():
            for text in texts:
                for short, long in pairs_in(text):
                    pair = _folded(short, long)
                    counted[pair].add(paper)
                    printed.setdefault(pair, (short, " ".join(long)))
    found = {
        printed[pair]: len(papers)
        for pair, papers in counted.items()
        if len(papers) >= LEAST_PAPERS
    }
    known = {_folded(short, parts(long)) for short, long in found}
    found |= {pair: 0 for pair in KNOWN if _folded(pair[0], parts(pair[1])) not in known}
    return _write(found)


def _folded(short: str, long: Iterable[str]) -> tuple[str, str]:
    return key(short), " ".join(word.removesuffix("s") for word in long)


def _write(found: Mapping[tuple[str, str], int]) -> int:
    rows = {(row.short, row.long): row for row in Synonym.objects.all()}
    fresh = [
        Synonym(short=short, long=long, papers=papers)
        for (short, long), papers in found.items()
        if (short, long) not in rows
    ]
    Synonym.objects.bulk_create(fresh, ignore_conflicts=True)
    changed = [row for pair, row in rows.items() if row.papers != found.get(pair, 0)]
    for row in changed:
        row.papers = found.get((row.short, row.long), 0)
    Synonym.objects.bulk_update(changed, ["papers"])
    stale = [row.pk for pair, row in rows.items() if pair not in found and not row.is_curated]
    Synonym.objects.filter(pk__in=stale).delete()
    if fresh or changed or stale:
        forget()
    return len(fresh) + len(changed)


def pairs_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the short forms that a text defines, each with the words of its long form, folded."""
    for match in _BRACKETS.finditer(text):
        short = match[1]
        if not any(char.isalpha() for char in short) or sum(map(str.isupper, short)) < 2:
            continue
        before = parts(" ".join(_WORD.findall(text[max(0, match.start() - 150) : match.start()])))
        if long := long_form("".join(parts(short)), before):
            yield short, long


def long_form(short: str, before: list[str]) -> list[str] | None:
    """Return the last words of a text that a short form stands for; None when they do not."""
    most = min(len(short) + 5, 2 * len(short), _LONGEST, len(before))
    for count in range(2, most + 1):
        words = before[-count:]
        if words[0] in STOP_WORDS or words[-1] in STOP_WORDS or words[0][:1] != short[:1]:
            continue
        if short not in words and _spells(short, words):
            return words
    return None


def _spells(short: str, words: list[str]) -> bool:
    """Whether each character of the short form stands in the words, in order, each word that says something giving one."""
    said = [word for word in words if word not in STOP_WORDS]
    initials = "".join(word[0] for word in said)
    if short == initials or short == "".join(word[0] for word in words):
        return True
    place = 0
    for number, word in enumerate(said):
        if place >= len(short) or word[0] != short[place]:
            return False
        place += 1
        rest = said[number + 1 :]
        for char in word[1:]:
            if place < len(short) and char == short[place] and not (rest and rest[0][0] == char):
                place += 1
    return place == len(short)
