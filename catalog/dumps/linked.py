"""The graph as RDF, in lines of Turtle, with vocabularies that others know.

Dublin Core and schema.org say what papers, people and code are, CiTO what papers say of one another, SKOS how topics lie. Addresses are
those of the pages, relative to the site's: `@base` gives it where SITE_URL does.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from catalog.dumps.streaming import stream
from catalog.dumps.tables import FROM_ARXIV
from catalog.identifiers import identifier_url
from catalog.models.graph import RelationKind
from catalog.models.people import VenueKind

PREFIXES = {
    "bibo": "http://purl.org/ontology/bibo/",
    "cito": "http://purl.org/spar/cito/",
    "codemeta": "https://codemeta.github.io/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# What each relation is in words that others know; those between which they do not tell apart share one.
RELATIONS = {
    RelationKind.EXTENDS: "cito:extends",
    RelationKind.COMPARES: "cito:discusses",
    RelationKind.EVALUATES: "cito:describes",
    RelationKind.SURVEYS: "cito:reviews",
    RelationKind.USES: "cito:usesMethodIn",
    RelationKind.SAME_WORK: "schema:sameAs",
    RelationKind.CONTRADICTS: "cito:disagreesWith",
    RelationKind.MENTIONS: "schema:mentions",
}
# For readers: what is said with which word.
WORDS = [
    ("a paper", "schema:ScholarlyArticle, dcterms:title, dcterms:issued, dcterms:identifier, schema:sameAs"),
    ("its people, in order", "dcterms:creator, bibo:authorList"),
    ("where it appeared", "dcterms:isPartOf"),
    ("a topic, and the one above it", "skos:Concept, skos:broader, skos:inScheme"),
    ("what a paper is about", "dcterms:subject"),
    ("what a paper cites", "cito:cites"),
    *((f"a relation: {kind.label}", verb) for kind, verb in RELATIONS.items()),
    ("who says so, and since when", "cito:Citation, dcterms:source, dcterms:date"),
    ("code, and the papers it goes with", "schema:SoftwareSourceCode, codemeta:referencePublication"),
    ("stars on a day", "schema:interactionStatistic"),
    ("a system, and the paper that introduces it", "schema:Thing, dcterms:source"),
    ("a paper or person that was merged into another", "dcterms:isReplacedBy"),
]  # fmt: skip
_VENUES = {
    VenueKind.CONFERENCE: "schema:EventSeries",
    VenueKind.JOURNAL: "schema:Periodical",
    VenueKind.PREPRINT: "schema:Collection",
    VenueKind.OTHER: "schema:Collection",
}
_DATES = {"day": ("YYYY-MM-DD", "date"), "month": ("YYYY-MM", "gYearMonth"), "year": ("YYYY", "gYear")}  # fmt: skip
_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"} | {
    number: f"\\u{number:04X}" for number in [*range(9), 11, 12, *range(14, 32), 127]
}  # fmt: skip
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def statements(*, published: bool) -> Iterator[str]:
    """The whole graph as lines of Turtle. Streams, within a transaction."""
    if settings.SITE_URL:
        yield f"@base <{settings.SITE_URL}/> ."
    for prefix, iri in PREFIXES.items():
        yield f"@prefix {prefix}: <{iri}> ."
    yield f'{_page("data")} a schema:Dataset ; dcterms:title "Stemma: the graph as data" ; dcterms:license <https://creativecommons.org/publicdomain/zero/1.0/> .'
    yield from _catalogues()
    yield from _topics()
    yield from _venues()
    yield from _authors()
    yield from _papers(published=published)
    yield from _repositories()
    yield from _systems()
    yield from _edges()


def literal(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def web(url: str) -> str:
    """An address from a source as an IRI; what may not stand in one is escaped. "" for what is no address of the web."""
    if not url.lower().startswith(("https://", "http://")):
        return ""
    return f"<{_NOT_IN_IRIS.sub(lambda found: quote(found[0]), url)}>"


def _page(*parts: object) -> str:
    """A page of ours, relative to the site."""
    return f"<{'/'.join(quote(str(part)) for part in parts)}/>"


def _said(subject: str, *pairs: tuple[str, str]) -> str:
    """One statement for each pair that has something to say."""
    return f"{subject} {' ; '.join(f'{verb} {what}' for verb, what in pairs if what)} ."


def _maybe(text: str | None) -> str:
    return literal(text) if text else ""


def _relative(name: str, *arguments: object) -> str:
    return f"<{iri_to_uri(reverse(name, args=arguments)).lstrip('/')}>"


def _catalogues() -> Iterator[str]:
    query = "SELECT slug, title, description, origin_url, origin_name, licence FROM catalog_catalogue ORDER BY id"
    for slug, title, description, origin_url, origin_name, licence in stream(query):
        rights = f"{origin_name} ({licence} licence)" if origin_name and licence else ""
        yield _said(
            _relative("catalogue-detail", slug),
            ("a", "skos:ConceptScheme"),
            ("dcterms:title", literal(title)),
            ("dcterms:description", _maybe(description)),
            ("dcterms:source", web(origin_url)),
            ("dcterms:rights", _maybe(rights)),
        )


def _topics() -> Iterator[str]:
    query = """
        SELECT c.slug, t.path, t.name, t.description, above.path FROM catalog_topic t
        JOIN catalog_catalogue c ON c.id = t.catalogue_id LEFT JOIN catalog_topic above ON above.id = t.parent_id
        WHERE t.retired_at IS NULL ORDER BY t.id
    """
    for catalogue, path, name, description, above in stream(query):
        scheme = _relative("catalogue-detail", catalogue)
        yield _said(
            _relative("topic-detail", catalogue, path),
            ("a", "skos:Concept"),
            ("skos:prefLabel", literal(name)),
            ("skos:definition", _maybe(description)),
            ("skos:inScheme", scheme),
            ("skos:broader", _relative("topic-detail", catalogue, above) if above else ""),
            ("skos:topConceptOf", "" if above else scheme),
        )


def _venues() -> Iterator[str]:
    for slug, name, full_name, kind in stream("SELECT slug, name, full_name, kind FROM catalog_venue ORDER BY id"):  # fmt: skip
        yield _said(
            _relative("venue-detail", slug),
            ("a", _VENUES[VenueKind(kind)]),
            ("schema:name", literal(full_name or name)),
            ("schema:alternateName", _maybe(name if full_name else "")),
        )


def _authors() -> Iterator[str]:
    query = "SELECT id, name, orcid, merged_into_id FROM catalog_author ORDER BY id"
    for pk, name, orcid, merged_into in stream(query):
        yield _said(
            _page("authors", pk),
            ("a", "schema:Person"),
            ("schema:name", literal(name)),
            ("schema:sameAs", web(f"https://orcid.org/{orcid}") if orcid else ""),
            ("dcterms:isReplacedBy", _page("authors", merged_into) if merged_into else ""),
        )


def _papers(*, published: bool) -> Iterator[str]:
    patterns = " ".join(f"WHEN '{name}' THEN '{form}'" for name, (form, _) in _DATES.items())
    query = f"""
        SELECT t.id, t.title, CASE WHEN {FROM_ARXIV if published else "true"} THEN t.abstract ELSE '' END,
            to_char(t.published_on, CASE t.published_precision {patterns} END), t.published_precision, t.year, v.slug, t.merged_into_id,
            ARRAY(SELECT a.author_id FROM catalog_authorship a WHERE a.paper_id = t.id ORDER BY a.position),
            ARRAY(SELECT i.scheme || ' ' || i.value FROM catalog_identifier i WHERE i.paper_id = t.id ORDER BY i.scheme, i.value COLLATE "C"),
            ARRAY(SELECT c.slug || ' ' || o.path FROM catalog_placement l JOIN catalog_topic o ON o.id = l.topic_id
                JOIN catalog_catalogue c ON c.id = o.catalogue_id WHERE l.paper_id = t.id AND l.retired_at IS NULL ORDER BY o.id)
        FROM catalog_paper t LEFT JOIN catalog_venue v ON v.id = t.venue_id ORDER BY t.id
    """  # noqa: S608
    for pk, title, abstract, date, precision, year, venue, merged, people, names, topics in stream(query):  # fmt: skip
        identifiers = [name.partition(" ")[::2] for name in names]
        pages = {web(identifier_url(scheme, value)) for scheme, value in identifiers} - {""}
        kind = _DATES[precision][1] if precision else "gYear"
        day = date or (f"{year:04}" if year else "")
        authors = [_page("authors", one) for one in people]
        yield _said(
            _page("papers", pk),
            ("a", "schema:ScholarlyArticle"),
            ("dcterms:title", literal(title)),
            ("dcterms:abstract", _maybe(abstract)),
            ("dcterms:issued", f'"{day}"^^xsd:{kind}' if day else ""),
            ("dcterms:creator", ", ".join(authors)),
            ("bibo:authorList", f"( {' '.join(authors)} )" if authors else ""),
            ("dcterms:isPartOf", _relative("venue-detail", venue) if venue else ""),
            ("dcterms:identifier", ", ".join(literal(f"{scheme}:{value}") for scheme, value in identifiers)),
            ("schema:sameAs", ", ".join(sorted(pages))),
            ("dcterms:subject", ", ".join(_relative("topic-detail", *one.split(" ", 1)) for one in topics)),
            ("dcterms:isReplacedBy", _page("papers", merged) if merged else ""),
        )  # fmt: skip


def _repositories() -> Iterator[str]:
    query = """
        SELECT r.host, r.owner, r.name, r.description, r.licence, r.stars, r.stars_on,
            ARRAY(SELECT l.paper_id FROM catalog_paperrepository l WHERE l.repository_id = r.id AND l.retired_at IS NULL ORDER BY l.paper_id)
        FROM catalog_repository r ORDER BY r.id
    """
    for host, owner, name, description, licence, stars, stars_on, papers in stream(query):
        counted = (
            f'[ a schema:InteractionCounter ; schema:interactionType schema:LikeAction ; schema:userInteractionCount {stars} ; schema:endTime "{stars_on}"^^xsd:date ]'
            if stars is not None
            else ""
        )
        yield _said(
            _relative("repository-detail", host, owner, name),
            ("a", "schema:SoftwareSourceCode"),
            ("schema:name", literal(f"{owner}/{name}")),
            ("schema:codeRepository", web(f"https://{host}/{owner}/{name}")),
            ("schema:description", _maybe(description)),
            ("schema:license", _maybe(licence)),
            ("schema:interactionStatistic", counted),
            (
                "codemeta:referencePublication",
                ", ".join(_page("papers", paper) for paper in papers),
            ),
        )


def _systems() -> Iterator[str]:
    query = "SELECT id, name, aliases, introduced_by_id FROM catalog_system WHERE retired_at IS NULL ORDER BY id"
    for pk, name, aliases, paper in stream(query):
        yield _said(
            _page("systems", pk),
            ("a", "schema:Thing"),
            ("schema:name", literal(name)),
            ("schema:alternateName", ", ".join(map(literal, aliases))),
            ("dcterms:source", _page("papers", paper)),
        )


def _edges() -> Iterator[str]:
    """Citations and relations, each with a node that tells who says so and since when."""
    query = "SELECT id, citing_id, cited_id, 'cites', source, stated_at FROM catalog_citation ORDER BY id"
    yield from _stated("citation", query, {"cites": "cito:cites"})
    query = """
        SELECT id, subject_id, object_id, kind, source, stated_at FROM catalog_relation
        WHERE retired_at IS NULL ORDER BY id
    """
    yield from _stated("relation", query, {str(kind): verb for kind, verb in RELATIONS.items()})


def _stated(name: str, query: str, verbs: dict[str, str]) -> Iterator[str]:
    for pk, tail, head, kind, source, stated_at in stream(query):
        one, other, verb = _page("papers", tail), _page("papers", head), verbs[kind]
        yield f"{one} {verb} {other} ."
        yield _said(
            f"<data/#{name}-{pk}>",
            ("a", "cito:Citation"),
            ("cito:hasCitingEntity", one),
            ("cito:hasCitationCharacterization", verb),
            ("cito:hasCitedEntity", other),
            ("dcterms:source", literal(source)),
            ("dcterms:date", f'"{stated_at.isoformat()}"^^xsd:dateTime'),
        )
