"""What can go wrong with an answer. Each fault is a function here; its keywords are its details.

A fault is handed the exchange and a function that makes the right answer, which it need not call:
a request that a fault answers alone changes no allowance.
"""

import gzip
import inspect
import json
import socket
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from .arxiv import feed
from .messages import SOURCES, Reply, json_reply

INFLATED = 65 * 1024 * 1024
TEN_GIGABYTES = 10_000_000_000


class Exchange(Protocol):
    """One connection with a request on it, as a fault may use it."""

    source: str
    url: str  # of the stand-in
    address: str  # of the source, below it
    connection: socket.socket

    def send(self, reply: Reply) -> None: ...
    def head(self, reply: Reply, length: int | None) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def wait(self, seconds: float | None) -> bool: ...
    def reset(self) -> None: ...


Right = Callable[[], Reply]
Fault = Callable[..., None]
FAULTS: dict[str, Fault] = {}
ONLY = {"partial": ("github",), "nulls": ("github", "semantic_scholar", "openalex")}


def fault(name: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS[name] = function
        return function

    return register


def check(source: str, name: str, details: dict[str, Any]) -> None:
    """ValueError for a fault, or a detail of it, that there is not or not for this source."""
    if name not in FAULTS:
        raise ValueError(f"There is no fault “{name}”; there are: {', '.join(sorted(FAULTS))}.")
    if source not in ONLY.get(name, SOURCES):
        raise ValueError(f"The fault “{name}” is none of {source}.")
    try:
        inspect.signature(FAULTS[name]).bind(None, None, **details)
    except TypeError as error:
        raise ValueError(f"The fault “{name}”: {error}.") from error


# refusals


def _refusal(exchange: Exchange, status: int, message: str) -> Reply:
    """In the words of each source: arXiv says it in plain text."""
    if exchange.source == "arxiv":
        return Reply(status, message.encode(), {"content-type": "text/plain"})
    key = {"github": "message", "semantic_scholar": "message"}.get(exchange.source, "error")
    return json_reply({key: message, "code": str(status)}, status)


@fault("429")
def too_many(
    exchange: Exchange, right: Right, *, retry_after: str | int | None = "2", late: float = 0
) -> None:
    """`late`: after how many seconds."""
    if exchange.wait(late):
        return
    reply = _refusal(exchange, 429, "Rate exceeded.")
    if retry_after is not None:
        reply.headers["retry-after"] = str(retry_after)
    exchange.send(reply)


@fault("403-reset")
def used_up(exchange: Exchange, right: Right, *, reset_in: float = 2, reset_at: str = "") -> None:
    reply = _refusal(exchange, 403, "API rate limit exceeded")
    reply.headers |= {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": reset_at or str(int(time.time() + reset_in)),
    }
    exchange.send(reply)


@fault("500")
def broken(exchange: Exchange, right: Right) -> None:
    exchange.send(_refusal(exchange, 500, "Internal server error"))


@fault("503")
def unavailable(exchange: Exchange, right: Right, *, retry_after: str | int | None = None) -> None:
    reply = _refusal(exchange, 503, "Service unavailable")
    if retry_after is not None:
        reply.headers["retry-after"] = str(retry_after)
    exchange.send(reply)


@fault("status")
def status(
    exchange: Exchange,
    right: Right,
    *,
    status: int,
    message: str = "No.",
    retry_after: str | int | None = None,
) -> None:
    reply = _refusal(exchange, status, message)
    if retry_after is not None:
        reply.headers["retry-after"] = str(retry_after)
    exchange.send(reply)


# answers that come slowly, in part or never


@fault("delay")
def delay(exchange: Exchange, right: Right, *, seconds: float = 1) -> None:
    if not exchange.wait(seconds):
        exchange.send(right())


@fault("hang")
def hang(exchange: Exchange, right: Right) -> None:
    exchange.wait(None)


@fault("slow-drip")
def drip(
    exchange: Exchange, right: Right, *, interval: float = 0.05, headers: bool = False
) -> None:
    reply = right()
    head = exchange.head(reply, len(reply.body))
    if not headers:
        exchange.write(head)
    for byte in head * headers + reply.body:
        exchange.write(bytes([byte]))
        if exchange.wait(interval):
            return


@fault("reset")
def reset(exchange: Exchange, right: Right) -> None:
    reply = right()
    half = reply.body[: len(reply.body) // 2]
    exchange.write(exchange.head(reply, len(reply.body)) + half)
    exchange.wait(0.05)  # else the reset overtakes the half
    exchange.reset()


@fault("truncated")
def truncated(exchange: Exchange, right: Right) -> None:
    reply = right()
    exchange.send(Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers))


@fault("huge")
def huge(exchange: Exchange, right: Right, *, chunked: bool = False) -> None:
    """Ten gigabytes by the header, or in chunks without a word; both until the client leaves."""
    piece = b" " * 65_536
    exchange.write(exchange.head(Reply(headers=_kind(right)), None if chunked else TEN_GIGABYTES))
    if chunked:
        piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    while not exchange.wait(0):
        exchange.write(piece)


@fault("gzip-bomb")
def gzip_bomb(exchange: Exchange, right: Right) -> None:
    exchange.send(Reply(200, _bomb(), _kind(right) | {"content-encoding": "gzip"}))


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * INFLATED)


def _kind(right: Right) -> dict[str, str]:
    return {"content-type": right().headers.get("content-type", "text/plain")}


# answers that are not what they should be


@fault("html")
def html(exchange: Exchange, right: Right) -> None:
    page = b"<!DOCTYPE html><html><title>Maintenance</title><p>Back soon &mdash; sorry.</html>"
    exchange.send(Reply(200, page, {"content-type": "text/html; charset=utf-8"}))


@fault("empty-feed")
def empty_feed(exchange: Exchange, right: Right) -> None:
    body = feed("arXiv Query: search_query=&id_list=&start=0&max_results=10").encode()
    exchange.send(Reply(200, body, {"content-type": "application/atom+xml; charset=utf-8"}))


@fault("empty-body")
def empty_body(exchange: Exchange, right: Right) -> None:
    exchange.send(Reply(200, b"", _kind(right)))


@fault("wrong-type")
def wrong_type(exchange: Exchange, right: Right) -> None:
    reply = right()
    reply.headers["content-type"] = "image/png"
    exchange.send(reply)


@fault("entity-bomb")
def entity_bomb(exchange: Exchange, right: Right) -> None:
    entities = ['<!ENTITY e0 "lol">']
    entities += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    _send_xml(exchange, f"<!DOCTYPE feed [{''.join(entities)}]>", "&e9;")


@fault("external-entity")
def external_entity(exchange: Exchange, right: Right, *, to: str = "file:///etc/passwd") -> None:
    _send_xml(exchange, f'<!DOCTYPE feed [<!ENTITY e SYSTEM "{to}">]>', "&e;")


def _send_xml(exchange: Exchange, doctype: str, reference: str) -> None:
    declaration, _, rest = feed("TITLE").partition("\n")
    body = f"{declaration}\n{doctype}\n{rest.replace('TITLE', reference)}".encode()
    exchange.send(Reply(200, body, {"content-type": "application/atom+xml; charset=utf-8"}))


@fault("invalid-utf8")
def invalid_utf8(exchange: Exchange, right: Right) -> None:
    reply = right()
    middle = len(reply.body) // 2
    body = reply.body[:middle] + b"\xff\xfe" + reply.body[middle:]
    exchange.send(Reply(reply.status, body, reply.headers))


@fault("json-scalar")
def json_scalar(exchange: Exchange, right: Right) -> None:
    exchange.send(json_reply(None))


@fault("nulls")
def nulls(exchange: Exchange, right: Right) -> None:
    """As many nulls as there were answers: of a batch, of a GraphQL question, of any object."""
    reply = right()
    answer = json.loads(reply.body)
    if isinstance(answer, list):
        answer = [None] * len(answer)
    elif "data" in answer and isinstance(answer["data"], dict):
        answer = {"data": dict.fromkeys(answer["data"])}
    else:
        answer = dict.fromkeys(answer)
    exchange.send(json_reply(answer, 200, reply.headers))


@fault("partial")
def partial(exchange: Exchange, right: Right) -> None:
    """Every second repository of a GraphQL answer fails, the first one too."""
    reply = right()
    answer = json.loads(reply.body)
    data, errors = answer.get("data") or {}, answer.setdefault("errors", [])
    for alias in [name for name in data if name != "rateLimit"][::2]:
        data[alias] = None
        errors[:] = [error for error in errors if error.get("path") != [alias]]
        message = "Something went wrong while executing your query."
        errors.append({"type": "SOMETHING", "message": message, "path": [alias]})
    exchange.send(json_reply(answer, reply.status, reply.headers))


# answers that lead elsewhere


@fault("redirect")
def redirect(exchange: Exchange, right: Right, *, to: str, status: int = 302) -> None:
    exchange.send(Reply(status, b"", {"location": to}))


@fault("redirect-private")
def redirect_private(
    exchange: Exchange, right: Right, *, to: str = "http://10.0.0.1/", status: int = 302
) -> None:
    redirect(exchange, right, to=to, status=status)


@fault("redirect-loop")
def redirect_loop(exchange: Exchange, right: Right, *, status: int = 302) -> None:
    """To an address that redirects for ever, so that one such answer is enough."""
    redirect(exchange, right, to=f"{exchange.address}/loop/1", status=status)
