"""Suggestions while a reader types: papers, systems, authors, topics and venues whose names have words that begin so.

After `author:`, `topic:` or `venue:` the names that complete the field are suggested, behind all that stands before it.

Every word typed must begin a word of the name. What begins as typed comes before what only has it inside, then weights
decide, and no kind fills the list alone. Where nothing fits, one slip of the keys in a word is forgiven.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log1p
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.urls import reverse

from catalog.models import Author, Paper, Topic, Venue
from catalog.readable import readable
from catalog.subtrees import is_within
from search.question import clean
from search.slips import one_slip_from
from search.words import STOP_WORDS, is_cjk, key, parts, systems, tokens

LIMIT = 8
_MOST_OF_A_KIND = 4
_MOST_WORDS = 8  # typed, that are looked at
_LONGEST_LABEL = 300
# Each finds its own names by words with its sign, "author:dao".
_FIELDS = ("author", "topic", "venue")
# A field that is being typed, at the end; more than one word only in quotes.
_FIELD = re.compile(
    rf'(?:^|(?<=[\s(])|(?<=[\s(]-)|(?<=^-))(?P<name>{"|".join(_FIELDS)}):"?(?P<value>(?<=")[^"]*|[^\s"]*)$',
    re.IGNORECASE,
)
_MOST_WORDS_OF_SYSTEM = 3  # what is longer is offered as its title

Row = tuple[str, str, str, str, str, float]  # kind, key, label, detail, address, weight

# Ordered in the index alone; the rows of the best are read last.
_FIND = """
WITH {found}, best AS (
    SELECT s.id, s.kind, s.label, s.detail, s.url, f.first, s.weight,
        row_number() OVER (PARTITION BY s.kind ORDER BY f.first DESC, s.weight DESC, s.id) AS place
    FROM (SELECT * FROM found ORDER BY first DESC, weight DESC LIMIT 200) f
    JOIN search_suggestion s ON s.id = f.suggestion_id
)
SELECT kind, label, detail, url FROM best WHERE place <= %(most)s
ORDER BY first DESC, weight DESC, id LIMIT %(limit)s
"""
_WITH_WORD = """{name} AS (
    SELECT suggestion_id, max(weight) AS weight, bool_or(place = {place}) AS first
    FROM search_suggestionword WHERE {matches} GROUP BY 1
)"""
# What has the rarest of several words is looked at from the weightiest down, until enough of it has the others too:
# what begins with a single letter is a good part of all suggestions.
_WITH_SEVERAL = """{rarest}, begun AS (
    SELECT r.suggestion_id, r.weight, true AS first
    FROM (SELECT * FROM rarest WHERE first ORDER BY weight DESC) r {in_place}
    ORDER BY r.weight DESC LIMIT 200
), inside AS (
    SELECT r.suggestion_id, r.weight, false AS first
    FROM (SELECT * FROM rarest ORDER BY weight DESC) r {anywhere}
    ORDER BY r.weight DESC LIMIT 200
), found AS (
    SELECT suggestion_id, max(weight) AS weight, bool_or(first) AS first
    FROM (SELECT * FROM begun UNION ALL SELECT * FROM inside) every GROUP BY 1
)"""
# ANY keeps the planner from the index of words, which is of no use for those of one suggestion.
_HAS = """CROSS JOIN LATERAL (
        SELECT FROM search_suggestionword WHERE suggestion_id = r.suggestion_id AND word LIKE ANY(%(w{place})s){where} LIMIT 1
    ) o{place}"""
_RARITY = "(SELECT count(*) FROM (SELECT FROM search_suggestionword WHERE {matches} LIMIT 20000) n)"
_BEGINS = """
SELECT v FROM unnest(%s::text[]) AS v
WHERE EXISTS (SELECT FROM search_suggestionword WHERE word ~>=~ v AND word ~<~ (v || chr(1114111)))
"""


@dataclass(frozen=True, slots=True)
class Suggested:
    kind: str
    label: str
    detail: str
    url: str


def suggest(text: str, limit: int = LIMIT) -> list[Suggested]:
    """Return what a reader may mean who has typed this much; never fails."""
    query = clean(text)
    field = _FIELD.search(query)
    every = _typed(field["value"] if field else query)
    if not every:
        return []
    typed = _telling(every)
    sign = f"{field['name'].lower()}:" if field else ""
    most = limit if field else _MOST_OF_A_KIND
    with connection.cursor() as cursor:
        found = _find(cursor, [[sign + word] for word in every], limit, most)
        if typed != every:  # names of people may have them: "An Yang"
            found += _find(cursor, [[sign + word] for word in typed], limit, most)
            found = list(dict.fromkeys(found))[:limit]
        if not found and (mended := _mended(cursor, typed, sign)):
            found = _find(cursor, mended, limit, most)
    return [_completed(query[: field.start("name")], one) for one in found] if field else found


def _completed(before: str, found: Suggested) -> Suggested:
    """A name as the value of its field, which leads to the search of all that was typed with it."""
    name = found.label.rpartition(" › ")[2] if found.kind == "topic" else found.label
    value = name.replace('"', "")
    value = f'{found.kind}:"{value}"' if not value.isalnum() else f"{found.kind}:{value}"
    address = f"{reverse('search')}?{urlencode({'q': before + value})}"
    # Names of other people may fit as well: how many papers the search gives is not known.
    detail = "" if found.kind == "author" else found.detail
    return Suggested(found.kind, value, detail, address)


def _typed(text: str) -> list[str]:
    """The words typed, when there is enough to go on: two letters, or one character of Chinese.

    Single letters that signs join are a name: "r&r", "e^2".
    """
    words = list(dict.fromkeys(parts(text)))[:_MOST_WORDS]
    if not _is_enough(_telling(words)):
        words = [token.joined for token in tokens(text)][:_MOST_WORDS]
    return words if _is_enough(_telling(words)) else []


def _telling(words: list[str]) -> list[str]:
    """Those that say something, and the last, which may not be at its end."""
    return [word for word in words[:-1] if word not in STOP_WORDS] + words[-1:]


def _is_enough(words: Sequence[str]) -> bool:
    return any(len(word) > 1 or is_cjk(word) for word in words)


def _find(
    cursor: CursorWrapper, words: Sequence[Sequence[str]], limit: int, most: int
) -> list[Suggested]:
    """Find the suggestions with a word for each of these, each given in one or several spellings; so many of a kind."""
    # Words have letters and digits only, and the colon of a field.
    begin = [[f"{spelling}%" for spelling in spellings] for spellings in words]
    parameters: dict[str, Any] = {"limit": limit, "most": most}
    matches = []
    for place, patterns in enumerate(begin):
        names = [f"w{place}_{number}" for number in range(len(patterns))]
        parameters |= {f"w{place}": patterns, **dict(zip(names, patterns, strict=True))}
        matches.append(" OR ".join(f"word LIKE %({name})s" for name in names))
    cursor.execute(_FIND.format(found=_found(cursor, matches, parameters)), parameters)
    return [Suggested(*row) for row in cursor.fetchall()]


def _found(cursor: CursorWrapper, matches: Sequence[str], parameters: Mapping[str, Any]) -> str:
    """The part of the statement that finds what matches each of these."""
    if len(matches) == 1:
        return _WITH_WORD.format(name="found", place=0, matches=matches[0])
    cursor.execute(
        f"SELECT {', '.join(_RARITY.format(matches=one) for one in matches)}", parameters
    )
    counts = cursor.fetchone()
    rarest = min(range(len(matches)), key=counts.__getitem__)
    others = [place for place in range(len(matches)) if place != rarest]
    return _WITH_SEVERAL.format(
        rarest=_WITH_WORD.format(name="rarest", place=rarest, matches=matches[rarest]),
        in_place=" ".join(
            _HAS.format(place=place, where=f" AND place = {place}") for place in others
        ),
        anywhere=" ".join(_HAS.format(place=place, where="") for place in others),
    )


def _mended(cursor: CursorWrapper, words: Sequence[str], sign: str) -> list[list[str]] | None:
    """Spell each word that begins no name as one that does, a slip away; None when there is none."""
    typed = [sign + word for word in words]
    spelled = [[word] for word in typed]
    slips = {sign + word: [sign + one for one in one_slip_from(word)] for word in words}
    every = [*typed, *(one for some in slips.values() for one in some)]
    cursor.execute(_BEGINS, [list(dict.fromkeys(every))])
    begins = {word for (word,) in cursor.fetchall()}
    for place, word in enumerate(typed):
        if word not in begins:
            spelled[place] = [one for one in slips[word] if one in begins][:20]
    return spelled if all(spelled) else None


# The rows

_STAGE = """
CREATE TEMP TABLE suggested (kind text, key text, label text, detail text, url text, weight real) ON COMMIT DROP
"""
_STAGE_WORDS = "CREATE TEMP TABLE suggested_word (kind text, key text, word text, place smallint) ON COMMIT DROP"
_CHANGED = """
INSERT INTO search_suggestion AS old (kind, key, label, detail, url, weight)
SELECT n.kind, n.key, n.label, n.detail, n.url, n.weight FROM suggested n
WHERE NOT EXISTS (
    SELECT FROM search_suggestion s WHERE s.kind = n.kind AND s.key = n.key AND s.label = n.label
        AND s.detail = n.detail AND s.url = n.url AND abs(s.weight - n.weight) < 0.001
)
ORDER BY 1, 2
ON CONFLICT (kind, key) DO UPDATE SET label = excluded.label, detail = excluded.detail, url = excluded.url, weight = excluded.weight
RETURNING id, kind, key, weight
"""
_WORDS = f"""
WITH changed AS MATERIALIZED ({_CHANGED}), gone AS (
    DELETE FROM search_suggestionword w USING changed c WHERE w.suggestion_id = c.id
)
INSERT INTO search_suggestionword (suggestion_id, word, place, weight)
SELECT c.id, w.word, w.place, c.weight FROM changed c JOIN suggested_word w USING (kind, key)
"""  # noqa: S608  # our own text
_DROP = """
WITH gone AS (DELETE FROM search_suggestion s WHERE {} RETURNING id)
DELETE FROM search_suggestionword w USING gone WHERE w.suggestion_id = gone.id
"""
_NOT_SUGGESTED = "NOT EXISTS (SELECT FROM suggested n WHERE n.kind = s.kind AND n.key = s.key)"
_GONE_PAPERS = _DROP.format(
    f"s.kind IN ('paper', 'system') AND split_part(s.key, ' ', 1) = ANY(%s) AND {_NOT_SUGGESTED}"
)
# Every paper that is suggested is so by its title, whatever systems it names.
_KNOWN_PAPERS = "SELECT key FROM search_suggestion WHERE kind = 'paper' AND key = ANY(%s)"
_GONE_PLACES = _DROP.format(f"s.kind IN ('topic', 'venue') AND {_NOT_SUGGESTED}")
_PAPERS = """
SELECT p.id, p.title, p.year, (SELECT count(DISTINCT c.citing_id) FROM catalog_citation c WHERE c.cited_id = p.id),
    (
        SELECT s.printed_name FROM catalog_authorship s WHERE s.paper_id = p.id ORDER BY s.position LIMIT 1
    ), ARRAY(SELECT a.title FROM catalog_titlealias a WHERE a.paper_id = p.id ORDER BY a.id)
FROM catalog_paper p WHERE p.id = ANY(%s) AND p.merged_into_id IS NULL AND EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = p.id AND l.retired_at IS NULL
)
"""
_PEOPLE = """
SELECT a.id, a.name, (
    SELECT count(DISTINCT s.paper_id) FROM catalog_authorship s
    JOIN catalog_placement l ON l.paper_id = s.paper_id AND l.retired_at IS NULL WHERE s.author_id = a.id
) FROM catalog_author a WHERE a.merged_into_id IS NULL AND a.id IN (
    SELECT author_id FROM catalog_authorship WHERE paper_id = ANY(%s)
)
"""
# Their keys are listed once, whatever the planner believes of tables that have just been filled.
_FORSAKEN = _DROP.format("""
    s.kind = 'author' AND s.key IN (
        SELECT key FROM search_suggestion WHERE kind = 'author' EXCEPT SELECT a.author_id::text FROM catalog_authorship a
        JOIN catalog_author o ON o.id = a.author_id AND o.merged_into_id IS NULL
    )
""")
_TOPICS = f"""
SELECT t.id, count(DISTINCT l.paper_id) FROM catalog_topic t
LEFT JOIN catalog_topic b ON {is_within("b", "t")}
LEFT JOIN catalog_placement l ON l.topic_id = b.id AND l.retired_at IS NULL
WHERE t.retired_at IS NULL GROUP BY 1
"""  # noqa: S608
_VENUES = """
SELECT p.venue_id, count(*) FROM catalog_paper p WHERE p.venue_id IS NOT NULL AND p.merged_into_id IS NULL AND EXISTS (
    SELECT FROM catalog_placement l WHERE l.paper_id = p.id AND l.retired_at IS NULL
) GROUP BY 1
"""


def refresh_suggestions(papers: Sequence[int]) -> None:
    """Bring what is suggested of these papers and their authors up to date."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_PAPERS, [[str(paper) for paper in papers]])
        known = [key for (key,) in cursor.fetchall()]
        rows = list(_papers(cursor, papers))
        _store(cursor, [*rows, *_people(cursor, papers)])
        if known:  # it reads all suggestions, and a catalogue that is filled has thousands of batches of new papers
            cursor.execute(_GONE_PAPERS, [known])
        cursor.execute("DROP TABLE suggested, suggested_word")


def refresh_places() -> None:
    """Bring what is suggested of all topics and venues up to date, and forget authors of no papers."""
    with connection.cursor() as cursor:
        _store(cursor, [*_topics(cursor), *_venues(cursor)])
        cursor.execute(_GONE_PLACES)
        cursor.execute("DROP TABLE suggested, suggested_word")
        cursor.execute(_FORSAKEN)


def _store(cursor: CursorWrapper, rows: Iterable[tuple[Row, list[str]]]) -> None:
    cursor.execute(_STAGE)
    cursor.execute(_STAGE_WORDS)
    with cursor.copy("COPY suggested FROM STDIN") as copy:
        kept = list({row[:2]: (row, words) for row, words in rows}.values())
        for row, _ in kept:
            copy.write_row(row)
    with cursor.copy("COPY suggested_word FROM STDIN") as copy:
        for row, words in kept:
            for place, word in enumerate(words[:100]):
                copy.write_row((*row[:2], word, place))
                if row[0] in _FIELDS:
                    copy.write_row((*row[:2], f"{row[0]}:{word}", place))
    cursor.execute(_WORDS)


def _weight(count: int, full: int) -> float:
    """From 0 to 1, slowly; 1 at `full`."""
    return round(min(1.0, log1p(count) / log1p(full)), 3)


def _papers(cursor: CursorWrapper, papers: Sequence[int]) -> Iterator[tuple[Row, list[str]]]:
    cursor.execute(_PAPERS, [list(papers)])
    for pk, title, year, citations, author, aliases in cursor.fetchall():
        shown = readable(title)[:_LONGEST_LABEL]
        url = Paper(pk=pk, title=title).get_absolute_url()
        weight = 0.2 + 0.6 * _weight(citations, 1000)
        detail = " · ".join(str(one) for one in (author, year) if one)
        other = [word for alias in aliases for word in _words(readable(alias))]
        yield (
            ("paper", str(pk), shown, detail, url, weight),
            list(dict.fromkeys([*_words(shown), *other])),
        )
        for name in systems(shown, _MOST_WORDS_OF_SYSTEM):
            row = ("system", f"{pk} {key(name)}"[:200], name, shown, url, min(1.0, weight + 0.1))
            yield row, _words(name)


def _people(cursor: CursorWrapper, papers: Sequence[int]) -> Iterator[tuple[Row, list[str]]]:
    cursor.execute(_PEOPLE, [list(papers)])
    for pk, name, count in cursor.fetchall():
        url = Author(pk=pk, name=name).get_absolute_url()
        row = ("author", str(pk), name, _counted(count), url, _weight(count, 40))
        yield row, _words(name, is_person=True)


def _topics(cursor: CursorWrapper) -> Iterator[tuple[Row, list[str]]]:
    cursor.execute(_TOPICS)
    counts = dict(cursor.fetchall())
    for topic in Topic.objects.current().select_related("catalogue", "parent"):
        weight = 0.3 + 0.7 * _weight(counts.get(topic.pk, 0), 300)
        row = (
            "topic",
            str(topic.pk),
            topic.label,
            _counted(counts.get(topic.pk, 0)),
            topic.get_absolute_url(),
            weight,
        )
        yield row, list(dict.fromkeys([*_words(topic.name), *_words(topic.label)]))


def _venues(cursor: CursorWrapper) -> Iterator[tuple[Row, list[str]]]:
    cursor.execute(_VENUES)
    counts = dict(cursor.fetchall())
    for venue in Venue.objects.filter(pk__in=counts):
        words = [
            word for name in (venue.name, *venue.aliases, venue.full_name) for word in _words(name)
        ]
        row = (
            "venue",
            str(venue.pk),
            venue.name,
            _counted(counts[venue.pk]),
            venue.get_absolute_url(),
        )
        yield (*row, 0.3 + 0.7 * _weight(counts[venue.pk], 300)), list(dict.fromkeys(words))


def _counted(papers: int) -> str:
    return f"{papers:,} {'paper' if papers == 1 else 'papers'}"


def _words(name: str, *, is_person: bool = False) -> list[str]:
    """The words of a name, in its parts and joined; those that say nothing only of people, and where they begin it."""
    found: dict[str, None] = {}
    every = tokens(name)
    for number, token in enumerate(every):
        for word in (*token.parts, token.joined):
            if is_person or number == 0 or word not in STOP_WORDS:
                found.setdefault(word)
    said = [token.joined for token in every]
    for one, other in pairwise(said):
        found.setdefault(one + other)
    return list(found)
