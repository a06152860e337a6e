"""What people paste goes to its paper, whatever stands around it, or can be proposed."""

import pytest
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.identifiers import parse_identifier
from catalog.models import Identifier, Link, Paper, Proposal, Source
from search.named import find_named, pasted
from search.queries import search
from tests.factories import make_paper

pytestmark = pytest.mark.django_db

SHA = "9405cc0d6169988371b2755e573cc28650d14dfe"
NAMES = [
    ("arxiv", "2401.00001"),
    ("arxiv", "hep-th/9901001"),
    ("arxiv", "cs/0102003"),
    ("doi", "10.1145/3290605.3300233"),
    ("doi", "10.1016/0010-0277(88)90031-5"),
    ("doi", "10.1162/tacl_a_00638"),
    ("doi", "10.1038/s41586-021-03819-2"),
    ("openreview", "Uj3JHzWaDf"),
    ("openreview", "_VjQlMeSB_"),
    ("acl", "P19-1424"),
    ("acl", "2023.acl-long.1"),
    ("s2", SHA),
    ("s2", "CorpusId:259360665"),
    ("url", "https://example.org/blog/long_(context)"),
]

FORMS = f"""
2401.00001
2401.00001v2
arXiv:2401.00001
arXiv: 2401.00001v1
arxiv 2401.00001
ARXIV:2401.00001 [cs.CL]
arXiv:2401.00001v2 [cs.CL] 1 Jan 2024
arXiv preprint arXiv:2401.00001 (2024).
arXiv preprint arXiv:2401.00001, 2024.
CoRR abs/2401.00001
abs/2401.00001
https://arxiv.org/abs/2401.00001
http://arxiv.org/abs/2401.00001v3
arxiv.org/abs/2401.00001/
www.arxiv.org/pdf/2401.00001
https://export.arxiv.org/abs/2401.00001
http://cn.arxiv.org/pdf/2401.00001v2.pdf
Arxiv.org/PDF/2401.00001V2.pdf
HTTPS://ARXIV.ORG/ABS/2401.00001
https://arxiv.org/html/2401.00001v1#S3.SS1
https://arxiv.org/ps/2401.00001v1
https://arxiv.org/format/2401.00001
https://arxiv.org/src/2401.00001v1
https://arxiv.org/e-print/2401.00001
https://arxiv.org/bibtex/2401.00001
https://arxiv.org/abs/2401.00001?context=cs
https://arxiv.org/abs/2401.00001.
https://arxiv.org/abs/2401.00001,
arxiv.org/abs/arXiv:2401.00001
https://ar5iv.labs.arxiv.org/html/2401.00001
https://ar5iv.org/abs/2401.00001
https://www.alphaxiv.org/abs/2401.00001v1
alphaxiv.org/overview/2401.00001
https://huggingface.co/papers/2401.00001
https://hf.co/papers/2401.00001#comments
https://papers.cool/arxiv/2401.00001
https://www.semanticscholar.org/arxiv/2401.00001
https://api.semanticscholar.org/arXiv:2401.00001
https://api.semanticscholar.org/graph/v1/paper/ARXIV:2401.00001
hep-th/9901001
arXiv:hep-th/9901001v2
https://arxiv.org/abs/hep-th/9901001
https://arxiv.org/pdf/hep-th/9901001v1.pdf
cs.CL/0102003
http://export.arxiv.org/pdf/cs.CL/0102003
10.48550/arXiv.2401.00001
https://doi.org/10.48550/arXiv.2401.00001
doi:10.48550/ARXIV.2401.00001
10.1145/3290605.3300233
doi:10.1145/3290605.3300233
DOI 10.1145/3290605.3300233
DOI: 10.1145/3290605.3300233.
doi: https://doi.org/10.1145/3290605.3300233
http://dx.doi.org/10.1145/3290605.3300233
doi.org/10.1145/3290605.3300233
https://dl.acm.org/doi/10.1145/3290605.3300233
https://dl.acm.org/doi/abs/10.1145/3290605.3300233
https://dl.acm.org/doi/pdf/10.1145/3290605.3300233
https://dl.acm.org/doi/fullHtml/10.1145/3290605.3300233#sec-1
https://doi.acm.org/10.1145/3290605.3300233
https://doi.org/10.1016/0010-0277(88)90031-5
(https://doi.org/10.1016/0010-0277(88)90031-5)
https://direct.mit.edu/tacl/article/doi/10.1162/tacl_a_00638/119630/Lost-in-the-Middle
https://www.nature.com/articles/s41586-021-03819-2.pdf
https://openreview.net/forum?id=Uj3JHzWaDf
https://openreview.net/forum?id=Uj3JHzWaDf&noteId=abcdefgh12
https://openreview.net/forum?id=Uj3JHzWaDf#discussion
https://openreview.net/pdf?id=Uj3JHzWaDf
https://OpenReview.net/PDF?id=Uj3JHzWaDf
openreview.net/attachment?id=Uj3JHzWaDf&name=supplementary_material
https://openreview.net/revisions?id=Uj3JHzWaDf
(https://openreview.net/forum?id=Uj3JHzWaDf).
https://openreview.net/forum?id=_VjQlMeSB_
openreview:Uj3JHzWaDf
openreview: Uj3JHzWaDf
Uj3JHzWaDf
P19-1424
p19-1424
https://aclanthology.org/P19-1424/
https://aclanthology.org/P19-1424.pdf
https://www.aclweb.org/anthology/P19-1424
https://aclweb.org/anthology/papers/P/P19/P19-1424/
2023.acl-long.1
https://aclanthology.org/2023.acl-long.1/
https://aclanthology.org/2023.acl-long.1.pdf
aclanthology.org/2023.acl-long.1.bib
https://aclanthology.org/2023.acl-long.1v2.pdf
https://doi.org/10.18653/v1/2023.acl-long.1
https://www.semanticscholar.org/paper/Some-Title-Xiao/{SHA}
https://www.semanticscholar.org/paper/{SHA}
https://www.semanticscholar.org/paper/Some-Title/{SHA}/figure/3
https://www.semanticscholar.org/reader/{SHA}
https://api.semanticscholar.org/graph/v1/paper/{SHA}?fields=title
https://pdfs.semanticscholar.org/{SHA[:4]}/{SHA[4:]}.pdf
{SHA.upper()}
CorpusID:259360665
CorpusId: 259360665
Corpus ID: 259360665
S2CID 259360665
https://api.semanticscholar.org/CorpusID:259360665
https://www.semanticscholar.org/paper/CorpusID:259360665
https://github.com/lab/code
https://github.com/Lab/Code.git
http://www.github.com/lab/code/
github.com/lab/code/tree/main/src
https://github.com/lab/code/blob/main/README.md#use
https://github.com/lab/code.
git@github.com:lab/code.git
git clone https://github.com/lab/code.git
git+https://github.com/lab/code
http://www.example.org/blog/long_(context)/
example.org/blog/long_(context)
(https://example.org/blog/long_(context)),
http://lab.example.org/code
"2401.00001"
“https://arxiv.org/abs/2401.00001”
'arXiv:2401.00001'
`2401.00001`
[2401.00001]
[arXiv:2401.00001 [cs.CL]]
<https://arxiv.org/abs/2401.00001>
(<https://arxiv.org/abs/2401.00001>);
《2401.00001》
[A Title: with words (2024)](https://arxiv.org/abs/2401.00001)
[**A title**](<https://arxiv.org/pdf/2401.00001>).
[title](https://openreview.net/forum?id=Uj3JHzWaDf "hover")
[https://arxiv.org/abs/2401.00001](https://arxiv.org/abs/2401.00001)
\\url{{https://arxiv.org/abs/2401.00001}}
\\href{{https://arxiv.org/abs/2401.00001}}{{A title}}
Paper: https://arxiv.org/abs/2401.00001
url=https://arxiv.org/abs/2401.00001
""".strip().splitlines()
AROUND = ["  2401.00001\t", "\n2401.00001\n", "\u200b2401.00001\ufeff", "2401.00001\u00a0"]


@pytest.fixture
def paper(db: None) -> Paper:
    """One paper that bears every kind of name."""
    made = make_paper("Named in every way", repository="lab/code")
    for scheme, value in NAMES:
        Identifier.objects.create(paper=made, scheme=scheme, value=value, source=Source.LIST)
    Link.objects.create(paper=made, kind=Link.Kind.HOMEPAGE, url="https://lab.example.org/code/")
    return made


@pytest.mark.parametrize("form", [*FORMS, *AROUND])
def test_what_people_paste_leads_to_its_paper(paper, form):
    assert search(form).target == paper


NOT_LISTED = [
    ("2401.99999", "arxiv:2401.99999"),
    ("[2401.99999v3]", "arxiv:2401.99999"),
    ("doi:10.1000/nowhere.", "doi:10.1000/nowhere"),
    ("https://www.science.org/doi/10.1126/science.1", "doi:10.1126/science.1"),
    ("https://aclanthology.org/2024.acl-long.999.pdf", "acl:2024.acl-long.999"),
    ("https://openreview.net/forum?id=AbCdEfGhIj", "openreview:AbCdEfGhIj"),
    ("CorpusID:1", "s2:CorpusId:1"),
    ("git@github.com:no/body.git", "url:https://github.com/no/body"),
    ("https://paperswithcode.com/paper/a-b?utm_source=x", "url:https://paperswithcode.com/paper/a-b"),
    ("https://scholar.google.com/scholar?cluster=123&hl=en", "url:https://scholar.google.com/scholar?cluster=123&hl=en"),
    ("[A post](https://kexue.fm/archives/9431)", "url:https://kexue.fm/archives/9431"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "ident"), NOT_LISTED)
def test_what_is_not_listed_is_told_and_can_be_proposed(client, paper, form, ident):
    found = search(form)
    assert str(found.not_listed) == ident
    assert found.hits == ()
    assert found.not_listed
    assert str(parse_identifier(found.not_listed.url)) == ident
    page = client.get(reverse("search"), {"q": form}).text
    assert "Propose it for the catalogue" in page
    assert client.post(reverse("propose"), {"ident": found.not_listed.url}).status_code == 201
    assert Proposal.objects.get().after["key"] == ident


WORDS = [
    "attention",
    '"attention sinks"',
    "[attention]",
    "attention is all you need: a survey",
    "doi attention",
    "arXiv attention",
    "arxiv 2024",
    "W999999",
    "abs/relative",
    "key/value",
    "2401.00001 and 2401.00002",
    "code: attention",
    "[a](b)",
    "corpus id",
    "(year:2023 OR has:code)",
]


@pytest.mark.parametrize("text", WORDS)
def test_words_are_words(paper, text):
    assert find_named(text) is None


@given(st.text())
@example("[](" * 500)
@example("\\url{" * 200)
@example("[" * 500 + "](https://arxiv.org/abs/2401.00001)")
def test_no_text_makes_it_fail_or_grow(text):
    bare = pasted(text)
    assert " " not in bare
    assert len(bare) <= 2 * len(text) + 10


def test_two_papers_with_one_homepage_are_not_told_apart(paper):
    other = make_paper("Another")
    Link.objects.create(paper=other, kind=Link.Kind.HOMEPAGE, url="http://lab.example.org/code")
    assert search("https://lab.example.org/code").target is None


def test_our_own_addresses_lead_to_their_papers(client, paper):
    for address in (
        f"http://localhost:8000{paper.get_absolute_url()}",
        f"https://example.org/papers/{paper.pk}/",
    ):
        assert client.get(reverse("search"), {"q": address})["Location"] == paper.get_absolute_url()
    assert (
        "Propose"
        not in client.get(reverse("search"), {"q": "https://example.org/papers/99999999/"}).headers
    )


def test_an_encoded_address_is_read(client, paper):
    response = client.get(reverse("search"), {"q": "https%3A%2F%2Farxiv.org%2Fabs%2F2401.00001"})
    assert response["Location"] == paper.get_absolute_url()
