"""The graph as RDF, read by a parser that is not ours."""

import gzip

import pytest
from django.core.management import call_command
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from catalog.dumps.linked import RELATIONS, literal, web
from catalog.models import Citation, Paper
from catalog.models.graph import RelationKind
from tests.catalog.dumps.everything import TEXTS, fill
from tests.factories import make_paper

CITO = Namespace("http://purl.org/spar/cito/")
SCHEMA = Namespace("https://schema.org/")
BIBO = Namespace("http://purl.org/ontology/bibo/")
SITE = "https://stemma.example.org/"


@pytest.fixture
def graph(transactional_db, tmp_path, settings):
    def read(**options):
        call_command("dump", str(tmp_path / "dump"), verbosity=0, **options)
        data = gzip.decompress((tmp_path / "dump" / "graph.ttl.gz").read_bytes())
        return Graph().parse(data=data, format="turtle", publicID=SITE)

    return read


def paper_iri(paper):
    return URIRef(f"{SITE}papers/{paper.pk}/")


def test_papers_say_what_they_are(graph):
    fill()
    read = graph()
    for paper in Paper.objects.all():
        node = paper_iri(paper)
        assert (node, RDF.type, SCHEMA.ScholarlyArticle) in read
        assert read.value(node, DCTERMS.title) == Literal(paper.title)
        assert str(read.value(node, DCTERMS.abstract)) == paper.abstract
        authors = [URIRef(f"{SITE}authors/{row.author_id}/") for row in paper.authorships.all()]
        listed = read.value(node, BIBO.authorList)
        assert (list(Collection(read, listed)) if listed else []) == authors
    merged = Paper.objects.exclude(merged_into=None).get()
    assert (paper_iri(merged), DCTERMS.isReplacedBy, paper_iri(merged.merged_into)) in read


def test_edges_are_there_with_who_says_so(graph):
    fill()
    read = graph()
    edge = Citation.objects.select_related("citing", "cited").order_by("pk")[0]
    assert (paper_iri(edge.citing), CITO.cites, paper_iri(edge.cited)) in read
    node = URIRef(f"{SITE}data/#citation-{edge.pk}")
    assert read.value(node, CITO.hasCitedEntity) == paper_iri(edge.cited)
    assert read.value(node, DCTERMS.source) == Literal("openalex")
    assert read.value(node, DCTERMS.date).datatype == XSD.dateTime
    assert len(set(read.subject_objects(CITO.extends))) == 1


def test_topics_are_a_tree_of_concepts(graph):
    fill()
    read = graph()
    scheme = URIRef(f"{SITE}topics/long-context/")
    sparse = URIRef(f"{SITE}topics/long-context/attention/sparse/")
    assert (scheme, RDF.type, SKOS.ConceptScheme) in read
    assert (sparse, SKOS.broader, URIRef(f"{SITE}topics/long-context/attention/")) in read
    assert read.value(sparse, SKOS.prefLabel) == Literal("Sparse")


def test_the_address_of_the_site_is_the_base_where_it_is_known(graph, settings):
    settings.SITE_URL = "https://papers.example.net"
    paper = make_paper("One")
    assert (URIRef(f"https://papers.example.net/papers/{paper.pk}/"), None, None) in graph()


def test_a_published_graph_has_no_abstract_that_arxiv_did_not_give(graph):
    make_paper("One", abstract="Somebody else's words")
    assert not list(graph(published=True).subject_objects(DCTERMS.abstract))


def test_every_kind_of_relation_has_a_word_that_others_know():
    assert set(RELATIONS) == set(RelationKind)


@pytest.mark.parametrize("text", [*TEXTS, "".join(map(chr, range(1, 0x250)))])
def test_any_text_is_read_as_it_was_written(text):
    read = Graph().parse(data=f"<a:b> <a:c> {literal(text)} .", format="turtle")
    assert [str(value) for value in read.objects()] == [text]


@pytest.mark.parametrize(
    ("url", "iri"),
    [
        ("https://a.org/x y<z>", "<https://a.org/x%20y%3Cz%3E>"),
        ("http://a.org/ü", "<http://a.org/ü>"),
        ("javascript:alert(1)", ""),
        ("W123", ""),
    ],
)
def test_addresses_are_iris_or_nothing(url, iri):
    assert web(url) == iri
