"""Did you mean: words that no paper has are mended from the catalogue's own words.

The lexicon is of words, not of titles: a title that is near as a whole says nothing about the word that was mistyped.
"""

import re
from collections.abc import Sequence

from django.db import connection

from search.question import clean
from search.slips import distance, one_slip_from
from search.words import STOP_WORDS, key, plain_words, stem

_LEAST = 4  # letters of a word that is mended
_RARE = 10  # times more frequent a neighbour must be for a word that some paper has to be a slip
# A word by itself, in quotes or as the value of a field that holds text.
_WORD = re.compile(
    r'(?<![\w:])[\w-]+(?![\w:])|(?:(?<=title:)|(?<=abstract:)|(?<=author:)|(?<=topic:)|(?<=venue:)|(?<="))[\w-]+'
)
# The nearest words of the lexicon, with how many papers have each; the first letter is seldom wrong. Nothing is looked up
# for a common word: its condition stands within.
_NEAR = """
SELECT a.word, coalesce(k.papers, 0), n.word, n.papers FROM unnest(%s::text[]) AS a (word)
LEFT JOIN search_word k ON k.word = a.word
LEFT JOIN LATERAL (
    SELECT w.word, w.papers FROM search_word w
    WHERE (k.papers IS NULL OR k.papers <= 2)
        AND w.word %% a.word AND w.word <> a.word AND abs(length(w.word) - length(a.word)) <= 2 AND w.word !~ '[0-9]'
    ORDER BY similarity(w.word, a.word) DESC, w.papers DESC LIMIT 12
) n ON true
UNION
SELECT s.word, coalesce(k.papers, 0), w.word, w.papers FROM unnest(%s::text[], %s::text[]) AS s (word, near)
JOIN search_word w ON w.word = s.near LEFT JOIN search_word k ON k.word = s.word
"""


def did_you_mean(text: str) -> str | None:
    """Return the query with its slips mended, or None when it has none that can be."""
    query = clean(text)
    typed = {
        word
        for match in _WORD.finditer(query)
        for word in plain_words(match[0])
        if len(word) >= _LEAST and word.isalpha() and word.isascii() and word not in STOP_WORDS
    }
    if not typed:
        return None
    with connection.cursor() as cursor:
        slips = [(word, near) for word in sorted(typed) for near in one_slip_from(word)]
        cursor.execute(
            _NEAR,
            [sorted(typed), *map(list, zip(*slips, strict=True))]
            if slips
            else [sorted(typed), [], []],
        )
        rows = cursor.fetchall()
    mended = _mended(rows)
    if not mended:
        return None
    better = _WORD.sub(lambda match: _replaced(match[0], mended), query)
    return better if key(better) != key(query) else None


def _mended(rows: Sequence[tuple[str, int, str | None, int | None]]) -> dict[str, str]:
    best: dict[str, tuple[tuple[int, bool, int], str]] = {}
    for word, papers, near, near_papers in rows:
        if near is None or near_papers is None:
            continue
        steps = distance(word, near)
        if steps > (1 if len(word) < 8 else 2) or near_papers < max(1, papers * _RARE):
            continue
        if papers and steps > 1:
            continue
        if stem(word) == stem(near):  # another form of it, or its stem, which the lexicon has too
            continue
        rank = (-steps, near[0] == word[0], near_papers)
        if word not in best or rank > best[word][0]:
            best[word] = rank, near
    return {word: near for word, (_, near) in best.items()}


def _replaced(printed: str, mended: dict[str, str]) -> str:
    """Mend a word within its hyphens; what is right keeps its capitals."""
    return re.sub(
        r"[^\W_]+", lambda match: mended.get("".join(plain_words(match[0])), match[0]), printed
    )
