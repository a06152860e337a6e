"""Citation keys: what LaTeX calls a paper. Given once, at the first export, and kept: a text that cites by one must still compile."""

import re
from collections import Counter
from collections.abc import Mapping
from string import ascii_lowercase
from typing import TYPE_CHECKING

from django.db.models import Count

from catalog.exports.names import split_name
from catalog.folding import fold
from catalog.models import CitationKey

if TYPE_CHECKING:
    from catalog.exports.facts import PaperFacts

_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "on",
        "in",
        "of",
        "for",
        "to",
        "and",
        "from",
        "with",
        "by",
        "at",
        "is",
        "are",
        "do",
        "does",
    ]
)
_WORD = re.compile(r"[^\s\-–—/:()]+")
_LONGEST = 40  # of a part
_TRIES = 100


def stem(facts: "PaperFacts") -> str:
    """First author's family name, year and first telling word: `tay2020efficient`."""
    first = split_name(facts.authors[0]) if facts.authors else None
    family = _ascii(first.family.split()[-1]) if first else ""
    words = (_ascii(word) for word in _WORD.findall(facts.title))
    telling = next((word for word in words if word and word not in _SMALL_WORDS), "paper")
    year = facts.year or (facts.issued[0] if facts.issued else "nd")
    return f"{family[:_LONGEST] or 'anon'}{year}{telling[:_LONGEST]}"


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def give_keys(stems: Mapping[int, str]) -> dict[int, str]:
    """Give each paper its key for good: its stem, with a letter where that is taken. Two at once agree."""
    given: dict[int, str] = {}
    for turn in range(_TRIES):
        wanted = {pk: stems[pk] for pk in sorted(stems) if pk not in given}
        if not wanted:
            break
        rows = CitationKey.objects.filter(stem__in=set(wanted.values())).values("stem")
        taken = Counter({row["stem"]: row["number"] for row in rows.annotate(number=Count("pk"))})
        fresh = []
        for pk, name in wanted.items():
            fresh.append(
                CitationKey(paper_id=pk, stem=name, key=name + letters(taken[name] + turn))
            )
            taken[name] += 1
        CitationKey.objects.bulk_create(fresh, ignore_conflicts=True)
        given |= dict(CitationKey.objects.filter(paper__in=wanted).values_list("paper", "key"))
    return given


def letters(number: int) -> str:
    """Nothing for the first, then b, c … z, ba, bb …"""
    if not number:
        return ""
    more = letters(number // 26) if number >= 26 else ""
    return more + ascii_lowercase[number % 26]
