"""Where a list comes from: a file, or a web address fetched with limits."""

import re
import zlib
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings

from ingest.http.transport import Deadline, TooLarge, UnknownEncoding, read_body, transport
from ingest.http.words import in_words
from ingest.lists.records import ListRefused
from ingest.lists.repair import MAX_BYTES

_TIMEOUT = httpx.Timeout(20, connect=10)
_TOTAL_SECONDS = 60
_MAX_REDIRECTS = 3
_MOST = f"{MAX_BYTES // 1_048_576} MB"


def is_address(source: str) -> bool:
    return bool(re.match(r"https?://", source, re.IGNORECASE))


def read_file(path: str) -> bytes:
    """Return a file's bytes; an impossible one is refused in one line."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise ListRefused(
                f"{path} has {size / 1_048_576:.0f} MB; a list may have at most {_MOST}."
            )
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ListRefused(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise ListRefused(f"{path} is a folder; name the Markdown file in it.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ListRefused(f"{path} cannot be read: {reason}.") from error


def fetch(url: str, *, trusted_host: bool) -> bytes:
    """Fetch a list over http(s).

    A person at the command line vouches for the host of the address (`trusted_host`); a scheduled job
    may only ask settings.LIST_HOSTS. Redirects lead to the same host or to one of those.
    """
    try:
        return _fetch(raw_address(url), trusted_host)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, zlib.error, UnknownEncoding) as error:
        raise ListRefused(f"{url} cannot be fetched: {in_words(error)}.") from error
    except TooLarge as error:
        raise ListRefused(f"{url} holds more than {_MOST}, the most a list may have.") from error


def _fetch(url: str, trusted_host: bool) -> bytes:
    allowed = {host.lower() for host in settings.LIST_HOSTS}
    if trusted_host:
        allowed.add((urlsplit(url).hostname or "").lower())
    contact = f" ({settings.INGEST_CONTACT})" if settings.INGEST_CONTACT else ""
    headers = {"User-Agent": f"Stemma{contact}", "Accept-Encoding": "gzip, deflate"}
    deadline = Deadline()
    deadline.start(_TOTAL_SECONDS)
    asked = url
    with httpx.Client(timeout=_TIMEOUT, headers=headers, transport=transport(deadline)) as client:
        for _ in range(_MAX_REDIRECTS + 1):
            host = (urlsplit(url).hostname or "").lower()
            if host not in allowed:
                words = f"{asked} leads on to {host or url}, which" if url != asked else host or url
                raise ListRefused(
                    f"{words} is not among the hosts lists may come from (LIST_HOSTS)."
                )
            with client.stream("GET", url) as response:
                if response.has_redirect_location:
                    url = urljoin(url, response.headers["location"])
                    continue
                return _body(response, url)
    raise ListRefused(f"{asked} redirects more than {_MAX_REDIRECTS} times.")


def _body(response: httpx.Response, url: str) -> bytes:
    if not response.is_success:
        raise ListRefused(f"{url} answered {response.status_code} {response.reason_phrase}.")
    body = bytearray()
    for chunk in read_body(response):
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLarge
    return bytes(body)


_BLOB = re.compile(r"https?://github\.com/([^/]+)/([^/]+)/(?:blob|raw)/(.+)", re.IGNORECASE)
_REPOSITORY = re.compile(
    r"https?://github\.com/([^/]+)/([^/#?]+?)(?:\.git)?/?(?:#.*)?", re.IGNORECASE
)


def raw_address(url: str) -> str:
    """Lead GitHub's pages of a file, or of a repository, to the Markdown itself."""
    if match := _BLOB.fullmatch(url.split("#")[0].split("?")[0]):
        return f"https://raw.githubusercontent.com/{match[1]}/{match[2]}/{match[3]}"
    if match := _REPOSITORY.fullmatch(url):
        return f"https://raw.githubusercontent.com/{match[1]}/{match[2]}/HEAD/README.md"
    return url
