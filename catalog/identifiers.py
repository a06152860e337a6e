"""Identifiers of papers and repositories: recognised in any usual form, kept in one canonical form.

Sources: arXiv "Understanding the arXiv identifier" (new style YYMM.NNNN(N) since 0704, old style
archive(.XX)/YYMMNNN); the DOI handbook §2.2 (10.prefix/suffix, case-insensitive); ACL Anthology's
notes on identifiers (P19-1424 until 2019, 2020.acl-main.1 since).
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit, urlunsplit

ARXIV, DOI, OPENREVIEW, ACL, S2, OPENALEX, URL = (
    "arxiv",
    "doi",
    "openreview",
    "acl",
    "s2",
    "openalex",
    "url",
)
# Registries that give a paper one identifier only, so that two different ones mean two papers.
EXCLUSIVE = frozenset({ARXIV, DOI, OPENREVIEW, ACL})

# ASCII: a digit of another script is no digit of an identifier.
_ANY_CASE = re.IGNORECASE | re.ASCII
_OLD_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga"
    "|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics"
    "|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_ARXIV_NEW = r"(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
_ARXIV_OLD = rf"(?P<old>(?:{_OLD_ARCHIVES})(?:\.[a-z]{{2}})?/[0-9]{{2}}(?:0[1-9]|1[0-2])[0-9]{{3}})"
_ARXIV = re.compile(
    rf"(?:{_ARXIV_NEW}|{_ARXIV_OLD})(?:v(?P<version>[1-9][0-9]{{0,2}}))?", _ANY_CASE
)
_ARXIV_HOSTS = re.compile(
    r"(?:www\.|export\.|browse\.|[a-z]{2}\.)?(?:arxiv\.org|ar5iv\.org|ar5iv\.labs\.arxiv\.org)|(?:www\.)?alphaxiv\.org",
    _ANY_CASE,
)
_ARXIV_PATH = re.compile(r"/(?:abs|pdf|html|ps|format|e-print|src|bibtex|overview)/(.+)", _ANY_CASE)
# Sites that show arXiv's papers, each with where in its addresses the id stands.
_ARXIV_READERS = {"huggingface.co": "/papers/", "hf.co": "/papers/", "papers.cool": "/arxiv/"}
# Addresses that hold another address: archived copies and what search pages link to.
_ARCHIVED_PATH = re.compile(r"/web/[0-9]{1,14}(?:[a-z]{2}_)?/(?:https?:/{1,2})?(.+)", _ANY_CASE)
_LINKING_HOST = re.compile(r"(?:www\.|scholar\.)?google\.[a-z.]{2,6}", _ANY_CASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s\"<>]+")
# Publishers whose addresses hold the DOI of the paper they show.
_DOI_HOSTS = frozenset(
    {
        "dl.acm.org",
        "epubs.siam.org",
        "journals.sagepub.com",
        "link.springer.com",
        "onlinelibrary.wiley.com",
        "pnas.org",
        "pubs.acs.org",
        "science.org",
        "tandfonline.com",
    }
)
_DOI_PATH = re.compile(
    r"/(?:doi|article|chapter|book|content/pdf)/(?:(?:abs|full|pdf|epdf|fullHtml|10\.1007/abs)/)?(10\.[0-9]{4,9}/.+)",
    _ANY_CASE,
)
_MIT_PRESS_PATH = re.compile(r"/.+/doi/(10\.1162/[^/]+).*", _ANY_CASE)
_NATURE_PATH = re.compile(r"/articles/([a-z0-9-]+)(?:\.pdf)?", _ANY_CASE)
_ACL = re.compile(
    r"[A-Z][0-9]{2}-[0-9]{4,5}|(?:19|20)[0-9]{2}\.[a-z0-9_]+-[a-z0-9_]+\.[0-9]+", _ANY_CASE
)
_OPENREVIEW = re.compile(r"[A-Za-z0-9_-]{6,20}")
_S2 = re.compile(r"[0-9a-f]{40}", _ANY_CASE)
# Semantic Scholar's number of a paper, another name for what it calls by forty digits.
_CORPUS_ID = re.compile(r"(?:corpusid|s2cid):\s*([0-9]{1,12})", _ANY_CASE)
_S2_PATH = re.compile(r"/.*?(arxiv|doi|acl|corpusid)[:/](.+)", _ANY_CASE)
_OPENALEX = re.compile(r"W[0-9]{4,12}", _ANY_CASE)
# Control characters and halves of surrogate pairs: no database keeps them, no identifier has them.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_LENGTH = 1000
_MOST_BYTES = 2000  # in UTF-8; an index takes some 2,700
_DEFAULT_PORTS = {"http": 80, "https": 443}
_REPOSITORY_PART = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_CODE_HOSTS = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org"})
_NOT_OWNERS = frozenset(
    [
        "about",
        "apps",
        "collections",
        "contact",
        "customer-stories",
        "enterprise",
        "events",
        "explore",
        "features",
        "login",
        "marketplace",
        "orgs",
        "pricing",
        "search",
        "security",
        "settings",
        "signup",
        "site",
        "sponsors",
        "stars",
        "topics",
        "trending",
        "users",
    ]
)


@dataclass(frozen=True, slots=True)
class Ident:
    """One identifier in canonical form; `version` is arXiv's, when one was written."""

    scheme: str
    value: str
    version: int | None = None

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @property
    def url(self) -> str:
        return identifier_url(self.scheme, self.value)


@dataclass(frozen=True, slots=True)
class RepositoryName:
    """A code repository as its host names it, and the address within it that was meant, if any."""

    host: str
    owner: str
    name: str
    inner_url: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Hosts ignore case."""
        return self.host.lower(), self.owner.lower(), self.name.lower()

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.owner}/{self.name}"


def identifier_url(scheme: str, value: str) -> str:
    """Return the registry's page for an identifier in canonical form."""
    match scheme:
        case "arxiv":
            return f"https://arxiv.org/abs/{value}"
        case "doi":
            return f"https://doi.org/{quote(value, safe='/:;()._-')}"
        case "openreview":
            return f"https://openreview.net/forum?id={quote(value)}"
        case "acl":
            return f"https://aclanthology.org/{value}/"
        case "s2" if match := _CORPUS_ID.fullmatch(value):
            return f"https://api.semanticscholar.org/CorpusID:{match[1]}"
        case "s2":
            return f"https://www.semanticscholar.org/paper/{value}"
        case "openalex":
            return f"https://openalex.org/{value}"
    return value


def parse_arxiv(text: str) -> Ident | None:
    """Read an arXiv id, with or without "arXiv:", version and class: `2309.17453v2`, `arXiv:2309.17453 [cs.CL]`."""
    text = re.sub(r"^arxiv:\s*", "", text.strip(), flags=_ANY_CASE)
    text = re.sub(r"\s*\[[a-z-]+(?:\.[a-z-]{2,})?\]$", "", text, flags=_ANY_CASE)
    text = re.sub(r"\.pdf$", "", text.rstrip("/.,;)"), flags=_ANY_CASE)
    match = _ARXIV.fullmatch(text)
    if not match:
        return None
    value = match["new"] or _old_arxiv(match["old"])
    return Ident(ARXIV, value, int(match["version"]) if match["version"] else None)


def _old_arxiv(value: str) -> str:
    """Old ids are one whatever their subject class: math.GT/0309136 is math/0309136."""
    archive, number = value.lower().split("/")
    return f"{archive.split('.')[0]}/{number}"


def arxiv_month(value: str) -> date | None:
    """Return the first day of the month an arXiv id was given in; None when it is no arXiv id."""
    if not _ARXIV.fullmatch(value):
        return None
    digits = value.rsplit("/", 1)[-1]
    year, month = int(digits[:2]), int(digits[2:4])
    return date(1900 + year if year >= 91 else 2000 + year, month, 1)


def parse_identifier(text: str) -> Ident | None:
    """Recognise an identifier or a paper's URL in any usual form; None when it is neither.

    A URL of no known registry becomes scheme `url`, cleaned. Never raises, whatever the text.
    """
    text = text.strip().strip("<>").strip()
    if not text or len(text) > _MAX_LENGTH or _UNFIT.search(text):
        return None
    found = parse_arxiv(text) or _from_text(text)
    # Percent signs may have hidden what no identifier has.
    if found and (_UNFIT.search(found.value) or len(found.value.encode()) > _MOST_BYTES):
        return None
    return found


def _from_text(text: str) -> Ident | None:
    # A space is allowed only after a prefix such as "doi: 10.1000/1".
    if match := _CORPUS_ID.fullmatch(re.sub(r"^s2:", "", text, flags=_ANY_CASE)):
        return Ident(S2, f"CorpusId:{match[1]}")
    text = re.sub(r"^(doi|openreview|acl|s2|openalex):\s+", r"\1:", text, flags=_ANY_CASE)
    if re.search(r"\s", text):
        return None
    if re.match(r"https?://", text, _ANY_CASE):
        return _from_url(text)
    if re.match(r"(?:[\w-]+\.)+[a-z]{2,}/", text, re.IGNORECASE) and not _DOI.match(text):
        return _from_url("https://" + text)
    return _from_bare(text)


def _from_bare(text: str) -> Ident | None:
    prefix, _, rest = text.partition(":")
    scheme = prefix.lower() if rest else ""
    bare = rest if scheme in {DOI, ACL, S2, OPENALEX} else text
    if _DOI.fullmatch(bare) and scheme in {"", DOI}:
        return clean_doi(bare)
    if scheme == OPENREVIEW and _OPENREVIEW.fullmatch(rest):
        return Ident(OPENREVIEW, rest)
    if _ACL.fullmatch(bare):
        return Ident(ACL, _acl_case(bare))
    if _S2.fullmatch(bare):
        return Ident(S2, bare.lower())
    if _OPENALEX.fullmatch(bare):
        return Ident(OPENALEX, bare.upper())
    return None


def clean_doi(text: str) -> Ident:
    """Canonical DOI: lower case, without sentence punctuation behind it. arXiv's own DOIs are arXiv ids."""
    value = unquote(text).lower().rstrip(".,;")
    if value.endswith(")") and value.count("(") < value.count(")"):
        value = value[:-1]
    if value.startswith("10.48550/arxiv.") and (found := parse_arxiv(value[15:])):
        return found
    if value.startswith("10.18653/v1/") and _ACL.fullmatch(value[12:]):
        return Ident(ACL, _acl_case(value[12:]))
    return Ident(DOI, value)


def _acl_case(value: str) -> str:
    """Old Anthology ids begin with a capital letter (P19-1424); new ones are lower case."""
    return value.upper() if value[0].isalpha() else value.lower()


def _from_url(url: str) -> Ident | None:
    cleaned = clean_url(url)
    if not cleaned:
        return None
    parts = urlsplit(cleaned)
    if (inner := _held_address(parts)) and (found := _from_url(inner)) and found.scheme != URL:
        return found
    host, path = parts.hostname or "", re.sub("^/+|(?<=/abs)/+", "/", unquote(parts.path))
    if _UNFIT.search(path):
        return None
    for known in (_arxiv_page, _doi_page, _acl_page, _semantic_scholar_page, _openalex_page):
        if found := known(host, path):
            return found
    return _openreview_page(host, path, parts.query) or Ident(URL, cleaned)


def _held_address(parts: SplitResult) -> str:
    """The address that an archived copy or a link of a search page is of; empty when it is neither."""
    host = parts.hostname or ""
    if host in {"web.archive.org", "archive.org"}:
        match = _ARCHIVED_PATH.fullmatch(parts.path)
        query = f"?{parts.query}" if parts.query else ""
        return f"https://{match[1]}{query}" if match else ""
    if _LINKING_HOST.fullmatch(host) and parts.path in {"/url", "/scholar_url"}:
        fields = parse_qs(parts.query)
        return (fields.get("url") or fields.get("q") or [""])[0]
    return ""


def _arxiv_page(host: str, path: str) -> Ident | None:
    if _ARXIV_HOSTS.fullmatch(host):
        match = _ARXIV_PATH.fullmatch(path)
        return parse_arxiv(match[1]) if match else None
    before = _ARXIV_READERS.get(host.removeprefix("www."))
    return parse_arxiv(path[len(before) :]) if before and path.startswith(before) else None


def _doi_page(host: str, path: str) -> Ident | None:
    host = host.removeprefix("www.")
    if host in {"doi.org", "dx.doi.org", "doi.acm.org"} and _DOI.fullmatch(path[1:]):
        return clean_doi(path[1:])
    if host == "direct.mit.edu" and (match := _MIT_PRESS_PATH.fullmatch(path)):
        return clean_doi(match[1])
    if host == "nature.com" and (match := _NATURE_PATH.fullmatch(path)):
        return clean_doi(f"10.1038/{match[1]}")
    if host in _DOI_HOSTS and (match := _DOI_PATH.fullmatch(path)) and _DOI.fullmatch(match[1]):
        return clean_doi(re.sub(r"\.pdf$", "", match[1], flags=_ANY_CASE))
    return None


def _acl_page(host: str, path: str) -> Ident | None:
    host = host.removeprefix("www.").removeprefix("anthology.")
    if host not in {"aclanthology.org", "aclweb.org", "aclanthology.info"}:
        return None
    name = re.sub(r"\.(?:pdf|bib|xml|endf)$", "", _last(path), flags=_ANY_CASE)
    name = re.sub(r"(?<=[0-9])v[0-9]$", "", name)
    return Ident(ACL, _acl_case(name)) if _ACL.fullmatch(name) else None


def _semantic_scholar_page(host: str, path: str) -> Ident | None:
    site = re.fullmatch(r"(?:(www|api|pdfs)\.)?semanticscholar\.org", host)
    if site is None:
        return None
    if site[1] == "pdfs":  # /9405/cc0d….pdf
        path = "/" + re.sub(r"\.pdf$", "", path.replace("/", ""))
    for piece in path.split("/"):
        if _S2.fullmatch(piece):
            return Ident(S2, piece.lower())
    match = _S2_PATH.fullmatch(path)
    return parse_arxiv(match[2]) or _from_text(f"{match[1]}:{match[2]}") if match else None


def _openalex_page(host: str, path: str) -> Ident | None:
    known = host in {"openalex.org", "www.openalex.org", "api.openalex.org"}
    if known and _OPENALEX.fullmatch(_last(path)):
        return Ident(OPENALEX, _last(path).upper())
    return None


def _openreview_page(host: str, path: str, query: str) -> Ident | None:
    pages = {"/forum", "/pdf", "/attachment", "/revisions", "/references/pdf", "/notes"}
    hosts = {"openreview.net", "www.openreview.net", "api.openreview.net", "api2.openreview.net"}
    if host not in hosts or path.lower() not in pages:
        return None
    fields = parse_qs(query)
    note = (fields.get("id") or fields.get("noteId") or [""])[0]
    return Ident(OPENREVIEW, note) if _OPENREVIEW.fullmatch(note) else None


def _last(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def clean_url(url: str) -> str:
    """Return one spelling of an address; empty when it is none.

    Scheme and host in lower case, no user, no usual port, no tracking fields, no slash at the end; the path keeps
    its case and the fragment stays, because some sites keep a page of its own behind it.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if not host or scheme not in _DEFAULT_PORTS or _UNFIT.search(url.strip()):
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    query = "&".join(
        item for item in parts.query.split("&") if item and not item.lower().startswith("utm_")
    )
    return urlunsplit((scheme, netloc, parts.path.rstrip("/"), query, parts.fragment))


def parse_repository(url: str) -> RepositoryName | None:
    """Read a repository from its URL, also with `.git`, a trailing slash, or a path below it."""
    text = re.sub(r"^(?:git\+|git clone\s+)", "", url.strip())
    if match := re.match(r"(?:ssh://)?git@([\w.-]+)[:/](.+)", text):
        text = f"https://{match[1]}/{match[2]}"
    if not re.match(r"(?:https?|git)://", text, re.IGNORECASE):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    pieces = [piece for piece in parts.path.split("/") if piece]
    if host == "raw.githubusercontent.com" or (
        host == "api.github.com" and pieces[:1] == ["repos"]
    ):
        host, pieces = "github.com", pieces[host == "api.github.com" :][:2]
    if host not in _CODE_HOSTS:
        return None
    if len(pieces) < 2:
        return None
    owner, name = pieces[0], pieces[1].removesuffix(".git")
    if not (_REPOSITORY_PART.fullmatch(owner) and _REPOSITORY_PART.fullmatch(name)):
        return None
    if owner.lower() in _NOT_OWNERS or name in {".", ".."}:
        return None
    inner = f"https://{host}/{'/'.join(pieces)}" if len(pieces) > 2 else ""
    return RepositoryName(host, owner, name, inner)
