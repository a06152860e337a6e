"""What can go wrong with a source. The type says whether it may pass."""

from datetime import datetime


class SourceError(Exception):
    """A source did not give what it was asked for; the message is one line for people."""


class SourceBroken(SourceError):
    """It may pass: no answer, a server's error, or an answer that cannot be what was asked for."""


class SourceRefused(SourceError):
    """It will not pass by itself: the source understood the question and refuses it (status 4xx)."""

    def __init__(self, message: str, status: int, body: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class SourceBusy(SourceError):
    """The source asks to be left alone until a time; nobody sends a request before."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until
