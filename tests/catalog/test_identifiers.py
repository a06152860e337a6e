"""Identifiers in every usual form and back."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.identifiers import (
    Ident,
    arxiv_month,
    clean_url,
    identifier_url,
    parse_arxiv,
    parse_identifier,
    parse_repository,
)

SHA = "9405cc0d6169988371b2755e573cc28650d14dfe"

# Each registry's own page for an identifier, read in both directions.
PAGES = [
    ("arxiv", "2309.17453", "https://arxiv.org/abs/2309.17453"),
    ("arxiv", "0704.0001", "https://arxiv.org/abs/0704.0001"),
    ("arxiv", "hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
    ("arxiv", "math/0309136", "https://arxiv.org/abs/math/0309136"),
    ("doi", "10.1145/3290605.3300233", "https://doi.org/10.1145/3290605.3300233"),
    ("doi", "10.1016/0010-0277(88)90031-5", "https://doi.org/10.1016/0010-0277(88)90031-5"),
    ("openreview", "Uj3JHzWaDf", "https://openreview.net/forum?id=Uj3JHzWaDf"),
    ("acl", "P19-1424", "https://aclanthology.org/P19-1424/"),
    ("acl", "2020.acl-main.1", "https://aclanthology.org/2020.acl-main.1/"),
    ("s2", SHA, f"https://www.semanticscholar.org/paper/{SHA}"),
    ("openalex", "W2741809807", "https://openalex.org/W2741809807"),
    ("url", "https://kexue.fm/archives/9431", "https://kexue.fm/archives/9431"),
]

# Other forms that people paste.
FORMS = [
    ("2309.17453", "arxiv:2309.17453"),
    (" 2309.17453v2 ", "arxiv:2309.17453"),
    ("arXiv:2309.17453", "arxiv:2309.17453"),
    ("arXiv: 2309.17453", "arxiv:2309.17453"),
    ("arXiv:2309.17453v1 [cs.CL]", "arxiv:2309.17453"),
    ("arXiv:2309.17453.", "arxiv:2309.17453"),
    ("<https://arxiv.org/abs/2309.17453>", "arxiv:2309.17453"),
    ("HTTPS://ARXIV.ORG/ABS/2309.17453".replace("ABS", "abs"), "arxiv:2309.17453"),
    ("http://www.arxiv.org/pdf/2309.17453v3.pdf#page=2", "arxiv:2309.17453"),
    ("arxiv.org/pdf/2309.17453", "arxiv:2309.17453"),
    ("https://arxiv.org/html/2309.17453v1/", "arxiv:2309.17453"),
    ("https://ar5iv.labs.arxiv.org/html/2309.17453", "arxiv:2309.17453"),
    ("https://export.arxiv.org/abs/2309.17453?context=cs", "arxiv:2309.17453"),
    ("https://www.alphaxiv.org/abs/2309.17453", "arxiv:2309.17453"),
    ("https://huggingface.co/papers/2309.17453", "arxiv:2309.17453"),
    ("https://arxiv.org/abs//2309.17453", "arxiv:2309.17453"),
    ("https://openreview.net/references/pdf?id=Uj3JHzWaDf", "openreview:Uj3JHzWaDf"),
    ("https://api2.openreview.net/pdf?id=Uj3JHzWaDf", "openreview:Uj3JHzWaDf"),
    (
        "https://web.archive.org/web/20240101000000/https://arxiv.org/abs/2309.17453",
        "arxiv:2309.17453",
    ),
    (
        "web.archive.org/web/2024id_/http:/openreview.net/forum?id=Uj3JHzWaDf",
        "openreview:Uj3JHzWaDf",
    ),
    (
        "https://web.archive.org/web/2024/https://example.org/a",
        "url:https://web.archive.org/web/2024/https://example.org/a",
    ),
    (
        "https://www.google.com/url?sa=t&url=https%3A%2F%2Farxiv.org%2Fpdf%2F2309.17453v2&usg=A",
        "arxiv:2309.17453",
    ),
    (
        "https://scholar.google.de/scholar_url?url=https://doi.org/10.1145/3290605.3300233&hl=en",
        "doi:10.1145/3290605.3300233",
    ),
    ("https://arxiv.org/abs/math.GT/0309136v1", "arxiv:math/0309136"),
    ("cs.CL/0112017", "arxiv:cs/0112017"),
    ("10.48550/arXiv.2309.17453", "arxiv:2309.17453"),
    ("https://doi.org/10.48550/arXiv.2309.17453", "arxiv:2309.17453"),
    ("doi:10.1145/3290605.3300233", "doi:10.1145/3290605.3300233"),
    ("DOI: 10.1145/3290605.3300233.", "doi:10.1145/3290605.3300233"),
    ("https://dx.doi.org/10.1145/3290605.3300233", "doi:10.1145/3290605.3300233"),
    ("https://doi.org/10.1016%2F0010-0277(88)90031-5", "doi:10.1016/0010-0277(88)90031-5"),
    ("(10.1000/ABC)".strip("("), "doi:10.1000/abc"),
    ("https://dl.acm.org/doi/abs/10.1145/3290605.3300233", "doi:10.1145/3290605.3300233"),
    ("https://dl.acm.org/doi/10.1145/3290605.3300233", "doi:10.1145/3290605.3300233"),
    ("https://link.springer.com/chapter/10.1007/978-3-030-1_2", "doi:10.1007/978-3-030-1_2"),
    ("10.18653/v1/P19-1424", "acl:P19-1424"),
    ("https://openreview.net/pdf?id=Uj3JHzWaDf", "openreview:Uj3JHzWaDf"),
    ("https://openreview.net/forum?id=Uj3JHzWaDf&noteId=abc", "openreview:Uj3JHzWaDf"),
    ("openreview:Uj3JHzWaDf", "openreview:Uj3JHzWaDf"),
    ("p19-1424", "acl:P19-1424"),
    ("https://aclanthology.org/P19-1424.pdf", "acl:P19-1424"),
    ("https://www.aclweb.org/anthology/P19-1424/", "acl:P19-1424"),
    ("https://aclanthology.org/2020.ACL-main.1v2.pdf", "acl:2020.acl-main.1"),
    ("acl:2023.findings-acl.12", "acl:2023.findings-acl.12"),
    (f"https://www.semanticscholar.org/paper/Some-Title/{SHA}", f"s2:{SHA}"),
    (SHA.upper(), f"s2:{SHA}"),
    ("https://api.openalex.org/w2741809807", "openalex:W2741809807"),
    ("HTTP://Example.COM:80/Paper/?utm_source=x&id=1", "url:http://example.com/Paper?id=1"),
    ("https://user:word@example.com:8443/a", "url:https://example.com:8443/a"),
    ("http://[::1]/a", "url:http://[::1]/a"),
    ("https://arxiv.org/list/cs.CL/recent", "url:https://arxiv.org/list/cs.CL/recent"),
    ("https://openreview.net/group?id=ICLR.cc", "url:https://openreview.net/group?id=ICLR.cc"),
]

NOTHING = [
    "",
    "attention",
    "attention is all you need",
    "2.0",
    "1234.5678",  # no month 34
    "２３０９.17453",  # digits, but not these
    "and/1234567",
    "http://",
    "http://a:99999999/",
    "http://a:port/",
    "http://[::1",
    "http://exa℀mple.com/",
    "10.1000/%00",
    "https://example.com/a b",
    "https://doi.org/10.1000/a\x00b",
    "https://example.com/\ud800",
    "ftp://example.com/a",
    "javascript:alert(1)",
    "https://example.com/" + "a" * 1000,
]

REPOSITORIES = [
    ("https://github.com/mit-han-lab/streaming-llm", "github.com/mit-han-lab/streaming-llm", ""),
    ("https://www.github.com/a/b.git", "github.com/a/b", ""),
    ("git@github.com:a/b.git", "github.com/a/b", ""),
    ("ssh://git@github.com/a/b.git", "github.com/a/b", ""),
    ("git+https://github.com/a/b", "github.com/a/b", ""),
    ("github.com/a/b/", "github.com/a/b", ""),
    ("https://raw.githubusercontent.com/a/b/main/README.md", "github.com/a/b", ""),
    ("https://api.github.com/repos/a/b", "github.com/a/b", ""),
    ("https://github.com/a/b?tab=readme#top", "github.com/a/b", ""),
    ("https://github.com/a/b/tree/main/c", "github.com/a/b", "https://github.com/a/b/tree/main/c"),
    ("https://gitlab.com/a/b", "gitlab.com/a/b", ""),
]


@pytest.mark.parametrize(("scheme", "value", "url"), PAGES)
def test_a_registry_page_and_its_identifier_lead_to_each_other(scheme, value, url):
    assert parse_identifier(url) == Ident(scheme, value)
    assert identifier_url(scheme, value) == url
    assert Ident(scheme, value).url == url


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_every_usual_form_gives_the_canonical_one(text, expected):
    assert str(parse_identifier(text)) == expected


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_the_canonical_form_is_read_as_itself(text, expected):
    scheme, _, value = expected.partition(":")
    again = parse_identifier(identifier_url(scheme, value))
    assert again == Ident(scheme, value)


@pytest.mark.parametrize("text", NOTHING)
def test_anything_else_is_no_identifier(text):
    assert parse_identifier(text) is None


@pytest.mark.parametrize(("text", "expected", "inner"), REPOSITORIES)
def test_a_repository_is_read_from_its_address(text, expected, inner):
    repository = parse_repository(text)
    assert repository
    assert f"{repository.host}/{repository.owner}/{repository.name}" == expected
    assert repository.inner_url == inner
    assert parse_repository(repository.url) == parse_repository(f"https://{expected}")


@pytest.mark.parametrize(
    "text",
    ["", "a/b", "https://github.com/a", "https://github.com/topics/llm", "https://github.com/a/..",
     "https://example.com/a/b", "http://[github.com/a/b"],
)  # fmt: skip
def test_other_addresses_are_no_repository(text):
    assert parse_repository(text) is None


def test_an_arxiv_version_is_kept_apart():
    assert parse_arxiv("2309.17453v12") == Ident("arxiv", "2309.17453", 12)


@pytest.mark.parametrize(
    ("value", "month"),
    [
        ("2309.17453", date(2023, 9, 1)),
        ("0704.0001", date(2007, 4, 1)),
        ("hep-th/9901001", date(1999, 1, 1)),
        ("not an id", None),
        ("", None),
    ],
)
def test_an_arxiv_id_tells_its_month(value, month):
    assert arxiv_month(value) == month


pieces = st.sampled_from(
    ["http://", "https://", "arxiv:", "arxiv.org/abs/", "10.1000/", "doi:", "openreview.net/forum?id=",
     "github.com/", "[", "]", "::1", ":", "99999999", "@", "/", "%00", "%ff", "\x00", "\ud800", "℀", "é", " ",
     "2309.17453", "v2", ".pdf", "?", "#", "xn--", "例え.jp"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(pieces, max_size=8).map("".join)))
@example("http://a:99999999/")
@example("https://[")
def test_no_text_makes_a_reader_fail(text):
    found = parse_identifier(text)
    clean_url(text)
    parse_repository(text)
    arxiv_month(text)
    if found:
        # What is stored can be shown and read again as the same thing.
        assert "\x00" not in found.value
        assert parse_identifier(found.url) is not None
