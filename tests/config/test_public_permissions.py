"""What everybody may send without an account: each page that takes a POST is in the table, none takes one without its token."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from catalog.models import Catalogue, Paper, Proposal, Topic
from catalog.urls import urlpatterns as catalog_urls
from config.urls import urlpatterns as own_urls
from search.urls import urlpatterns as search_urls
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Sent:
    """A POST that works: where to, with what, what comes of it, and how many proposals that makes."""

    name: str
    data: Callable[[Any], dict[str, Any]]
    status: int
    args: Callable[[Any], list[Any]] = lambda rows: []
    form: str = ""  # the page whose form it is, when that is another
    makes: int = 0


POSTS = {
    "a gap of the trends": Sent(
        "propose",
        lambda rows: {
            "ident": "2401.00007",
            "catalogue": rows[Catalogue].slug,
            "topic": rows[Topic].path,
        },
        201,
        form="suggest",  # the trends have a form once something is missing
        makes=1,
    ),
    "a missing paper": Sent("suggest", lambda rows: {"what": "2401.00001"}, 302, makes=1),
    "what is wrong with a paper": Sent(
        "fix-paper", lambda rows: {"year": "2021"}, 302, lambda rows: [rows[Paper].pk], makes=1
    ),
    "what is wrong with a topic": Sent(
        "fix-topic", lambda rows: {"name": "Better"}, 302, lambda rows: [rows[Topic].pk], makes=1
    ),
    "a proposal withdrawn": Sent(
        "proposal", lambda rows: {"withdraw": ""}, 302, lambda rows: [rows[Proposal].token]
    ),
    "papers to find others like": Sent("similar", lambda rows: {"paper": rows[Paper].pk}, 302),
    "papers to draw": Sent("graph", lambda rows: {"start": rows[Paper].pk}, 302),
    "a list to look up": Sent("lookup", lambda rows: {"text": "Longformer"}, 200),
    "a list to take along": Sent(
        "lookup-file",
        lambda rows: {"papers": rows[Paper].pk},
        200,
        lambda rows: ["bib"],
        form="lookup",
    ),
}
# They lead elsewhere, whatever is sent.
NO_POSTS = {"favicon"}


@pytest.fixture
def rows(settings) -> dict[type, Any]:
    settings.PROPOSAL_SECONDS = 0
    topic = make_topic("Sparse Attention")
    paper = make_paper("Longformer", topics=[topic], year=2020)
    proposal = Proposal.objects.create(kind="paper", after={"what": "x"})
    return {Catalogue: topic.catalogue, Topic: topic, Paper: paper, Proposal: proposal}


def address(sent: Sent, rows: dict[type, Any]) -> str:
    return reverse(sent.name, args=sent.args(rows))


def filled(page: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The page's form as a browser would send it, with these changes."""
    form = page.context.get("form")
    values: dict[str, Any] = {}
    if form is not None and "stamp" in form.fields:
        values = {name: form[name].value() for name in form.fields}
        values |= {name: page.context[name] for name in ("stamp", "seen") if name in page.context}
    given = {name: value for name, value in values.items() if value not in (None, False)}
    return given | data


@pytest.mark.parametrize("sent", POSTS.values(), ids=list(POSTS))
def test_anybody_may_send_it_with_the_token_of_its_page_only(sent, rows):
    client = Client(enforce_csrf_checks=True)
    page = client.get(reverse(sent.form) if sent.form else address(sent, rows))
    data = filled(page, sent.data(rows))
    before = Proposal.objects.count()
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(address(sent, rows), data).status_code == 403
    assert client.post(address(sent, rows), data).status_code == 403
    assert Proposal.objects.count() == before
    assert Proposal.objects.filter(status="withdrawn").count() == 0
    token = str(page.context["csrf_token"])
    response = client.post(address(sent, rows), data | {"csrfmiddlewaretoken": token})
    assert response.status_code == sent.status
    assert Proposal.objects.count() == before + sent.makes
    assert Proposal.objects.filter(status="withdrawn").exists() == (sent.name == "proposal")


def patterns() -> Iterator[URLPattern]:
    for pattern in [*own_urls, *search_urls, *catalog_urls]:
        if isinstance(pattern, URLPattern):
            yield pattern


def some_address(pattern: URLPattern) -> str:
    """An address that the pattern takes, of something or of nothing."""
    samples: dict[str, Any] = {
        "DayConverter": date(2025, 1, 1),
        "IntConverter": 1,
        "EndingConverter": "bib",
    }
    args = {
        name: samples.get(type(one).__name__, "x")
        for name, one in pattern.pattern.converters.items()
    }
    return reverse(str(pattern.name), kwargs=args)


def test_every_page_that_takes_a_post_is_in_the_table(rows):
    client = Client()
    taking = {
        str(pattern.name)
        for pattern in patterns()
        if client.post(some_address(pattern), {}).status_code != 405
    }
    assert taking == {sent.name for sent in POSTS.values()} | NO_POSTS


def test_looking_at_a_page_changes_nothing(rows):
    client = Client()
    real = {sent.name: address(sent, rows) for sent in POSTS.values()}
    for pattern in patterns():
        name = str(pattern.name)
        with CaptureQueriesContext(connection) as said:
            client.get(
                real.get(name) or some_address(pattern),
                {"withdraw": "", "ident": "2401.00007", "what": "2401.00001"},
            )
        written = [
            one["sql"] for one in said if one["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}
        ]
        assert not written, (name, written)
