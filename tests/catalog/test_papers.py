from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import (
    Citation,
    CitationCount,
    CitingWork,
    Link,
    PaperRepository,
    Problem,
    Provenance,
    Reference,
    Relation,
    Repository,
    SimilarPaper,
    Source,
    TitleAlias,
)
from tests.catalog.queries import count_queries
from tests.factories import make_announcement, make_author, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db


def page(client, paper):
    response = client.get(paper.get_absolute_url())
    assert response.status_code == 200
    return response.text


def test_an_old_name_in_the_address_leads_to_the_present_one(client):
    paper = make_paper("A new title")
    for old in [f"/papers/{paper.pk}/", f"/papers/{paper.pk}/an-old-title/"]:
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, paper.get_absolute_url())


def test_an_address_has_the_title_as_it_is_read_and_the_one_with_latex_leads_there(client):
    paper = make_paper(r"Linear \textit{attention} in $\mathcal{O}(n)$")
    assert paper.get_absolute_url() == f"/papers/{paper.pk}/linear-attention-in-on/"
    former = f"/papers/{paper.pk}/linear-textitattention-in-mathcalon/"
    response = client.get(former)
    assert (response.status_code, response["Location"]) == (301, paper.get_absolute_url())


def test_a_merged_paper_leads_to_the_survivor(client):
    merged, survivor = make_paper("Twice"), make_paper("Once")
    merged.merged_into = survivor
    merged.save()
    response = client.get(merged.get_absolute_url())
    assert (response.status_code, response["Location"]) == (301, survivor.get_absolute_url())
    assert client.get(f"{merged.get_absolute_url().rstrip('/')}.bib").status_code == 301


@pytest.mark.parametrize("key", ["0", "99", "9" * 40])
def test_a_paper_that_never_was_is_not_found(client, key):
    response = client.get(f"/papers/{key}/any-title/")
    assert response.status_code == 404
    assert "There is no such page" in response.text


def test_facts_and_where_they_come_from(client):
    paper = make_paper(
        "Reformer",
        authors=["Ann A"],
        venue=make_venue("ICLR", kind="conference"),
        year=2020,
        distinction="Oral",
        published_on=date(2020, 2, 1),
        published_precision="month",
        arxiv="2001.04451",
    )
    stated = datetime(2026, 11, 23, tzinfo=UTC)
    Provenance.objects.create(paper=paper, field="title", source=Source.LIST, stated_at=stated)
    text = page(client, paper)
    assert "ICLR 2020</a> <em>Oral</em>" in text
    assert '<time datetime="2020-02">Feb\u00a02020</time>' in text
    assert 'href="https://arxiv.org/abs/2001.04451" rel="noopener external"' in text
    assert "<dt>title</dt><dd>reading list, <time" in text
    assert "23\u00a0Nov\u00a02026" in text


def test_what_is_not_known_is_said(client):
    text = page(client, make_paper("Bare", authors=0))
    assert "Its authors are not known yet" in text
    assert "date not known" in text
    assert "No abstract has been fetched yet" in text
    assert "Similar papers have not been worked out yet" in text
    assert "No code is known" in text


def test_a_withdrawn_paper_bears_a_banner(client):
    assert "<strong>Withdrawn.</strong>" in page(client, make_paper(withdrawn_at=timezone.now()))


def test_a_paper_that_no_topic_has_any_more_stays_and_says_so(client):
    assert "No longer listed" in page(client, make_paper(topics=[]))
    assert "No longer listed" not in page(client, make_paper())


def test_a_contested_identifier_is_shown_as_doubtful(client):
    paper = make_paper()
    Problem.objects.create(
        job="import_list",
        kind="identifier-contested",
        message="Two claim it.",
        fingerprint="1",
        paper=paper,
    )
    Problem.objects.create(
        job="import_list", kind="venue-typo", message="A slip.", fingerprint="2", paper=paper
    )
    text = page(client, paper)
    assert "<strong>In doubt.</strong> Two claim it." in text
    assert "A slip." not in text


def test_topics_are_shown_with_what_is_above_them(client):
    top = make_topic("Attention")
    below = make_topic("Sparse", top)
    text = page(client, make_paper(topics=[below, make_topic("Agents")]))
    assert f'href="{top.get_absolute_url()}">Attention</a> › <a' in text
    assert ">Agents</a>" in text


def test_a_name_that_is_printed_differently_is_told(client):
    paper = make_paper(authors=["M. Peters", "Lukasz Kaiser"])
    first, second = paper.authorships.all()
    first.author = make_author("Matthew E. Peters")
    first.save()
    second.printed_name = "Łukasz Kaiser"
    second.save()
    text = page(client, paper)
    assert '>M. Peters</a> <span class="meta">(Matthew E. Peters)</span>' in text
    assert "(Lukasz Kaiser)" not in text


def test_code_with_stars_only_when_they_are_known(client):
    paper = make_paper(repository="mit-han-lab/streaming-llm")
    assert "★" not in page(client, paper)
    Repository.objects.update(stars=1234, stars_on=date(2026, 11, 20))
    assert "★\u00a01,234 on <time" in page(client, paper).replace("&nbsp;", "\u00a0")


def test_a_badge_of_another_repository_is_mentioned(client):
    paper = make_paper(repository="a/code")
    other = Repository.objects.create(owner="b", name="badge")
    PaperRepository.objects.update(badge_repository=other)
    assert "star badge counts another" in page(client, paper)


def test_addresses_that_are_not_of_the_web_are_not_links(client):
    paper = make_paper()
    Link.objects.create(paper=paper, kind="homepage", url="javascript:alert(1)")
    Link.objects.create(paper=paper, kind="video", url="https://example.org/video")
    text = page(client, paper)
    assert "javascript:" not in text
    assert ">video</a>" in text


def test_neighbours_are_listed(client):
    paper, other = make_paper("Here"), make_paper("There", authors=["Zoë Z"])
    SimilarPaper.objects.create(paper=paper, other=other, rank=1, score=0.9)
    Citation.objects.create(citing=other, cited=paper, source=Source.OPENALEX)
    Relation.objects.create(subject=other, object=paper, kind="extends", source=Source.CURATOR)
    TitleAlias.objects.create(paper=paper, title="Hear", source=Source.LIST)
    make_announcement(paper=paper, date=date(2025, 2, 24))
    text = page(client, paper)
    assert text.count(other.get_absolute_url()) >= 3
    assert "Also listed as “Hear”" in text
    assert "announced <time" in text
    assert "cited by 1" in client.get(make_topic().get_absolute_url()).text


def test_a_pair_that_two_sources_state_is_counted_once(client):
    paper, other = make_paper("Here"), make_paper("There")
    for source in (Source.OPENALEX, Source.SEMANTIC_SCHOLAR):
        Citation.objects.create(citing=other, cited=paper, source=source)
    assert 'Cited by <small class="count">1\u00a0paper listed here' in page(client, paper)
    assert 'Builds on <small class="count">1\u00a0paper listed here' in page(client, other)
    assert "cited by 1<" in client.get(make_topic().get_absolute_url()).text


def test_works_that_are_not_listed_are_folded_the_most_cited_first(client):
    paper = make_paper("Here")
    for number in range(60):
        CitingWork.objects.create(
            cited=paper,
            source=Source.SEMANTIC_SCHOLAR,
            key=str(number),
            title=f"Work {number}.",
            identifiers=[f"arxiv:2001.{number:05}"],
            year=2020,
            citation_count=number * 1000,
        )
    Reference.objects.create(citing=paper, source=Source.OPENALEX, key="W1", title="<b>One</b>")
    text = page(client, paper)
    assert "<summary>60 citing works not listed here</summary>" in text
    assert (
        '<a href="https://arxiv.org/abs/2001.00059" rel="noopener external">Work 59.</a> (2020)'
        in text
    )
    assert "cited by 59,000" in text
    assert text.index("Work 59.") < text.index("Work 58.")
    assert "Work 9." not in text
    assert "and 10 more" in text
    assert "<summary>1 reference to a paper not listed here</summary>" in text
    assert "<li>&lt;b&gt;One&lt;/b&gt;</li>" in text


def test_a_reference_without_a_title_is_shown_by_its_identifier_unless_another_source_has_names(
    client,
):
    paper = make_paper()
    Reference.objects.create(
        citing=paper, source=Source.OPENALEX, key="W12345", identifiers=["openalex:W12345"]
    )
    assert (
        '<a href="https://openalex.org/W12345" rel="noopener external">openalex:W12345</a>'
        in page(client, paper)
    )
    Reference.objects.create(citing=paper, source=Source.SEMANTIC_SCHOLAR, key="1", title="Named")
    text = page(client, paper)
    assert "W12345" not in text
    assert "<li>Named</li>" in text


def test_how_often_it_is_cited_is_told_with_source_and_date(client):
    paper = make_paper()
    CitationCount.objects.create(
        paper=paper,
        source=Source.SEMANTIC_SCHOLAR,
        references=1,
        citing=1234,
        counted_on=date(2026, 2, 3),
    )
    text = page(client, paper)
    assert 'Semantic Scholar counts 1,234 citing works, <time datetime="2026-02-03">' in text
    assert "Semantic Scholar counts 1 reference, <time" in text
    assert "0\u00a0papers listed here" in text


def test_other_papers_by_the_same_authors(client):
    paper = make_paper("First", authors=["Ann A"])
    make_paper("Second", authors=["Bo B", "Ann A"])
    make_paper("Unrelated", authors=["Cy C"])
    text = page(client, paper)
    assert ">Second</a>" in text
    assert "Unrelated" not in text


def test_hostile_text_is_escaped_everywhere(client):
    hostile = "<script>alert(1)</script>"
    paper = make_paper(hostile, authors=[hostile], abstract=hostile)
    text = page(client, paper)
    assert hostile not in text
    assert "&lt;script&gt;" in text


def test_bibtex_to_copy_and_to_download(client):
    paper = make_paper("Efficient Transformers", authors=["Yi Tay"], year=2020)
    assert "@misc{tay2020efficient," in page(client, paper)
    response = client.get(f"{paper.get_absolute_url().rstrip('/')}.bib")
    assert response["Content-Disposition"] == 'attachment; filename="tay2020efficient.bib"'
    assert response.text.startswith("@misc{tay2020efficient,")


@pytest.mark.parametrize(
    "path",
    [
        "/abs/2309.17453",
        "/abs/2309.17453v2",
        "/pdf/2309.17453.pdf",
        "/pdf/2309.17453v1",
        "/abs/arXiv:2309.17453",
    ],
)
def test_addresses_as_arxiv_writes_them_lead_to_the_paper(client, path):
    paper = make_paper(arxiv="2309.17453")
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, paper.get_absolute_url())


def test_old_arxiv_identifiers_are_known_too(client):
    paper = make_paper(arxiv="math/0309136")
    assert client.get("/abs/math.GT/0309136v1")["Location"] == paper.get_absolute_url()


@pytest.mark.parametrize(
    "path", ["/abs/2401.00001", "/abs/nonsense", "/pdf/" + "9" * 3000, "/abs/%00"]
)
def test_what_is_not_listed_is_said_in_words(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert reverse("search") in response.text


def test_a_paper_arxiv_has_and_we_do_not_is_linked_there(client):
    assert "https://arxiv.org/abs/2401.00001" in client.get("/abs/2401.00001").text


def test_number_of_queries_does_not_grow_with_what_is_around_a_paper(client):
    paper = make_paper(authors=["Ann A"], repository="a/b")

    def surround() -> None:
        for _ in range(3):
            other = make_paper(authors=["Ann A", "Bo B"], repository="c/d")
            rank = paper.similar.count() + 1
            SimilarPaper.objects.create(paper=paper, other=other, rank=rank, score=0.5)
            Citation.objects.create(citing=other, cited=paper, source=Source.OPENALEX)
            Citation.objects.create(citing=paper, cited=other, source=Source.OPENALEX)
            outside = {
                "source": Source.OPENALEX,
                "key": str(rank),
                "identifiers": ["doi:10.1000/1"],
            }
            Reference.objects.create(citing=paper, title="Outside", **outside)
            CitingWork.objects.create(cited=paper, title="Outside", **outside)
            make_announcement(paper=paper)

    CitationCount.objects.create(
        paper=paper, source=Source.OPENALEX, references=9, citing=9, counted_on="2026-02-03"
    )
    surround()
    client.get(paper.get_absolute_url())  # the first visit gives the paper its citation key
    before = count_queries(client, paper.get_absolute_url())
    for _ in range(3):
        surround()
    assert count_queries(client, paper.get_absolute_url()) == before
