"""What went wrong on the way to a host, in words for people."""

import re
import socket
import ssl
import zlib
from collections.abc import Iterator

import httpx

from ingest.http.transport import TooLarge, UnknownEncoding

_NO_SUCH = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def in_words(error: Exception) -> str:
    """Say in plain words why there was no answer, without the codes of the system."""
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, TooLarge | UnknownEncoding):
        return str(error)
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                missing = cause.errno in _NO_SUCH
                return "there is no such host" if missing else "its name cannot be looked up now"
            case ConnectionRefusedError():
                return "nobody answers there"
            case ConnectionError():
                return "the connection was broken off"
            case ssl.SSLCertVerificationError():
                return "its certificate is not valid"
            case ssl.SSLError():
                return "no secure connection can be made"
    if isinstance(error, httpx.RemoteProtocolError):
        return "its answer was broken off, or is none"
    if isinstance(error, httpx.DecodingError | zlib.error):
        return "its answer cannot be unpacked"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return "that is no address of the web"
    said = re.sub(r"\[Errno -?\d+\] ?", "", str(error).split("\n")[0])
    return said or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
