"""Every model has pages in the admin that open, search, filter and do not ask more for more rows."""

import re
from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin import searching
from catalog.models import (
    Act,
    Announcement,
    Authorship,
    AuthorSuspect,
    Candidate,
    Citation,
    CitationCount,
    CitationKey,
    CitingWork,
    CodeSuggestion,
    Dump,
    DumpFile,
    DumpPart,
    Editorship,
    Evidence,
    FieldStatement,
    GlossaryEntry,
    GlossaryMention,
    HarvestQuery,
    Identifier,
    Link,
    LinkCheck,
    LinkCheckChange,
    NamedAuthor,
    Paper,
    PaperMeasure,
    PaperSuspect,
    Problem,
    Proposal,
    ProposalSending,
    Provenance,
    Readme,
    Reference,
    RejectedIdentifier,
    Relation,
    RepositoryAlias,
    Run,
    SimilarPaper,
    SourceState,
    StarCount,
    System,
    TitleAlias,
    TopicRedirect,
    TreeChange,
    VenueSuggestion,
)
from ingest.models import Visit
from search.models import Embedding, PaperText, Synonym, Word
from tests.factories import make_author, make_catalogue, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script> & “quotes”"
OWN_APPS = {"catalog", "search", "ingest"}
MODELS = [model for model in admin.site._registry if model._meta.app_label in OWN_APPS]


def admin_url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make_everything() -> Paper:
    """A paper with a row in every table, all of whose texts are hostile."""
    topic = make_topic(f"Topic {Paper.objects.count()}", description=HOSTILE)
    paper = make_paper(
        f"{HOSTILE} {Paper.objects.count()}",
        authors=[f"{HOSTILE} {Paper.objects.count()}"],
        topics=[topic],
        arxiv=f"2401.{Paper.objects.count():05}",
        repository=f"owner/name{Paper.objects.count()}",
        venue=make_venue(f"Venue {Paper.objects.count()}"),
        year=2024,
        published_on="2024-01-01",
        published_precision="day",
    )
    other = make_paper(topics=[])
    catalogue = make_catalogue()
    number = paper.pk
    Link.objects.create(paper=paper, kind="blog", url=f"https://example.org/{number}")
    check = LinkCheck.objects.create(
        url=f"https://example.org/{number}", outcome="hard", reason=HOSTILE, failures=1,
        failing_since=timezone.now(), moved_to=f"https://example.org/{HOSTILE}",
    )  # fmt: skip
    LinkCheckChange.objects.create(
        check_of=check, at=timezone.now(), outcome="hard", reason=HOSTILE
    )
    repository = paper.repositories.get()
    Evidence.objects.create(paper=paper, repository=repository, kind="readme", quote=HOSTILE)
    Readme.objects.create(repository=repository, digest="d", titles={HOSTILE: HOSTILE})
    CodeSuggestion.objects.create(
        paper=paper, host="github.com", owner="o", name=f"n{number}", kind="abstract", quote=HOSTILE
    )
    TitleAlias.objects.create(paper=paper, title=HOSTILE, source="list")
    Provenance.objects.create(paper=paper, field="title", source="list", detail=HOSTILE)
    RejectedIdentifier.objects.create(paper=paper, scheme="arxiv", value="2401.99999")
    author = paper.authors.get()
    FieldStatement.objects.create(paper=paper, field="title", source="arxiv", value=HOSTILE)
    NamedAuthor.objects.create(paper=paper, name_key=HOSTILE, author=author)
    Act.objects.create(kind="merge_papers", title=HOSTILE, subjects=[paper.pk, other.pk])
    PaperSuspect.objects.create(first=paper, second=other, score=0.9, reasons=[HOSTILE])
    namesake = make_author(f"{HOSTILE} {number}")
    AuthorSuspect.objects.create(first=author, second=namesake, score=0.9, reasons=[HOSTILE])
    Citation.objects.create(citing=paper, cited=other, source="openalex")
    Reference.objects.create(citing=paper, source="openalex", key="W1", title=HOSTILE)
    system = System.objects.create(name=HOSTILE, introduced_by=other, note=HOSTILE)
    Relation.objects.create(
        subject=paper, object=other, kind="extends", note=HOSTILE, system=system
    )
    CitationKey.objects.create(paper=paper, stem="dao", key=f"dao{number}")
    SimilarPaper.objects.create(paper=paper, other=other, rank=1, score=0.9)
    PaperMeasure.objects.create(
        paper=paper, pagerank=0.5, community=0, x=0, y=0, computed_at=timezone.now()
    )
    StarCount.objects.create(repository=paper.repositories.get(), date="2025-01-01", stars=number)
    TopicRedirect.objects.create(catalogue=catalogue, path=f"old-{number}", topic=topic)
    TreeChange.objects.create(catalogue=catalogue, words=HOSTILE)
    Announcement.objects.create(
        catalogue=catalogue, date="2025-01-01", position=number, title=HOSTILE, paper=paper
    )
    Synonym.objects.create(short=f"X{number}", long=HOSTILE)
    entry = GlossaryEntry.objects.create(
        name=f"{HOSTILE[:60]}{number}", others=[HOSTILE[:80]], meaning=HOSTILE
    )
    GlossaryMention.objects.create(paper=paper, entry=entry, place=0)
    Dump.objects.create(date=date(2000, 1, 1) + timedelta(days=number), manifest=HOSTILE)
    run = Run.objects.create(
        job="embed", status="done", finished_at="2025-01-01T00:00Z", message=HOSTILE
    )
    Problem.objects.create(
        job="import_list",
        kind="odd",
        message=HOSTILE,
        fingerprint=str(number),
        catalogue=catalogue,
        paper=paper,
        run=run,
    )
    Candidate.objects.create(
        catalogue=catalogue,
        scheme="arxiv",
        value=f"2501.{number:05}",
        title=HOSTILE,
        suggested_topic=topic,
    )
    Proposal.objects.create(
        kind="fix",
        paper=paper,
        catalogue=catalogue,
        before={"title": HOSTILE},
        after={"title": f"{HOSTILE} {number}", "other": HOSTILE},
        note=HOSTILE,
        credit=HOSTILE,
    )
    HarvestQuery.objects.create(catalogue=catalogue, query=f'abs:"{HOSTILE}" {number}')
    VenueSuggestion.objects.create(
        paper=paper, source="arxiv", text=HOSTILE, venue_name=HOSTILE, year=2024
    )
    RepositoryAlias.objects.create(
        repository=paper.repositories.get(), host="github.com", owner="was", name=f"named{number}"
    )
    CitingWork.objects.create(cited=paper, source="openalex", key="W2", title=HOSTILE)
    CitationCount.objects.create(paper=paper, source="openalex", citing=2, counted_on="2025-01-01")
    SourceState.objects.get_or_create(source="arxiv", defaults={"reason": HOSTILE, "failures": 2})
    Visit.objects.create(
        source="arxiv", kind="identifier", subject=number, visited_at="2025-01-01T00:00Z",
        outcome="failed", reason=HOSTILE,
    )  # fmt: skip
    PaperText.objects.update_or_create(paper=paper, defaults={"words": "x", "names": [HOSTILE]})
    Word.objects.create(word=f"word{number}", papers=1)
    Embedding.objects.create(paper=paper, model="m", text_hash="h", vector=[0.6, 0.8])
    return paper


def test_every_model_of_the_catalogue_is_registered():
    from django.apps import apps

    own = {
        model
        for model in apps.get_app_config("catalog").get_models()
        if not model.__name__.endswith("Event")
    }
    # Bytes, whose dump is there; traces that are nobody's business; and rights, which stand on the user's page.
    assert own - {DumpFile, DumpPart, ProposalSending, Editorship} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_its_pages_open_search_and_escape(client, curator, model):
    make_everything()
    for url in pages_of(model):
        response = client.get(url, follow=True)
        assert response.status_code in (200, 403), url
        assert "<script>alert" not in response.content.decode(), url
        assert " style=" not in response.content.decode(), url


def pages_of(model):
    list_page = admin_url(model, "changelist")
    row = model._default_manager.first()
    pages = [list_page, admin_url(model, "add"), admin_url(model, "change", row.pk)]
    pages += [admin_url(model, "history", row.pk), admin_url(model, "delete", row.pk)]
    if admin.site._registry[model].search_fields:
        pages += [f"{list_page}?q={word}" for word in ("2401.00000", "script", "%22%27%3C", "%00")]
    return pages


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_its_list_asks_the_same_number_of_queries_for_more_rows(client, curator, model):
    make_everything()
    with_one = count_queries(client, admin_url(model, "changelist"))
    for _ in range(4):
        make_everything()
    assert count_queries(client, admin_url(model, "changelist")) == with_one


def count_queries(client, url):
    client.get(url)  # content types are remembered from here on
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "question",
    [
        "Longformer",
        "2004.05150",
        "https://arxiv.org/pdf/2004.05150v2",
        "Beltagy",
        "iz beltagy",
    ],
)
def test_papers_are_found_by_title_identifier_and_author(client, curator, question):
    paper = make_paper("Longformer", authors=["Iz Beltagy"], arxiv="2004.05150")
    make_paper("Another")
    response = client.get(admin_url(Paper, "changelist"), {"q": question})
    assert list(response.context["cl"].result_list) == [paper]


@pytest.mark.parametrize("few", [0, 2000])
def test_rows_are_found_by_the_words_of_what_they_belong_to(client, curator, monkeypatch, few):
    monkeypatch.setattr(searching, "FEW", few)
    paper = make_paper(
        "Łukasiewicz’s Flash-Attention Memory", authors=["José Núñez"], arxiv="2401.00777"
    )
    make_paper("Another One", authors=["Ann Bee"], arxiv="2401.00778")
    page = reverse("admin:catalog_identifier_changelist")
    for question in (
        "lukasiewicz memory",
        "FlashAttention",
        "2401.00777",
        '"attention memory"',
        "00777 2401",
    ):
        rows = client.get(page, {"q": question}).context["cl"].result_list
        assert [row.paper for row in rows] == [paper], question
    for question in ("lukasiewicz another", "%", "\x00", '"', '""'):
        for rows_of in ("identifier", "paper"):
            url = reverse(f"admin:catalog_{rows_of}_changelist")
            assert client.get(url, {"q": question}).status_code == 200
    written = client.get(reverse("admin:catalog_authorship_changelist"), {"q": "nunez jose"})
    assert [row.paper for row in written.context["cl"].result_list] == [paper]


def test_a_paper_of_many_authors_is_shown_with_as_many_queries_as_one_of_two(client, curator):
    numbers = []
    for authors in (["Ann Bee", "Cy Dee"], [f"Author {number}" for number in range(40)]):
        paper = make_paper(f"Of {len(authors)}", authors=authors)
        url = reverse("admin:catalog_paper_change", args=[paper.pk])
        numbers.append(count_queries(client, url))
    assert numbers[0] == numbers[1]
    assert (
        b'<option value="%d" selected' % paper.authorships.latest("position").author_id
        in client.get(url).content
    )


def test_a_merged_paper_is_not_offered_to_be_chosen(client, curator):
    kept = make_paper("Longformer")
    make_paper("Longformer again", merged_into=kept)
    response = client.get(
        reverse("admin:autocomplete"),
        {
            "term": "Longformer",
            "app_label": "catalog",
            "model_name": "placement",
            "field_name": "paper",
        },
    )
    assert [row["id"] for row in response.json()["results"]] == [str(kept.pk)]


@pytest.mark.parametrize("state", ["listed", "unlisted", "merged", "locked"])
def test_papers_are_filtered_by_state(client, curator, state):
    listed = make_paper()
    papers = {
        "listed": listed,
        "unlisted": make_paper(topics=[]),
        "merged": make_paper(topics=[], merged_into=listed),
        "locked": make_paper(topics=[]),
    }
    Provenance.objects.create(paper=papers["locked"], field="year", source="curator", locked=True)
    response = client.get(admin_url(Paper, "changelist"), {"state": state})
    assert papers[state] in response.context["cl"].result_list
    assert listed in response.context["cl"].result_list or state != "listed"


def test_only_superusers_delete_papers(client):
    from django.contrib.auth.models import Permission

    staff = User.objects.create_user("joe", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="catalog"))
    client.force_login(staff)
    paper = make_paper()
    assert client.get(admin_url(Paper, "delete", paper.pk)).status_code == 403
    actions = client.get(admin_url(Paper, "changelist")).context["action_form"].fields["action"]
    assert [value for value, _ in actions.choices if value] == ["edit_many", "merge", "unlist"]


@pytest.mark.parametrize("kind", ["anonymous", "reader"])
def test_the_admin_is_for_staff_only(client, kind):
    if kind == "reader":
        client.force_login(User.objects.create_user("reader"))
    for url in (reverse("admin:index"), reverse("admin:catalog_catalogue_import")):
        assert client.get(url).status_code == 302
    merge = client.get(reverse("admin:catalog_paper_merge"), {"ids": "1,2"})
    assert merge.status_code == 302


def test_the_desk_shows_what_waits(client, curator):
    make_everything()
    page = client.get(reverse("admin:index")).content.decode()
    assert "1 open problem" in page
    assert "1 candidate to accept or reject" in page
    assert "1 venue suggested by sources" in page
    assert "fails: &lt;script&gt;" in page
    assert "embedding" in page
    assert reverse("admin:catalog_catalogue_import") in page


def test_an_empty_desk_says_so(client, curator):
    page = client.get(reverse("admin:index")).content.decode()
    for words in ("Nothing: all is decided", "Nothing yet.", "Nothing has run yet."):
        assert words in page


def test_each_queue_is_one_click_from_the_desk(client, curator):
    paper, other = sorted((make_everything(), make_paper()), key=lambda one: one.pk)
    PaperSuspect.objects.create(first=paper, second=other, score=0.9)
    Proposal.objects.create(kind="paper", catalogue=make_catalogue(), after={"title": "New"})
    page = client.get(reverse("admin:index")).content.decode()
    for words in (r"\d pairs? of papers that may be one", r"\d proposals? from readers"):
        link = re.search(rf'<a href="([^"]+)">{words}', page)
        assert link
        assert client.get(link[1].replace("&amp;", "&"), follow=True).status_code == 200


def test_the_desk_tells_who_changed_what_lately(client, curator):
    paper = make_paper("Old")
    client.post(
        admin_url(Paper, "changelist"), {"action": "unlist", "_selected_action": [paper.pk]}
    )
    page = client.get(reverse("admin:index")).content.decode()
    lately = page.partition("Lately changed")[2].partition("All changes")[0]
    assert "jane" in lately
    assert "placement: 1 changed" in lately


def test_an_editor_of_a_catalogue_is_told_of_that_one(client):
    user = User.objects.create_user("ed", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    own, other = make_catalogue(), make_catalogue("vision")
    Editorship.objects.create(user=user, catalogue=own)
    for number, catalogue in enumerate((own, other, other)):
        Candidate.objects.create(
            catalogue=catalogue, scheme="arxiv", value=f"2401.0000{number}", title="New"
        )
    here, there = make_paper(), make_paper(topics=[make_topic("Sight", catalogue=other)])
    for first, second in ((here, make_paper()), (here, there)):
        PaperSuspect.objects.create(first=first, second=second, score=0.9)
    AuthorSuspect.objects.create(first=make_author("A"), second=make_author("B"), score=0.9)
    client.force_login(user)
    page = client.get(reverse("admin:index")).content.decode()
    assert "1 candidate to accept or reject" in page
    assert "1 pair of papers that may be one" in page
    assert "pair of authors" not in page  # whom all catalogues share
    assert f"catalogue={own.slug}" in page
    assert f"catalogue={other.slug}" not in page


def test_an_identifier_in_use_names_the_paper_that_has_it(client, curator):
    holder, other = make_paper(HOSTILE, arxiv="2004.05150"), make_paper()
    row = Identifier.objects.create(paper=other, scheme="doi", value="10.1/x")
    response = client.post(
        admin_url(Identifier, "change", row.pk),
        {"scheme": "arxiv", "value": "https://arxiv.org/abs/2004.05150"},
    )
    page = response.content.decode()
    assert admin_url(Paper, "change", holder.pk) in page
    assert "has this identifier" in page
    assert "<script>alert" not in page


def test_an_authorship_removed_on_its_own_page_is_the_curators_word(client, curator):
    paper = make_paper(authors=["A", "B"])
    first = paper.authorships.get(position=1)
    client.post(admin_url(Authorship, "delete", first.pk), {"post": "yes"})
    assert list(paper.authorships.values_list("position", "printed_name")) == [(1, "B")]
    assert paper.provenance.get(field="authors").locked


@pytest.mark.parametrize(
    ("action", "status"), [("resolve", "resolved"), ("ignore", "ignored"), ("reopen", "open")]
)
def test_problems_are_decided_on_from_their_list(client, curator, action, status):
    make_everything()
    Problem.objects.update(status="open" if action != "reopen" else "ignored")
    problem = Problem.objects.get()
    client.post(
        admin_url(Problem, "changelist"), {"action": action, "_selected_action": [problem.pk]}
    )
    problem.refresh_from_db()
    assert problem.status == status


def test_the_page_of_a_candidate_names_people_and_reasons_in_words(client, curator):
    candidate = Candidate.objects.create(
        catalogue=make_catalogue(), scheme="arxiv", value="2501.00001", title="New",
        authors=["Ann Bee", "Cy Dee"], reasons=["cites 2 papers", "new words"],
    )  # fmt: skip
    page = client.get(admin_url(Candidate, "change", candidate.pk)).content.decode()
    assert "Ann Bee, Cy Dee" in page
    assert "cites 2 papers; new words" in page


def test_a_candidate_is_accepted_on_its_page(client, curator):
    make_everything()
    candidate = Candidate.objects.get()
    response = client.post(
        admin_url(Candidate, "change", candidate.pk),
        {"suggested_topic": candidate.suggested_topic_id, "_accept": "1"},
    )
    candidate.refresh_from_db()
    assert candidate.paper
    assert response.url == admin_url(Paper, "change", candidate.paper.pk)
    assert list(Paper.objects.listed().filter(pk=candidate.paper.pk)) == [candidate.paper]


def test_a_candidate_whose_paper_comes_meanwhile_is_said_so(client, curator, monkeypatch):
    from django.db import IntegrityError

    def clash(*args):
        raise IntegrityError

    make_everything()
    monkeypatch.setattr("catalog.curation.accept_candidate", clash)
    response = client.post(
        admin_url(Candidate, "changelist"),
        {"action": "accept", "_selected_action": [Candidate.objects.get().pk]},
        follow=True,
    )
    text = response.content.decode()
    assert "somebody added the same paper meanwhile" in text
    assert "Accepted: 0." in text


def test_candidates_are_rejected_from_their_list(client, curator):
    make_everything()
    candidate = Candidate.objects.get()
    client.post(
        admin_url(Candidate, "changelist"), {"action": "reject", "_selected_action": [candidate.pk]}
    )
    candidate.refresh_from_db()
    assert (candidate.status, candidate.decided_by) == ("rejected", curator)
