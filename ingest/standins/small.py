"""The small world: invented papers whose numbers no real paper bears."""

from copy import deepcopy
from datetime import UTC, date, datetime

from .world import ArxivRecord, RepositoryRecord, World

RECORDS = [
    ArxivRecord(
        id="2301.99001",
        title="Lanterns: Sparse Attention for Long Harbour Logs",
        authors=["Ida Kvist", "José Peña-Ruiz", "Wei Zhang"],
        abstract="Harbour logs are long and mostly dull.\nWe attend to the lanterns alone.",
        published=datetime(2023, 1, 9, 18, 0, 1, tzinfo=UTC),
        updated=datetime(2023, 1, 9, 18, 0, 1, tzinfo=UTC),
        categories=["cs.CL", "cs.LG"],
        comment="12 pages, 4 figures. Code at https://github.com/lighthouse/lanterns",
    ),
    ArxivRecord(
        id="2302.99002",
        title="Bounding $\\mathcal{O}(n \\log n)$ Attention\n  with \\textit{Tidal} Kernels and "
        'G\\"odel Numbers & Other Curiosities',
        version=2,
        authors=['Kurt G\\"{o}deler', "Ida Kvist"],
        abstract="  We show that $\\sum_{i<n} x_i \\leq \\alpha$ holds\nat every tide.\n"
        "  A second paragraph says \\emph{why} it does.\n",
        published=datetime(2023, 2, 14, 12, 30, tzinfo=UTC),
        updated=datetime(2023, 5, 2, 8, 15, 30, tzinfo=UTC),
        categories=["stat.ML", "cs.LG", "math.PR"],
        doi="10.5555/standin.2023.2",
        journal_ref="Journal of Invented Results 7 (2023) 11-29",
    ),
    ArxivRecord(
        id="2303.99003",
        title="A Paper of Three Versions",
        version=3,
        authors=["Wei Zhang"],
        abstract="The third version mends the second.",
        published=datetime(2023, 3, 1, tzinfo=UTC),
        updated=datetime(2024, 3, 1, tzinfo=UTC),
        categories=["cs.CV"],
        comment="Accepted at the Conference on Stand-ins 2023",
    ),
    ArxivRecord(
        id="2304.99004",
        title="A Claim Taken Back",
        version=2,
        authors=["Olu Adeyemi"],
        abstract="We claimed too much.",
        published=datetime(2023, 4, 4, tzinfo=UTC),
        updated=datetime(2023, 6, 4, tzinfo=UTC),
        categories=["cs.AI"],
        comment="This paper has been withdrawn by the author due to an error in Lemma 2",
    ),
    ArxivRecord(
        id="2305.99005",
        title="Lanterns Revisited",
        authors=["José Peña-Ruiz", "Ida Kvist"],
        abstract="We light them again.",
        published=datetime(2023, 5, 5, tzinfo=UTC),
        updated=datetime(2023, 5, 5, tzinfo=UTC),
        categories=["cs.CL"],
        doi="10.5555/standin.acl.5",
    ),
    ArxivRecord(
        id="math/0309998",
        title="On Wharves of Finite Length",
        authors=["Hugo Old"],
        abstract="An old identifier, and an old result.",
        published=datetime(2003, 9, 8, 7, 6, 5, tzinfo=UTC),
        updated=datetime(2003, 9, 8, 7, 6, 5, tzinfo=UTC),
        categories=["math.GT"],
    ),
    ArxivRecord(
        id="2404.99006",
        title="Measuring Fog: A Benchmark for Retrieval in Poor Visibility",
        authors=["Team Harbour"],
        abstract="Fog is measured.",
        published=datetime(2024, 4, 30, 23, 59, tzinfo=UTC),
        updated=datetime(2024, 4, 30, 23, 59, tzinfo=UTC),
        categories=["cs.IR", "cs.CL"],
    ),
    ArxivRecord(
        id="0704.9907",
        title="Short Numbers",
        authors=["Hugo Old", "Wei Zhang"],
        abstract="Four digits were once enough.",
        published=datetime(2007, 4, 7, tzinfo=UTC),
        updated=datetime(2007, 4, 7, tzinfo=UTC),
        categories=["cs.DS"],
    ),
]
REPOSITORIES = [
    RepositoryRecord(
        id=9_000_001,
        owner="lighthouse",
        name="lanterns",
        stars=1234,
        forks=56,
        licence="Apache-2.0",
        description="Code of “Lanterns”",
        topics=["attention", "harbours"],
        pushed_at=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC),
    ),
    RepositoryRecord(
        id=9_000_002,
        owner="tidal-lab",
        name="tidal-kernels",
        stars=77,
        archived=True,
        default_branch="master",
        former_names=["kgoedeler/tides"],
    ),
    RepositoryRecord(id=9_000_003, owner="olu", name="claim", gone=404),
    RepositoryRecord(id=9_000_004, owner="fogworks", name="blocked", gone=451),
]
CITATIONS = [
    ("2305.99005", "2301.99001"),
    ("2305.99005", "2302.99002"),
    ("2305.99005", "outside-journal"),
    ("2302.99002", "2301.99001"),
    ("2302.99002", "math/0309998"),
    ("2302.99002", "unmatched"),
    ("2303.99003", "2301.99001"),
    ("2303.99003", "0704.9907"),
    ("2404.99006", "2305.99005"),
    ("2404.99006", "2302.99002"),
    ("2404.99006", "2202.99008"),
    ("outside-acl", "2301.99001"),
]


def fill(world: World) -> None:
    for record in deepcopy(RECORDS):
        world.add_record(record)
    published = world.works["2305.99005"]
    published.venue = "Annual Meeting of Invented Linguistics"
    published.external_ids["ACL"] = "2023.standin-long.5"
    world.works["2301.99001"].more_citations = 40
    world.add_work(
        "outside-journal",
        "A Journal Paper That arXiv Never Saw",
        year=2019,
        venue="Journal of Invented Results",
        published=date(2019, 6, 1),
        external_ids={"DOI": "10.5555/standin.2019.1"},
    )
    world.add_work(
        "outside-acl",
        "Lanterns at Sea",
        year=2024,
        venue="Annual Meeting of Invented Linguistics",
        external_ids={"ACL": "2024.standin-short.1"},
    )
    world.add_work("unmatched", "A title read from a reference list", s2_id="")
    for citing, cited in CITATIONS:
        world.cite(citing, cited)
    for repository in deepcopy(REPOSITORIES):
        world.repositories[repository.id] = repository
