"""A host on this machine that stands for other people's pages, with their faults."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self


@dataclass
class Page:
    """How a path answers; `head` is the status for HEAD where it is another one."""

    status: int = 200
    head: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    late: float = 0  # seconds
    do: Callable[[BaseHTTPRequestHandler], None] | None = None


class Host:
    """Serves `pages` from `with` on; what is not among them is 404. Notes (method, path, begun, ended)."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str]] = []
        self.times: list[tuple[float, float]] = []
        self.agents: set[str] = set()
        self.stopped = Event()
        self._lock = Lock()
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                host.answer(self)

            def do_GET(self) -> None:
                host.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self.name = f"{address}:{self._server.server_port}"
        self.url = f"http://{self.name}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        page = self.pages.get(handler.path, Page(404))
        with self._lock:
            self.asked.append((handler.command, handler.path))
            self.agents.add(handler.headers["User-Agent"])
        try:
            if page.do:
                page.do(handler)
                return
            time.sleep(page.late)
            is_head = handler.command == "HEAD"
            handler.send_response(page.head if is_head and page.head else page.status)
            for name, value in page.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            pass
        finally:
            with self._lock:
                self.times.append((began, time.monotonic()))

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    # faults

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.stopped.wait(30)

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A head that comes for ever, byte by byte."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.stopped.wait(0.02):
            handler.wfile.write(b"a")

    def pour(self, handler: BaseHTTPRequestHandler) -> None:
        """A body without end."""
        if handler.command == "HEAD":
            handler.send_error(405)
            return
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        while not self.stopped.is_set():
            handler.wfile.write(piece)

    def babble(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")
        handler.close_connection = True

    def leave(self, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
