"""Who `author:` means: people looked up by the folded words of their names, which are kept beside the index of words.

Names are folded in Python (catalog.folding), as PostgreSQL's letter classes depend on the collation of the server.
"""

import re
from collections.abc import Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

from catalog.folding import fold, fold_words
from search.words import is_cjk

_INITIALS = re.compile(r"\b[A-Z]{2,4}\b")
_BEGINS = "…"  # behind a Chinese character that a name begins with: it may be asked for alone

_ALL = "SELECT id AS author_id FROM catalog_author"
_OF_PAPERS = "SELECT DISTINCT author_id FROM catalog_authorship WHERE paper_id = ANY(%s)"
_RENAMED = """
WITH people AS MATERIALIZED ({})
SELECT a.id, a.name FROM people JOIN catalog_author a ON a.id = people.author_id
LEFT JOIN search_authorname n ON n.author_id = a.id WHERE n.name IS DISTINCT FROM a.name ORDER BY 1
"""
_WRITE = """
INSERT INTO search_authorname (author_id, name, words)
SELECT id, name, string_to_array(words, ' ') FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS made (id, name, words)
ON CONFLICT (author_id) DO UPDATE SET name = excluded.name, words = excluded.words
"""
# What may be meant: exact for what a name is asked by, and to be compared word by word.
_MAY_BE = """
SELECT a.id, a.name FROM search_authorname n JOIN catalog_author a ON a.id = n.author_id AND a.merged_into_id IS NULL
WHERE (n.words @> ARRAY[%s]{each_word}) AND ({telling}) ORDER BY 1
"""
_NAMED = (
    "SELECT id, name FROM catalog_author WHERE merged_into_id IS NULL AND name_key = %s ORDER BY 1"
)


def refresh_author_names(cursor: CursorWrapper, papers: Sequence[int] | None = None) -> None:
    """Read the names of these papers' authors (None: of all) that have changed."""
    if papers is None:
        cursor.execute(_RENAMED.format(_ALL))
    else:
        cursor.execute(_RENAMED.format(_OF_PAPERS), [list(papers)])
    if rows := [(pk, name, " ".join(_kept(name))) for pk, name in cursor.fetchall()]:
        cursor.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])


def _kept(name: str) -> list[str]:
    """The words of a name, and all of them in one, forwards and backwards."""
    words = fold_words(name).split()
    begins = [word[0] + _BEGINS for word in words if is_cjk(word)]
    return list(dict.fromkeys([*words, "".join(words), "".join(reversed(words)), *begins]))


def authors_like(name: str) -> list[int]:
    """Return keys of the authors whose name can be this one: its words in any order, initials for given names.

    Single letters are no name to go by, as nearly every author has them: they must be a whole one. Capitals that nobody is
    called, "Martins AFT", are initials.
    """
    found = _like(name)
    apart = _INITIALS.sub(lambda match: " ".join(match[0]), name)
    return found or (_like(apart) if apart != name and not name.isupper() else [])


def _like(name: str) -> list[int]:
    asked = fold_words(name).split() or [fold(name)]
    telling = [word for word in asked if len(word) > 1 or is_cjk(word)]
    with connection.cursor() as cursor:
        if telling:
            cursor.execute(
                _MAY_BE.format(
                    each_word=" OR (" + " AND ".join(["n.words && %s"] * len(telling)) + ")",
                    telling=" OR ".join(["strpos(a.name_key, %s) > 0"] * len(telling)),
                ),
                [fold("".join(asked)), *map(_stands_as, telling), *telling],
            )
        else:
            cursor.execute(_NAMED, ["".join(asked)])
        rows = cursor.fetchall()
    return [pk for pk, printed in rows if _can_be(asked, printed)]


def _stands_as(word: str) -> list[str]:
    """How a word that is asked for may stand in a name: so, or as its initial; what begins with a single character."""
    return [word, word[0]] if len(word) > 1 else [word, word + _BEGINS]


def is_name(asked: str, printed: str) -> bool:
    """Whether a printed name can be the one that is asked for."""
    return _can_be(fold_words(asked).split() or [fold(asked)], printed)


def _can_be(asked: Sequence[str], printed: str) -> bool:
    words = fold_words(printed).split()
    if fold("".join(asked)) in {"".join(words), "".join(reversed(words))}:
        return True
    left = list(words)
    for word in sorted(asked, key=len, reverse=True):
        match = next((one for one in left if _same_name(word, one)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_name(asked: str, printed: str) -> bool:
    if len(asked) == 1 or len(printed) == 1:
        return asked[0] == printed[0]
    return asked == printed
