"""The one polite way out: every request to a source goes through `SourceClient`."""

from ingest.http.client import Answer, SourceClient
from ingest.http.errors import SourceBroken, SourceBusy, SourceError, SourceRefused

__all__ = ["Answer", "SourceBroken", "SourceBusy", "SourceClient", "SourceError", "SourceRefused"]
