"""A polite client for one source: deadlines, limits, own hosts only, Retry-After, backoff, one turn per host."""

import json
import logging
import math
import random
import time
import zlib
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

from catalog.models import Source
from ingest.http import circuit
from ingest.http.errors import SourceBroken, SourceError, SourceRefused
from ingest.http.limiter import Turn, turn
from ingest.http.transport import Deadline, TooLarge, UnknownEncoding, read_body, transport
from ingest.http.words import in_words

logger = logging.getLogger(__name__)

Json = Any
JSON = frozenset({"application/json", "application/vnd.github+json"})
_TIMEOUT = httpx.Timeout(20, connect=10)
_MAX_REDIRECTS = 3
_TRIES = 4
_MAY_PASS = frozenset({408, 420, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
# Statuses with which a source may ask us to wait, besides redirects and errors of its own.
_MAY_WISH = frozenset({202, 403, 413, 420, 429})
_MOST = 2**31 - 1
# GitHub: without a header that says more, wait for at least a minute (docs.github.com/rest, "Best practices").
SECONDARY_LIMIT = 60
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered, with its unpacked body. Header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """Return the body as JSON; raise SourceBroken when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            path = urlsplit(self.url).path  # what follows may hold a key
            raise SourceBroken(f"{path} answered with broken JSON: {error}") from error


# Raises SourceBroken when an answer cannot be what was asked for; the request is then tried again.
Check = Callable[[Answer], None]


class SourceClient:
    """Asks one source. Use one per run and close it; not for several threads at once.

    `patience` is how many seconds it waits itself when the source asks for it; a longer wish raises SourceBusy.
    `insistent` lets a person try a source whose circuit is open. `haste` is for pages: after that many seconds, waits for
    our turn included, it gives up; it asks once only, and a failure for want of time says nothing of the source.
    """

    def __init__(
        self,
        source: Source,
        *,
        patience: float = 15,
        insistent: bool = False,
        haste: float | None = None,
    ) -> None:
        self.source = source
        self.configured = settings.SOURCES[source.value]
        self.base: str = self.configured["base"]
        self.key: str = self.configured["key"]
        self.requests = 0
        self._host = urlsplit(self.base).netloc
        self._patience = patience
        self._insistent = insistent
        self._is_hasty = haste is not None
        self._until = math.inf if haste is None else time.monotonic() + haste
        self._deadline = Deadline()
        self._http = httpx.Client(
            transport=transport(self._deadline),
            timeout=_TIMEOUT,
            headers={"User-Agent": user_agent(), "Accept-Encoding": "gzip"},
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> "SourceClient":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def get(
        self,
        path: str = "",
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        types: Collection[str] = JSON,
        accept: Collection[int] = (),
        follow: bool = True,
        check: Check | None = None,
    ) -> Answer:
        """Get what lies under the source's base, or at a whole address of its own host.

        `types` are the content types that a good answer may have; `accept` names statuses besides 2xx that the caller
        wants to see instead of an error; `follow=False` returns redirects.
        """
        url = path if path.startswith(("http://", "https://")) else self.base + path
        request = self._http.build_request("GET", url, params=params, headers=headers)
        return self._ask(request, types, accept, follow, check)

    def post(
        self,
        path: str,
        payload: Json,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        check: Check | None = None,
    ) -> Answer:
        """Post JSON and return the answer. Only for questions: a failed one is asked again."""
        request = self._http.build_request(
            "POST", self.base + path, params=params, json=payload, headers=headers
        )
        return self._ask(request, JSON, accept, False, check)

    def _ask(
        self,
        request: httpx.Request,
        types: Collection[str],
        accept: Collection[int],
        follow: bool,
        check: Check | None,
    ) -> Answer:
        """Ask up to _TRIES times, as long as what goes wrong may pass, and keep the circuit's books."""
        if not self._insistent:
            circuit.check(self.source)
        give_up = time.monotonic() + settings.INGEST_CALL_SECONDS
        most = 1 if self._is_hasty else _TRIES
        for tries in range(1, most + 1):
            try:
                answer = self._exchange(request, follow, accept)
                self._judge(answer, types, accept)
                if check:
                    check(answer)
            except Wait as wish:
                if not self._has_patience(wish.seconds):
                    raise circuit.asked_to_wait(self.source, wish.seconds, wish.reason) from wish
                if tries == most:
                    text = f"{self._name} lets us wait again and again ({wish.reason})"
                    self._note_failure(text)
                    raise SourceBroken(text) from wish
                pause = max(wish.seconds, self._backoff(tries))  # "0 seconds" is no leave to hurry
                Turn(self._host).pause(pause)  # for the other processes too
                time.sleep(pause)
            except SourceBroken as error:
                pause = self._backoff(tries)
                if tries == most or time.monotonic() + pause > give_up:
                    self._note_failure(str(error))
                    raise
                logger.info("source=%s try=%d failed: %s", self.source, tries, error)
                time.sleep(pause)
            except SourceRefused as error:
                if error.status in {401, 403}:
                    circuit.failed(self.source, str(error))
                raise
            else:
                circuit.succeeded(self.source)
                return answer
        raise AssertionError("the last try returns or raises")

    def _backoff(self, tries: int) -> float:
        """Twice as long each time, give or take a half, so that many workers do not come back at once."""
        pause: float = settings.INGEST_BACKOFF * 2 ** (tries - 1)
        return pause * random.uniform(0.5, 1.5)  # noqa: S311  # no secret

    def _has_patience(self, seconds: float) -> bool:
        return seconds <= min(self._patience, self._left())

    def _left(self) -> float:
        """The seconds that whoever is in haste has left."""
        return max(0.0, self._until - time.monotonic())

    def _note_failure(self, reason: str) -> None:
        if not self._is_hasty:
            circuit.failed(self.source, reason)

    # One exchange

    def _exchange(self, request: httpx.Request, follow: bool, accept: Collection[int]) -> Answer:
        """Send a request when it is our turn, and follow redirects to the source's own host."""
        self._deadline.start(settings.INGEST_TOTAL_SECONDS)
        for _ in range(_MAX_REDIRECTS + 1):
            self._own_host(str(request.url))
            answer = self._send(request, accept)
            location = answer.headers.get("location", "")
            if not (follow and location and answer.status in {301, 302, 303, 307, 308}):
                return answer
            request = self._redirected(request, location)
        raise SourceBroken(f"{self._name} redirects more than {_MAX_REDIRECTS} times")

    def _redirected(self, request: httpx.Request, location: str) -> httpx.Request:
        url = urljoin(str(request.url), location)
        self._own_host(url)
        try:
            return self._http.build_request(request.method, url, headers=request.headers)
        except httpx.InvalidURL as error:
            raise SourceBroken(f"{self._name} redirects to no address: {error}") from error

    def _own_host(self, url: str) -> None:
        """Refuse any address that is not on the host that the source is configured with."""
        if not is_own(url, self.base):
            raise SourceBroken(
                f"{self._name} sends us to {urlsplit(url).netloc[:100] or 'nowhere'}, which is not its own host"
            )

    def _send(self, request: httpx.Request, accept: Collection[int]) -> Answer:
        """Send one request once it is our turn and nobody of us was told to wait."""
        answer = None
        while answer is None:
            self._wait_while_busy()
            answer = self._send_in_turn(request, accept)
        return answer

    def _wait_while_busy(self) -> None:
        """Heed what the source asked another of us, as this one does what it is asked itself."""
        while wish := circuit.busy(self.source):
            seconds = (wish.until - timezone.now()).total_seconds()
            if not self._has_patience(seconds):
                raise wish
            time.sleep(max(seconds, 0.01))

    def _send_in_turn(self, request: httpx.Request, accept: Collection[int]) -> Answer | None:
        """Return None when the source asked somebody to wait while we waited for our turn."""
        interval: float = self.configured["min_interval"]
        with ExitStack() as stack:
            mine = stack.enter_context(turn(self._host, interval, self._left()))
            if circuit.busy(self.source):
                return None
            # The wait for our turn is not the source's.
            self._deadline.start(min(settings.INGEST_TOTAL_SECONDS, self._left()))
            self._deadline.before_wait = mine.renew
            self.requests += 1
            try:
                response = self._http.send(request, stream=True)
                stack.callback(response.close)
                body = b"".join(read_body(response))
            except httpx.TimeoutException as error:
                raise SourceBroken(f"{self._name} took too long to answer") from error
            except (httpx.HTTPError, zlib.error) as error:
                raise SourceBroken(f"{self._name} cannot be reached: {in_words(error)}") from error
            except httpx.InvalidURL as error:  # httpx reads a redirect's address, followed or not
                raise SourceBroken(f"{self._name} redirects to no address: {error}") from error
            except (TooLarge, UnknownEncoding) as error:
                raise SourceBroken(f"{self._name} was cut off: {error}") from error
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(str(request.url), response.status_code, headers, body)
            self._heed(answer, accept, mine)
            return answer

    def _heed(self, answer: Answer, accept: Collection[int], mine: Turn) -> None:
        """Do what the source asks for while the turn is ours, so that nobody asks it in between."""
        wish = None if answer.status in accept else _wish(answer)
        if wish and not self._has_patience(wish.seconds):
            self._note_allowance(answer)
            raise circuit.asked_to_wait(self.source, wish.seconds, wish.reason)
        if wish:
            mine.pause(wish.seconds)

    @property
    def _name(self) -> str:
        return str(self.source.label)

    # What an answer means

    def _judge(self, answer: Answer, types: Collection[str], accept: Collection[int]) -> None:
        status = answer.status
        self._note_allowance(answer)
        if status in accept:
            return
        if wish := _wish(answer):
            raise wish
        if status == 202:
            raise SourceBroken(f"{self._name} has not made its answer yet (status 202)")
        if status in _MAY_PASS or status >= 500:
            raise SourceBroken(f"{self._name} answered with status {status}")
        if 300 <= status < 400 or status < 200:
            raise SourceBroken(f"{self._name} answered with status {status} and nowhere to go")
        if status >= 400:
            setting = _KEY_NAMES.get(self.source) if status == 401 else None
            hint = f"; check {setting}" if setting else ""
            raise SourceRefused(
                f"{self._name} refused with status {status}{hint}", status, answer.body
            )
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in types:
            raise SourceBroken(
                f"{self._name} answered with {kind or 'no content type'} instead of data"
            )
        if not answer.body.strip():
            raise SourceBroken(f"{self._name} answered with nothing")

    def _note_allowance(self, answer: Answer) -> None:
        left = header_count(answer.headers.get("x-ratelimit-remaining", ""))
        limit = header_count(answer.headers.get("x-ratelimit-limit", ""))
        if left is not None:
            resets_at = _reset_time(answer.headers.get("x-ratelimit-reset", ""))
            circuit.note_allowance(self.source, left, limit, resets_at)


_KEY_NAMES = {
    Source.GITHUB: "GITHUB_TOKEN",
    Source.SEMANTIC_SCHOLAR: "SEMANTIC_SCHOLAR_API_KEY",
    Source.OPENALEX: "OPENALEX_API_KEY",
}


class Wait(Exception):
    """The source says when to come back. A Check may raise it too: not every source says it with a status."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.reason = reason


def _wish(answer: Answer) -> Wait | None:
    """Read when a source wants to be asked again: Retry-After (RFC 9110 §10.2.3), GitHub's reset time or its words.

    A redirect's wish is for what it leads to; other refusals will not pass by waiting, whatever they say.
    """
    status = answer.status
    if not (status in _MAY_WISH or 300 <= status < 400 or status >= 500):
        return None
    reason = f"status {status}"
    if (seconds := retry_after(answer.headers.get("retry-after", ""))) is not None:
        return Wait(seconds, reason)
    if status in {403, 429} and answer.headers.get("x-ratelimit-remaining") == "0":
        reset = _reset_time(answer.headers.get("x-ratelimit-reset", ""))
        if reset:
            return Wait(
                max(1.0, (reset - timezone.now()).total_seconds() + 1), "the allowance is used up"
            )
    if status in {403, 429} and b"secondary rate limit" in answer.body[:2000].lower():
        return Wait(SECONDARY_LIMIT, "its secondary rate limit")
    return None


def retry_after(value: str) -> float | None:
    """Read Retry-After in seconds or as a date; None when it is absent or neither."""
    value = value.strip()
    if (seconds := header_count(value)) is not None:
        return float(min(seconds, 10**6))
    try:
        date = parsedate_to_datetime(value)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (date - timezone.now()).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def header_count(value: str) -> int | None:
    """Read a count from a header; one that no database keeps is the largest it does."""
    if not (value.isascii() and value.isdigit()):
        return None
    return min(int(value), _MOST) if len(value) < 20 else _MOST


def _reset_time(value: str) -> datetime | None:
    """GitHub gives the moment (seconds since 1970), OpenAlex how many seconds are left."""
    seconds = header_count(value)
    if seconds is None:
        return None
    latest = (
        timezone.now() + circuit.LONGEST_WISH
    )  # GitHub's allowance is an hour's, OpenAlex's a day's
    if seconds < 10**8:
        return min(timezone.now() + timedelta(seconds=seconds), latest)
    return min(datetime.fromtimestamp(seconds, UTC), latest)


def is_own(url: str, base: str) -> bool:
    """Whether an address is on the host and port of a base, and no less protected."""
    try:
        there, here = urlsplit(url), urlsplit(base)
        ports = there.port or _PORTS.get(there.scheme), here.port or _PORTS.get(here.scheme)
    except ValueError:
        return False
    upgraded = (
        there.scheme == "https"
        and here.scheme == "http"
        and there.port is None
        and here.port is None
    )
    same = there.scheme == here.scheme and ports[0] == ports[1]
    return bool(there.hostname) and there.hostname == here.hostname and (same or upgraded)


def user_agent() -> str:
    """Who asks, with an address to write to."""
    contact = f" ({settings.INGEST_CONTACT})" if settings.INGEST_CONTACT else ""
    return f"Stemma/0.1{contact}"


__all__ = [
    "SECONDARY_LIMIT",
    "Answer",
    "Json",
    "SourceClient",
    "SourceError",
    "Wait",
    "header_count",
    "is_own",
    "retry_after",
    "user_agent",
]
