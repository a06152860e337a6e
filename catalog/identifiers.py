"""Identifiers of papers and repositories: recognised in any usual form, kept in one canonical form.

Sources: arXiv "Understanding the arXiv identifier" (new style YYMM.NNNN(N) since 0704, old style
archive(.XX)/YYMMNNN); the DOI handbook §2.2 (10.prefix/suffix, case-insensitive); ACL Anthology's
notes on identifiers (P19-1424 until 2019, 2020.acl-main.1 since).
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

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

_ARXIV_NEW = r"(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
_ARXIV_OLD = r"(?P<old>[a-z][a-z-]*(?:\.[A-Za-z]{2})?/\d{7})"
_ARXIV = re.compile(rf"(?:{_ARXIV_NEW}|{_ARXIV_OLD})(?:v(?P<version>[1-9]\d*))?", re.IGNORECASE)
_ARXIV_HOSTS = re.compile(
    r"(?:www\.|export\.|browse\.|[a-z]{2}\.)?(?:arxiv\.org|ar5iv\.org|ar5iv\.labs\.arxiv\.org)|(?:www\.)?alphaxiv\.org",
    re.IGNORECASE,
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_ACL = re.compile(r"[A-Z]\d{2}-\d{4,5}|\d{4}\.[a-z0-9_]+-[a-z0-9_]+\.\d+", re.IGNORECASE)
_OPENREVIEW = re.compile(r"[A-Za-z0-9_-]{6,20}")
_S2 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_OPENALEX = re.compile(r"W\d{4,12}", re.IGNORECASE)
_REPOSITORY_PART = re.compile(r"[A-Za-z0-9_.-]+")
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
        case "s2":
            return f"https://www.semanticscholar.org/paper/{value}"
        case "openalex":
            return f"https://openalex.org/{value}"
    return value


def parse_arxiv(text: str) -> Ident | None:
    """Read an arXiv id, with or without "arXiv:" and version: `2309.17453v2`, `math.GT/0309136`."""
    text = re.sub(r"^arxiv:\s*", "", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r"\.pdf$", "", text, flags=re.IGNORECASE).rstrip("/")
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
    """Return the first day of the month an arXiv id was given in."""
    digits = value.rsplit("/", 1)[-1][:4]
    year, month = int(digits[:2]), int(digits[2:])
    if not 1 <= month <= 12:
        return None
    return date(1900 + year if year >= 91 else 2000 + year, month, 1)


def parse_identifier(text: str) -> Ident | None:
    """Recognise an identifier or a paper's URL in any usual form; None when it is neither.

    A URL of no known registry becomes scheme `url`, cleaned, unless it names a code repository alone.
    """
    text = text.strip().strip("<>").strip()
    if not text or len(text) > 2000 or re.search(r"[\s\x00-\x1f]", text):
        # Spaces are allowed only after a prefix such as "arXiv: 2309.17453".
        compact = re.sub(r"^(arxiv|doi):\s+", r"\1:", text, flags=re.IGNORECASE)
        if compact == text or re.search(r"[\s\x00-\x1f]", compact):
            return None
        text = compact
    if re.match(r"https?://", text, re.IGNORECASE):
        return _from_url(text)
    if re.match(r"(?:[\w-]+\.)+[a-z]{2,}/", text, re.IGNORECASE) and not _DOI.match(text):
        return _from_url("https://" + text)
    return _from_bare(text)


def _from_bare(text: str) -> Ident | None:
    if found := parse_arxiv(text):
        return found
    doi = re.sub(r"^doi:\s*", "", text, flags=re.IGNORECASE)
    if _DOI.fullmatch(doi):
        return clean_doi(doi)
    if _ACL.fullmatch(text):
        return Ident(ACL, _acl_case(text))
    if found_id := re.fullmatch(r"openreview:([A-Za-z0-9_-]+)", text, re.IGNORECASE):
        return Ident(OPENREVIEW, found_id[1])
    if _S2.fullmatch(text):
        return Ident(S2, text.lower())
    if _OPENALEX.fullmatch(text):
        return Ident(OPENALEX, text.upper())
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
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if not host:
        return None
    path = unquote(parts.path)
    if _ARXIV_HOSTS.fullmatch(host):
        match = re.match(r"/(?:abs|pdf|html|ps|format|e-print|src|overview)/(.+)", path)
        if match and (found := parse_arxiv(match[1])):
            return found
    if host in {"doi.org", "dx.doi.org", "www.doi.org"} and _DOI.match(path[1:]):
        return clean_doi(path[1:])
    if host in {"openreview.net", "www.openreview.net"}:
        query = parse_qs(parts.query)
        note = (query.get("id") or query.get("noteId") or [""])[0]
        if path.rstrip("/") in {"/forum", "/pdf", "/attachment"} and _OPENREVIEW.fullmatch(note):
            return Ident(OPENREVIEW, note)
    if host in {
        "aclanthology.org",
        "www.aclanthology.org",
        "aclweb.org",
        "www.aclweb.org",
        "aclanthology.info",
    }:
        name = re.sub(r"\.pdf$", "", path.rstrip("/").rsplit("/", 1)[-1], flags=re.IGNORECASE)
        name = re.sub(r"(?<=\d)v\d$", "", name)
        if _ACL.fullmatch(name):
            return Ident(ACL, _acl_case(name))
    if host in {"semanticscholar.org", "www.semanticscholar.org"}:
        name = path.rstrip("/").rsplit("/", 1)[-1]
        if _S2.fullmatch(name):
            return Ident(S2, name.lower())
    if host in {"openalex.org", "www.openalex.org", "api.openalex.org"}:
        name = path.rstrip("/").rsplit("/", 1)[-1]
        if _OPENALEX.fullmatch(name):
            return Ident(OPENALEX, name.upper())
    if (
        host == "huggingface.co"
        and path.startswith("/papers/")
        and (found := parse_arxiv(path[8:]))
    ):
        return found
    return Ident(URL, clean_url(url))


def clean_url(url: str) -> str:
    """Lower-case scheme and host, drop the fragment of tracking and an empty path's slash.

    A path keeps its case and its trailing slash is dropped, so that both spellings are one identifier.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    netloc = f"{host}:{parts.port}" if parts.port else host
    query = "&".join(
        item for item in parts.query.split("&") if item and not item.lower().startswith("utm_")
    )
    path = parts.path.rstrip("/")
    return urlunsplit((parts.scheme.lower(), netloc, path, query, parts.fragment))


def parse_repository(url: str) -> RepositoryName | None:
    """Read a repository from its URL, also with `.git`, a trailing slash, or a path below it."""
    text = url.strip()
    if match := re.match(r"git@([\w.-]+):(.+)", text):
        text = f"https://{match[1]}/{match[2]}"
    if not re.match(r"https?://", text, re.IGNORECASE):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    if host not in _CODE_HOSTS:
        return None
    pieces = [piece for piece in parts.path.split("/") if piece]
    if len(pieces) < 2:
        return None
    owner, name = pieces[0], pieces[1].removesuffix(".git")
    if not (_REPOSITORY_PART.fullmatch(owner) and _REPOSITORY_PART.fullmatch(name)):
        return None
    if owner.lower() in _NOT_OWNERS or name in {".", ".."}:
        return None
    inner = f"https://{host}/{'/'.join(pieces)}" if len(pieces) > 2 else ""
    return RepositoryName(host, owner, name, inner)
