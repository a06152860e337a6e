"""Where a list comes from: a file, or a web address fetched with limits."""

import re
import time
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings

from ingest.lists.records import ListRefused
from ingest.lists.repair import MAX_BYTES

_TIMEOUT = httpx.Timeout(20, connect=10)
_TOTAL_SECONDS = 60
_MAX_REDIRECTS = 3


def is_address(source: str) -> bool:
    return bool(re.match(r"https?://", source, re.IGNORECASE))


def read_file(path: str) -> bytes:
    """Return a file's bytes; an impossible one is refused in one line."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise ListRefused(
                f"{path} has {size / 1_048_576:.0f} MB; a list may have at most {MAX_BYTES // 1_048_576} MB."
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
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ListRefused(f"{url} cannot be fetched: {error or type(error).__name__}.") from error


def _fetch(url: str, trusted_host: bool) -> bytes:
    allowed = {host.lower() for host in settings.LIST_HOSTS}
    if trusted_host:
        allowed.add((urlsplit(url).hostname or "").lower())
    contact = f" ({settings.INGEST_CONTACT})" if settings.INGEST_CONTACT else ""
    deadline = time.monotonic() + _TOTAL_SECONDS
    with httpx.Client(timeout=_TIMEOUT, headers={"User-Agent": f"Stemma{contact}"}) as client:
        for _ in range(_MAX_REDIRECTS + 1):
            host = (urlsplit(url).hostname or "").lower()
            if host not in allowed:
                raise ListRefused(
                    f"{host or url} is not among the hosts lists may come from (LIST_HOSTS)."
                )
            with client.stream("GET", url) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                return _body(response, url, deadline)
    raise ListRefused(f"{url} redirects more than {_MAX_REDIRECTS} times.")


def _body(response: httpx.Response, url: str, deadline: float) -> bytes:
    if not response.is_success:
        raise ListRefused(f"{url} answered {response.status_code} {response.reason_phrase}.")
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ListRefused(
                f"{url} holds more than {MAX_BYTES // 1_048_576} MB, the most a list may have."
            )
        if time.monotonic() > deadline:
            raise ListRefused(f"{url} took longer than {_TOTAL_SECONDS} seconds.")
    return body


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
