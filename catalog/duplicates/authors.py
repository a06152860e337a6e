"""Pairs of authors who may be one person: names that fit, and people they write with."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from django.db import connection

from catalog.duplicates.people import can_be_one, name_words
from catalog.duplicates.verdict import Verdict
from catalog.models import Author

Pair = tuple[int, int]
_MOST = 60  # authors of one family name and initial; more of them are told apart by nothing
_SHARED = """
WITH asked AS (SELECT * FROM unnest(%(ones)s::bigint[], %(others)s::bigint[]) AS a (one, other)),
people AS (SELECT DISTINCT unnest(ARRAY[one, other]) AS id FROM asked),
beside AS (
    SELECT DISTINCT p.id, b.author_id FROM people p
    JOIN catalog_authorship a ON a.author_id = p.id
    JOIN catalog_authorship b ON b.paper_id = a.paper_id AND b.author_id <> p.id
)
SELECT asked.one, asked.other,
    (SELECT count(*) FROM beside x JOIN beside y ON y.author_id = x.author_id AND y.id = asked.other WHERE x.id = asked.one),
    EXISTS (SELECT FROM beside z WHERE z.id = asked.one AND z.author_id = asked.other)
FROM asked
"""


def suspected_authors() -> dict[Pair, Verdict]:
    """Judge every pair whose names fit. Who stand on one paper are two."""
    names = dict(Author.objects.filter(merged_into=None).values_list("pk", "name"))
    pairs = sorted(_fitting(names))
    found = {}
    for start in range(0, len(pairs), 5000):
        some = pairs[start : start + 5000]
        with connection.cursor() as cursor:
            cursor.execute(_SHARED, {"ones": [a for a, _ in some], "others": [b for _, b in some]})
            for one, other, shared, together in cursor.fetchall():
                verdict = _judge(names[one], names[other], shared)
                if verdict and not together:
                    found[one, other] = verdict
    return found


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
