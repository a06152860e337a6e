"""A catalogue with rows in every table that is dumped, of texts that are hard to write down."""

from datetime import UTC, date, datetime
from random import Random

from django.contrib.auth import get_user_model
from django.utils import timezone

from catalog.models import (
    Author,
    AuthorSuspect,
    Candidate,
    Citation,
    CitationCount,
    CitationKey,
    CitingWork,
    CodeSuggestion,
    FieldStatement,
    GlossaryEntry,
    GlossaryMention,
    HarvestQuery,
    Identifier,
    Link,
    NamedAuthor,
    Paper,
    PaperRepository,
    PaperSuspect,
    Provenance,
    Reference,
    RejectedIdentifier,
    Relation,
    Repository,
    RepositoryAlias,
    StarCount,
    System,
    TitleAlias,
    Topic,
    TopicRedirect,
    VenueSuggestion,
)
from search.models import Synonym
from tests.factories import (
    make_announcement,
    make_author,
    make_catalogue,
    make_paper,
    make_topic,
    make_venue,
)

TEXTS = [
    'Quotes " and \\ backslashes \\N \\. \\" \\u0041',
    "Lines\nand\ttabs\rand \x0b\x7f controls",
    "注意力机制就是你所需要的一切",
    "𝒪(n²) 🦙 \u202eright to left\u202c \u2028 e\u0301",
    "<script>alert(1)</script> & ^^<x> @prefix . # ;",
    '{"not": "json"}, [1, 2]',
    "$\\mathcal{O}(n \\log n)$",
    "' OR 1=1; --",
]
SECRET_NAME, SECRET_MAIL = "mallory-the-curator", "mallory@private.example"


def fill(seed: int = 1, papers: int = 12) -> None:
    """The same seed makes the same rows, but for their numbers and moments."""
    random = Random(seed)

    def text() -> str:
        return f"{random.choice(TEXTS)} {random.randrange(10**6)}"

    user = get_user_model().objects.create_user(SECRET_NAME, SECRET_MAIL, "a password of nobody")
    catalogue = make_catalogue(
        origin_name="A list", origin_url="https://example.org/list", licence="MIT"
    )
    catalogue.list_url = "https://example.org/list.md?token=hush"
    catalogue.save()
    HarvestQuery.objects.create(catalogue=catalogue, query="cat:cs.CL")
    top = make_topic("Attention")
    topics = [
        top,
        make_topic("Sparse", top),
        Topic.objects.create(catalogue=catalogue, name="注意", slug="注意", path="注意"),
    ]
    TopicRedirect.objects.create(catalogue=catalogue, path="old/attention", topic=top)
    venue = make_venue("ICLR", kind="conference", aliases=['a "b"', "c,d", "{e}"])
    rows = [
        make_paper(
            text(),
            authors=random.randrange(4),
            topics=random.sample(topics, random.randrange(1, 3)),
            arxiv=f"2401.{number:05}" if number % 2 else "",
            repository=f"owner/name-{number}" if number % 3 else "",
            abstract=text(),
            venue=venue if number % 4 else None,
            year=random.choice([None, 2023, 2024]),
            published_on=date(2024, 1, 1 + number % 28) if number % 2 else None,
            published_precision=random.choice(["day", "month", "year"]) if number % 2 else "",
            categories=["cs.CL", "stat.ML"][: random.randrange(3)],
            comment=text(),
        )
        for number in range(papers)
    ]
    first, second, third = rows[:3]
    Paper.objects.filter(pk=rows[-1].pk).update(
        merged_into=first, withdrawn_at=datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    )
    make_author("Merged").delete()  # whose number is given to nobody else
    Author.objects.create(name="Also her", merged_into=make_author("Ada Lovelace"))
    Author.objects.create(name="Orcid", orcid="0000-0002-1825-0097")
    for number, paper in enumerate(rows):
        source = "arxiv" if number % 2 else "curator"
        detail = "" if number % 2 else SECRET_NAME
        Provenance.objects.create(paper=paper, field="abstract", source=source, detail=detail)
        Provenance.objects.create(paper=paper, field="year", source="list", detail="long-context")
        for other in random.sample(rows, 3):
            if other != paper:
                Citation.objects.create(
                    citing=paper, cited=other, source="openalex", in_citing=False
                )
        Reference.objects.create(
            citing=paper, source="openalex", key=f"W{number}", text=text(), identifiers=["doi:10.1/a,b"]
        )  # fmt: skip
    Provenance.objects.create(
        paper=first, field="title", source="arxiv", detail=f"candidate accepted by {SECRET_NAME}"
    )
    TitleAlias.objects.create(paper=first, title=text(), source="list")
    CitationKey.objects.create(paper=first, key="vaswani2017attention", stem="vaswani2017attention")
    Identifier.objects.create(paper=first, scheme="url", value="https://example.org/a b<c>")
    RejectedIdentifier.objects.create(paper=first, scheme="doi", value="10.1/x")
    Link.objects.create(paper=first, kind="blog", url="https://example.org/blog")
    Link.objects.create(paper=first, kind="video", url="https://e.org/v", retired_at=timezone.now())
    make_announcement(paper=first)
    repository = Repository.objects.first()
    assert repository
    repository.stars, repository.stars_on = 12, date(2024, 3, 3)
    repository.topics, repository.host_id = ["a", 'b "c"'], 2**40
    repository.save()
    RepositoryAlias.objects.create(
        repository=repository, host="github.com", owner="old", name="name"
    )
    for day in (1, 2, 3):
        StarCount.objects.create(repository=repository, date=date(2024, 3, day), stars=day * 4)
    PaperRepository.objects.filter(repository=repository).update(badge_repository=repository)
    system = System.objects.create(
        name="FlashAttention", introduced_by=first, aliases=["FA", 'F"A'], note=text()
    )
    Relation.objects.create(
        subject=second, object=first, kind="extends", system=system, stated_by=user, note=text()
    )
    Relation.objects.create(subject=third, object=first, kind="mentions", source="derived")
    CitingWork.objects.create(cited=first, source="openalex", key="W99", title=text())
    CitationCount.objects.create(paper=first, source="openalex", citing=7, counted_on=date.today())
    for scheme, value in (("arxiv", "2405.00001"), ("doi", "10.1/y")):
        Candidate.objects.create(
            catalogue=catalogue, scheme=scheme, value=value, title=text(), abstract=text(), confidence=0.1 + 0.2,
            authors=["A", "B"], reasons=[{"b": 1, "a": "ü"}, "c"], status="rejected", decided_by=user,
        )  # fmt: skip
    VenueSuggestion.objects.create(
        paper=first, source="arxiv", text=text(), venue_name="ICML", decided_by=user
    )
    CodeSuggestion.objects.create(
        paper=first,
        host="github.com",
        owner="o",
        name="n",
        kind="abstract",
        quote=text(),
        decided_by=user,
    )
    FieldStatement.objects.create(
        paper=first, field="title", source="list", detail="long-context", value=text()
    )
    FieldStatement.objects.create(
        paper=first, field="published_on", source="arxiv", value={"precision": "day", "day": "2024-01-02"}
    )  # fmt: skip
    people = list(Author.objects.filter(merged_into=None).order_by("pk")[:2])
    NamedAuthor.objects.create(paper=first, name_key=text(), author=people[0])
    decided = {
        "status": "distinct",
        "score": 0.1 + 0.2,
        "reasons": [text()[:300]],
        "decided_by": user,
    }
    AuthorSuspect.objects.create(first=people[0], second=people[1], **decided)
    pair = sorted((first, second), key=lambda paper: paper.pk)
    PaperSuspect.objects.create(first=pair[0], second=pair[1], **decided)
    Synonym.objects.create(short="KV", long="key-value", is_curated=True, papers=3)
    Synonym.objects.create(short="RL", long="learned by itself")
    entry = GlossaryEntry.objects.create(
        name="Attention Sink",
        others=["sink"],
        meaning=text()[:400],
        is_curated=True,
        is_active=False,
    )
    GlossaryMention.objects.create(entry=entry, paper=first, place=0)
    GlossaryEntry.objects.create(name="Brought", meaning="With Stemma.")
