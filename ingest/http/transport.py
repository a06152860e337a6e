"""Sockets with a deadline, and bodies with a limit.

httpx limits each wait for bytes, not their sum: a server that sends one byte a second is never late. Here every
wait ends at the request's deadline, while the headers come and while the body does.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

MAX_RAW = 20 * 1024 * 1024
MAX_INFLATED = 60 * 1024 * 1024


class DeadlinePassed(httpx.TimeoutException):
    """The whole exchange took longer than it may."""


class TooLarge(Exception):
    """The body is larger than any answer that a source gives."""


class UnknownEncoding(Exception):
    """The body is packed in a way that was not asked for."""


class Deadline:
    """When the exchange that is under way must have ended, on the clock of time.monotonic.

    `before_wait` is called before every wait for the other side.
    """

    def __init__(self) -> None:
        self.at = float("inf")
        self.before_wait: Callable[[], None] = lambda: None

    def start(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def shorten(self, timeout: float | None) -> float:
        self.before_wait()
        left = self.at - time.monotonic()
        if left <= 0:
            raise DeadlinePassed("the answer took too long")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.shorten(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.shorten(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.shorten(timeout)
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


# Returns the address of the network to connect to for a host and a port; raises where it is not to be connected to.
Locate = Callable[[str, int], str]


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, locate: Locate | None) -> None:
        self._backend = httpcore.SyncBackend()
        self._deadline = deadline
        self._locate = locate

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if self._locate:
            host = self._locate(host, port)
        timeout = self._deadline.shorten(timeout)
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._deadline)


def transport(deadline: Deadline, locate: Locate | None = None) -> httpx.HTTPTransport:
    """Return httpx's own transport whose sockets know the deadline. It has no public way to give it a backend.

    What `locate` returns is connected to: a name is looked up once, and cannot mean another address a moment later.
    """
    context = httpx.create_ssl_context()
    made = httpx.HTTPTransport(verify=context)
    made._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=1,
        keepalive_expiry=30,
        network_backend=_Backend(deadline, locate),
    )
    return made


def read_body(response: httpx.Response) -> Iterator[bytes]:
    """Yield the unpacked body piece by piece; raise TooLarge as soon as it is more than a source ever sends."""
    stated = response.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > MAX_RAW:
        raise TooLarge(f"its answer has {int(stated):,} bytes")
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    raw = inflated = 0
    for packed in response.iter_raw():
        raw += len(packed)
        for piece in unpack(packed, MAX_INFLATED - inflated + 1):
            inflated += len(piece)
            if inflated > MAX_INFLATED:
                raise TooLarge(f"its answer unpacks to more than {MAX_INFLATED:,} bytes")
            yield piece
        if raw > MAX_RAW:
            raise TooLarge(f"its answer has more than {MAX_RAW:,} bytes")


def _unpacker(encoding: str) -> Any:
    """Return a function from a packed piece to its unpacked ones, which never makes more than it is allowed to."""
    if encoding.strip().lower() in {"", "identity"}:
        return lambda packed, most: [packed]
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise UnknownEncoding(f"its answer is packed as “{encoding[:40]}”")
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def inflate(packed: bytes, most: int) -> list[bytes]:
        return [inflater.decompress(packed, most)]

    return inflate
