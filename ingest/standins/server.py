"""The server: takes requests, notes them, lets the protocols answer and the faults spoil the answers."""

import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from . import arxiv, semantic_scholar
from .faults import FAULTS, check
from .github import Github
from .messages import SOURCES, Asked, Reply, Seen, json_reply
from .openalex import Openalex
from .world import World

Log = Callable[[Seen, str], None]


@dataclass
class Misbehaviour:
    fault: str
    times: int | None
    after: int
    details: dict[str, Any]


class Standin:
    """All four sources at one address of this machine, from `start()` or `with` until `stop()`.

    A fault of the stand-in itself (not one asked for) is answered with 500 and raised by `stop()`.
    """

    def __init__(self, world: World, port: int = 0, log: Log | None = None) -> None:
        self.world = world
        self.requests: list[Seen] = []
        self.log = log
        self.stopped = Event()
        self.crashes: list[Exception] = []
        self._lock = Lock()
        self._misbehaviours: dict[str, list[Misbehaviour]] = {source: [] for source in SOURCES}
        self._in_flight = dict.fromkeys(SOURCES, 0)
        self._most = dict.fromkeys(SOURCES, 0)
        self.github, self.openalex = Github(), Openalex()
        self._server = _Server(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.arxiv_url = f"{self.url}/arxiv/api/query"
        self.github_url = f"{self.url}/github"
        self.semantic_scholar_url = f"{self.url}/semantic_scholar/graph/v1"
        self.openalex_url = f"{self.url}/openalex"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()
        if error is None:
            self._raise_crash()

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._close()
        self._raise_crash()

    def _close(self) -> None:
        self.stopped.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.drop_connections()

    def _raise_crash(self) -> None:
        if self.crashes:
            raise RuntimeError("The stand-in itself failed") from self.crashes[0]

    def environment(self) -> dict[str, str]:
        """What to set so that Stemma asks here."""
        return {
            "ARXIV_API_URL": self.arxiv_url,
            "GITHUB_API_URL": self.github_url,
            "SEMANTIC_SCHOLAR_API_URL": self.semantic_scholar_url,
            "OPENALEX_API_URL": self.openalex_url,
        }

    def misbehave(
        self,
        source: str,
        fault: str,
        times: int | None = 1,
        after: int = 0,
        **details: Any,
    ) -> None:
        """Give the next `times` requests of a source a fault, for None all, once `after` have passed well.

        Faults that are asked for one after another follow one another.
        """
        if source not in SOURCES:
            raise ValueError(f"There is no source “{source}”; there are: {', '.join(SOURCES)}.")
        check(source, fault, details)
        with self._lock:
            self._misbehaviours[source].append(Misbehaviour(fault, times, after, details))

    def behave(self, source: str | None = None) -> None:
        """Drop the faults of a source, or all."""
        with self._lock:
            for name in [source] if source else SOURCES:
                self._misbehaviours[name].clear()

    def most_at_once(self, source: str) -> int:
        """The largest number of requests of a source that were in flight at one time."""
        with self._lock:
            return self._most[source]

    # what the handler calls

    def arrived(self, seen: Seen) -> Misbehaviour | None:
        with self._lock:
            self.requests.append(seen)
            self._in_flight[seen.source] += 1
            self._most[seen.source] = max(self._most[seen.source], self._in_flight[seen.source])
            return self._next_fault(seen.source)

    def _next_fault(self, source: str) -> Misbehaviour | None:
        waiting = self._misbehaviours[source]
        while waiting and waiting[0].times is not None and waiting[0].times <= 0:
            waiting.pop(0)
        if not waiting:
            return None
        first = waiting[0]
        if first.after > 0:
            first.after -= 1
            return None
        if first.times is not None:
            first.times -= 1
        return first

    def ended(self, seen: Seen) -> None:
        with self._lock:
            self._in_flight[seen.source] -= 1
            for number, other in enumerate(self.requests):
                if other is seen:  # a test may have emptied the list meanwhile
                    self.requests[number] = replace(seen, ended_at=time.monotonic())

    def answer(self, source: str, asked: Asked) -> Reply:
        """The right answer; what is done to it comes later."""
        try:
            with self.world.lock:
                if asked.path.startswith("/loop/"):
                    step = int(asked.path.removeprefix("/loop/"))
                    return Reply(302, b"", {"location": f"{self.url}/{source}/loop/{step + 1}"})
                if source == "arxiv":
                    return arxiv.answer(self.world, asked)
                if source == "github":
                    return self.github.answer(self.world, asked)
                if source == "semantic_scholar":
                    return semantic_scholar.answer(self.world, asked)
                return self.openalex.answer(self.world, asked)
        except Exception as error:
            self.crashes.append(error)
            return json_reply({"error": f"The stand-in failed: {error!r}"}, 500)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, standin: Standin, port: int) -> None:
        self.standin = standin
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """As the base class, without asking the resolver for a name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """End the connections that clients keep open, and with them the threads."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it ended by itself meanwhile
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave in the middle are what many tests are about; all else is a fault here."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.standin.crashes.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    source: str
    url: str
    address: str
    seen: Seen | None = None

    def do_GET(self) -> None:
        self._exchange()

    do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_GET

    def _exchange(self) -> None:
        arrived = time.monotonic()
        standin = self.server.standin
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        self.source, _, rest = parts.path.lstrip("/").partition("/")
        self.url, self.address = standin.url, f"{standin.url}/{self.source}"
        if self.source not in SOURCES:
            self._finish(json_reply({"error": f"No source here: {', '.join(SOURCES)}"}, 404))
            return
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen = Seen(self.source, self.command, parts.path, query, headers, body, arrived)
        asked = Asked(self.command, f"/{unquote(rest)}", query, headers, body, standin.url)
        misbehaviour = standin.arrived(self.seen)
        try:
            if misbehaviour:
                self._misbehave(misbehaviour, lambda: standin.answer(self.source, asked))
            else:
                self.send(standin.answer(self.source, asked))
        finally:
            self._ended(misbehaviour.fault if misbehaviour else "")

    def _misbehave(self, misbehaviour: Misbehaviour, right: Callable[[], Reply]) -> None:
        try:
            FAULTS[misbehaviour.fault](self, right, **misbehaviour.details)
        except OSError:  # the client left, as it may
            self.close_connection = True
        except Exception as error:
            self.server.standin.crashes.append(error)
            self.close_connection = True

    def _ended(self, outcome: str) -> None:
        """Once for each request: when the last of its answer is about to leave, or is given up."""
        if self.seen is None:
            return
        seen, self.seen = self.seen, None
        self.server.standin.ended(seen)
        if self.server.standin.log:
            self.server.standin.log(seen, outcome)

    # what faults use

    def send(self, reply: Reply) -> None:
        # Ended before the last byte leaves: else the client's next request may overtake the note.
        self._ended(str(reply.status))
        self._finish(reply)

    def _finish(self, reply: Reply) -> None:
        body = b"" if self.command == "HEAD" else reply.body
        self.wfile.write(self.head(reply, len(reply.body)) + body)

    def head(self, reply: Reply, length: int | None) -> bytes:
        """Status line and headers; without a length the body comes in chunks."""
        known = HTTPStatus.__members__.values()
        phrase = HTTPStatus(reply.status).phrase if reply.status in known else "Unnamed"
        lines = [f"HTTP/1.1 {reply.status} {phrase}"]
        headers = {"date": self.date_time_string()} | reply.headers
        if length is None:
            headers["transfer-encoding"] = "chunked"
        elif reply.status != 304:
            headers["content-length"] = str(length)
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def write(self, data: bytes) -> None:
        """Bytes as they are. Only faults write so, and the connection ends with them."""
        self.close_connection = True
        self.wfile.write(data)

    def wait(self, seconds: float | None) -> bool:
        """Whether the client left or the stand-in stopped within these seconds, or for None ever."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            if self.server.standin.stopped.is_set() or self._client_left():
                self.close_connection = True
                return True
            left = 0.02 if until is None else min(until - time.monotonic(), 0.02)
            if left <= 0:
                return False
            self.server.standin.stopped.wait(left)

    def _client_left(self) -> bool:
        if not select.select([self.connection], [], [], 0)[0]:
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def reset(self) -> None:
        """Close so that the client meets a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: `Standin.log` tells of requests."""
