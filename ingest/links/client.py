"""One request to somebody else's host: politely, for the head of the answer only, and never into a private network."""

import ssl
from types import TracebackType
from typing import Self

import httpx
from django.conf import settings

from catalog.models.links import host_of
from ingest.http.client import user_agent
from ingest.http.limiter import turn
from ingest.http.transport import Deadline, transport
from ingest.links.addresses import NameFails, NoSuchName, NotPublic, as_sent, locate
from ingest.links.probe import Answer, Fault

_TIMEOUT = httpx.Timeout(10)


class LinkClient:
    """Asks one host at a time. Use one per run and close it; not for several threads at once."""

    def __init__(self) -> None:
        self.requests = 0
        self._deadline = Deadline()
        self._http = httpx.Client(
            transport=transport(self._deadline, locate),
            timeout=_TIMEOUT,
            headers={"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity"},
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def ask(self, method: str, url: str) -> Answer | Fault:
        """Send a request when it is our turn to ask its host; of the answer the body is not read."""
        try:
            request = self._http.build_request(method, as_sent(url))
        except (httpx.InvalidURL, ValueError, UnicodeError):
            return Fault.NO_ADDRESS
        with turn(host_of(url), settings.LINK_CHECK_PAUSE) as mine:
            self._deadline.start(settings.LINK_CHECK_SECONDS)
            self._deadline.before_wait = mine.renew
            self.requests += 1
            try:
                return self._send(request)
            finally:
                self._http.cookies.clear()  # nobody is to know us again

    def _send(self, request: httpx.Request) -> Answer | Fault:
        try:
            response = self._http.send(request, stream=True)
        except NotPublic:
            return Fault.NOT_PUBLIC
        except NoSuchName:
            return Fault.NO_NAME
        except NameFails:
            return Fault.NAME_FAILS
        except httpx.ConnectTimeout:
            return Fault.UNREACHED
        except httpx.TimeoutException:
            return Fault.SLOW
        except httpx.ConnectError as error:
            return Fault.TLS if _is_about_tls(error) else Fault.UNREACHED
        except httpx.InvalidURL:  # httpx reads a redirect's address, followed or not
            return Fault.BROKEN
        except (httpx.HTTPError, ValueError):
            return Fault.BROKEN
        try:
            headers = response.headers
            return Answer(
                response.status_code,
                headers.get("location", "")[:4000],
                headers.get("retry-after", "")[:100],
            )
        finally:
            response.close()


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
