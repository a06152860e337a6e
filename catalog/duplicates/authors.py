"""Pairs of authors who may be one person: names that fit, and people they write with."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from catalog.duplicates.people import can_be_one, name_words
from catalog.duplicates.verdict import Verdict
from catalog.models import Author, Authorship

Pair = tuple[int, int]
_MOST = 60  # authors of one family name and initial; more of them are told apart by nothing


def suspected_authors() -> dict[Pair, Verdict]:
    """Judge every pair whose names fit. Who stand on one paper are two."""
    names = dict(Author.objects.filter(merged_into=None).values_list("pk", "name"))
    pairs = list(_fitting(names))
    beside = _co_authors({pk for pair in pairs for pk in pair})
    found = {}
    for one, other in pairs:
        if other in beside[one]:
            continue
        verdict = _judge(names[one], names[other], len(beside[one] & beside[other]))
        if verdict:
            found[one, other] = verdict
    return found


def _co_authors(authors: set[int]) -> dict[int, set[int]]:
    """Whom each of these authors has written with; with sets in memory this takes a tenth of a join."""
    of_paper: dict[int, list[int]] = defaultdict(list)
    for paper, author in Authorship.objects.values_list("paper", "author").iterator():
        of_paper[paper].append(author)
    beside: dict[int, set[int]] = defaultdict(set)
    for together in of_paper.values():
        for author in authors.intersection(together):
            beside[author].update(together)
    for author, people in beside.items():
        people.discard(author)
    return beside


def _fitting(names: dict[int, str]) -> Iterator[Pair]:
    groups: dict[str, list[int]] = defaultdict(list)
    for pk, name in names.items():
        words = name_words(name)
        if len(words) >= 2:
            for family in {words[0], words[-1]}:
                if len(family) > 1:
                    others = {word[0] for word in words if word != family} or {""}
                    for initial in others:
                        groups[f"{family} {initial}"].append(pk)
    seen: set[Pair] = set()
    for group in groups.values():
        if len(group) <= _MOST:
            for one, other in combinations(sorted(set(group)), 2):
                if (one, other) not in seen and can_be_one(names[one], names[other]):
                    seen.add((one, other))
                    yield one, other


def _judge(one: str, other: str, shared: int) -> Verdict | None:
    a, b = name_words(one), name_words(other)
    if sorted(a) == sorted(b):
        score = 0.6 if a != b else 0.7
        reasons = ["the same words in another order" if a != b else "the same name"]
    elif {word for word in a if len(word) > 1} == {word for word in b if len(word) > 1}:
        score, reasons = 0.4, ["the same name but for an initial"]
    elif any(len(word) == 1 for word in (*a, *b)):
        score, reasons = 0.3, ["a name with initials that fits the other"]
    else:
        score, reasons = 0.3, ["a name that has one more word"]
    if not shared:
        return None
    score += min(0.35, 0.2 + 0.05 * shared) if shared > 1 else 0.15
    reasons.append(f"{shared} co-author{'s' if shared > 1 else ''} in common")
    return Verdict(round(min(score, 1.0), 3), tuple(reasons)) if score >= 0.5 else None
