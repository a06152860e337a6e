"""Did you mean: words that no paper has are mended from the catalogue's own words.

The lexicon is of words, not of titles: a title that is near as a whole says nothing about the word that was mistyped.
"""

import re
from collections.abc import Container, Mapping, Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

from search.question import clean
from search.slips import distance, one_slip_from
from search.words import STOP_WORDS, key, plain_words, stem

_LEAST = 4  # letters of a word that is mended
_RARE = 10  # times more frequent a neighbour must be for a word that some paper has to be a slip
# A word by itself, in quotes or as the value of a field that holds text.
_WORD = re.compile(
    r'(?<![\w:])[\w-]+(?![\w:])|(?:(?<=title:)|(?<=abstract:)|(?<=author:)|(?<=topic:)|(?<=venue:)|(?<="))[\w-]+'
)
_MOSTLY = 0.6  # of the papers that have a stem have it of one longer word: then it is none
_MOST = 8  # words that are mended; who mistypes more of them means no word of the catalogue
_RARELY = """
SELECT a.word, coalesce(k.papers, 0) FROM unnest(%s::text[], %s::text[]) AS a (word, stem) LEFT JOIN search_word k USING (word)
WHERE coalesce(k.papers, 0) <= 2
    -- What papers are found by without having it, by the glossary or as is expected of them, is a word all the same.
    AND NOT (k.word IS NULL AND EXISTS (SELECT FROM search_term t WHERE t.text = a.stem AND t.papers > 0))
ORDER BY 2, 1 LIMIT %s
"""
# The words that begin so: the lexicon has stems beside words, and a reader would not know those.
_BEGIN = """
SELECT s.stem, w.word, w.papers FROM unnest(%s::text[]) AS s (stem), LATERAL (
    SELECT word, papers FROM search_word WHERE word ~>=~ s.stem AND word ~<~ (s.stem || chr(1114111)) AND word <> s.stem
    ORDER BY papers DESC LIMIT 20
) w
"""
# The nearest words of the lexicon, with how many papers have each; the first letter is seldom wrong.
_NEAR = """
SELECT a.word, n.word, n.papers FROM unnest(%s::text[]) AS a (word), LATERAL (
    SELECT w.word, w.papers FROM search_word w
    WHERE w.word %% a.word AND w.word <> a.word AND abs(length(w.word) - length(a.word)) <= 2 AND w.word !~ '[0-9]'
    ORDER BY similarity(w.word, a.word) DESC, w.papers DESC LIMIT 12
) n
UNION
SELECT s.word, w.word, w.papers FROM unnest(%s::text[], %s::text[]) AS s (word, near)
JOIN search_word w ON w.word = s.near
"""


def did_you_mean(text: str, right: Container[str] = ()) -> str | None:
    """Return the query with its slips mended, or None when it has none that can be. Words that are `right` stay."""
    query = clean(text)
    typed = {
        word
        for match in _WORD.finditer(query)
        for word in plain_words(match[0])
        if word not in right
        and len(word) >= _LEAST
        and word.isalpha()
        and word.isascii()
        and word not in STOP_WORDS
    }
    if not typed:
        return None
    with connection.cursor() as cursor:
        words = sorted(typed)
        cursor.execute(_RARELY, [words, [stem(word) for word in words], _MOST])
        rare: dict[str, int] = dict(cursor.fetchall())
        if not rare:
            return None
        slips = [(word, near) for word in rare for near in one_slip_from(word)]
        cursor.execute(_NEAR, [list(rare), *map(list, zip(*slips, strict=True))])
        near = cursor.fetchall()
        stems = _only_stems(cursor, {word: papers for _, word, papers in near})
        rows = [
            (typed, rare[typed], word, papers) for typed, word, papers in near if word not in stems
        ]
    mended = _mended(rows)
    if not mended:
        return None
    better = _WORD.sub(lambda match: _replaced(match[0], mended), query)
    return better if key(better) != key(query) else None


def _only_stems(cursor: CursorWrapper, papers: Mapping[str, int]) -> set[str]:
    """Which words of the lexicon are there as the stems of others only, by how many papers have each."""
    cursor.execute(_BEGIN, [list(papers)])
    return {
        one
        for one, word, number in cursor.fetchall()
        if stem(word) == one and number >= _MOSTLY * papers[one]
    }


def _mended(rows: Sequence[tuple[str, int, str, int]]) -> dict[str, str]:
    """Choose for each word the best of its neighbours: rows of both, each followed by how many papers have it."""
    best: dict[str, tuple[tuple[int, bool, int], str]] = {}
    for word, papers, near, near_papers in rows:
        steps = distance(word, near)
        if steps > (1 if len(word) < 8 else 2) or near_papers < max(1, papers * _RARE):
            continue
        if papers and (steps > 1 or not _is_slip_of_keys(word, near)):
            continue
        if stem(word) == stem(near):  # another form of it, or its stem, which the lexicon has too
            continue
        rank = (-steps, near[0] == word[0], near_papers)
        if word not in best or rank > best[word][0]:
            best[word] = rank, near
    return {word: near for word, (_, near) in best.items()}


def _is_slip_of_keys(word: str, near: str) -> bool:
    """Whether a word that some paper has may be mistyped all the same: another letter makes another word, as of "ring"."""
    return word[0] == near[0] and (len(word) != len(near) or sorted(word) == sorted(near))


def _replaced(printed: str, mended: dict[str, str]) -> str:
    """Mend a word within its hyphens; what is right keeps its capitals."""
    return re.sub(
        r"[^\W_]+", lambda match: mended.get("".join(plain_words(match[0])), match[0]), printed
    )
