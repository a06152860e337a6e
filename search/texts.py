"""What there is to search in a paper: the texts of its own row and of the tables around it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection

from catalog.readable import readable

_SELECT = """
SELECT p.id, p.title, p.abstract,
    ARRAY(SELECT a.title FROM catalog_titlealias a WHERE a.paper_id = p.id ORDER BY a.id),
    ARRAY(
        SELECT CASE WHEN s.printed_name = a.name THEN a.name ELSE s.printed_name || ', ' || a.name END
        FROM catalog_authorship s JOIN catalog_author a ON a.id = s.author_id
        WHERE s.paper_id = p.id ORDER BY s.position
    ),
    ARRAY(
        SELECT t.name FROM catalog_placement l JOIN catalog_topic t ON t.id = l.topic_id
        WHERE l.paper_id = p.id AND l.retired_at IS NULL ORDER BY l.is_primary DESC, t.path
    ),
    ARRAY(
        SELECT n FROM catalog_venue v, unnest(ARRAY[concat_ws(' ', v.name, p.year), v.full_name] || v.aliases::text[])
            WITH ORDINALITY n (n, place)
        WHERE v.id = p.venue_id AND n <> '' GROUP BY n ORDER BY min(place)
    ) || CASE WHEN p.venue_id IS NULL AND p.year IS NOT NULL THEN ARRAY[p.year::text] ELSE '{}' END,
    ARRAY(
        SELECT r.owner || '/' || r.name FROM catalog_paperrepository l
        JOIN catalog_repository r ON r.id = l.repository_id
        WHERE l.paper_id = p.id AND l.retired_at IS NULL ORDER BY l.position, r.id
    ),
    ARRAY(
        SELECT e.meaning FROM catalog_glossarymention m JOIN catalog_glossaryentry e ON e.id = m.entry_id
        WHERE m.paper_id = p.id ORDER BY m.place, e.id
    ),
    ARRAY(
        SELECT called FROM catalog_glossarymention m JOIN catalog_glossaryentry e ON e.id = m.entry_id,
            unnest(e.name || e.others) WITH ORDINALITY n (called, number)
        WHERE m.paper_id = p.id AND called !~ '\\s' AND called <> lower(called) ORDER BY m.place, e.id, number
    )
FROM catalog_paper p
WHERE p.merged_into_id IS NULL AND p.id = ANY(%s)
ORDER BY p.id
"""


@dataclass(frozen=True, slots=True)
class PaperTexts:
    """Every searchable text of one paper, as pages print it; its first venue bears the year.

    `meanings` is what the glossary says of names in its titles, `called` the names of one word that it has for the same: "YOCO".
    """

    paper_id: int
    title: str
    abstract: str
    aliases: list[str]
    authors: list[str]
    topics: list[str]
    venue: list[str]
    repositories: list[str]
    meanings: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        return [self.title, *self.aliases]


def texts_of(ids: Sequence[int]) -> Iterator[PaperTexts]:
    """Yield the texts of the papers among `ids` that are not merged away. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, [list(ids)])
        for row in cursor.fetchall():
            key, title, abstract, aliases, *others = row
            titles = [readable(one) for one in aliases]
            yield PaperTexts(key, readable(title), readable(abstract), titles, *others)
