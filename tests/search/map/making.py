"""Listed papers with vectors, whose groups become parts of a map."""

from zlib import crc32

import numpy

from catalog.models import Paper, Topic
from search import serving
from search.embeddings import configured_model
from search.models import Embedding
from tests.factories import make_paper, make_topic


def embed(paper: Paper, group: int, text_hash: str = "first") -> None:
    """Give a paper the vector of a group, with a little of its own."""
    own = numpy.random.default_rng(crc32(paper.title.encode())).standard_normal(384)
    vector = numpy.eye(384)[group] + 0.02 * own
    Embedding.objects.update_or_create(
        paper=paper,
        model=configured_model(),
        defaults={"vector": vector / numpy.linalg.norm(vector), "text_hash": text_hash},
    )
    serving.forget()


def make_field(
    each: int = 16, names: tuple[str, ...] = ("Sparse Attention", "Long Video")
) -> list[Paper]:
    """A topic a name, with so many papers of one group, a year each from 2018 on."""
    papers = []
    for group, name in enumerate(names):
        topic: Topic = make_topic(name, hue=group)
        for number in range(each):
            paper = make_paper(
                f"{name} number {number}", authors=0, topics=[topic], year=2018 + number % 8
            )
            embed(paper, group)
            papers.append(paper)
    return papers
