"""Stand-ins for the sources: one HTTP server that answers as arXiv, GitHub and the citation services do.

    with Standin(World.small()) as standin:
        standin.misbehave("arxiv", "503", times=2, retry_after=1)
        httpx.get(standin.arxiv_url, params={"id_list": "2301.99001"})

For tests, for demonstrations without the network, and for whoever wants to look at the machinery (`manage.py standin`).
"""

from .messages import SOURCES, Seen
from .server import Standin
from .world import ArxivRecord, RepositoryRecord, Work, World

__all__ = ["SOURCES", "ArxivRecord", "RepositoryRecord", "Seen", "Standin", "Work", "World"]
