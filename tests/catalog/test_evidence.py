"""Why repositories are linked to papers: what each source of evidence gives, and that working it out again writes nothing."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import curation
from catalog.evidence import gather, in_words, repositories_named
from catalog.models import (
    CodeSuggestion,
    Evidence,
    Identifier,
    Paper,
    PaperRepository,
    Readme,
    Repository,
    RepositoryAlias,
)
from tests.factories import make_paper


def named(text):
    return [str(one.repository.url) for one in repositories_named(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Code: https://github.com/owner/name.", ["https://github.com/owner/name"]),
        ("code at github.com/owner/name, and", ["https://github.com/owner/name"]),
        (r"\url{https://github.com/owner/my\_name}", ["https://github.com/owner/my_name"]),
        (r"\href{https://github.com/a/b}{here}", ["https://github.com/a/b"]),
        ("(https://www.github.com/Owner/Name/tree/main)", ["https://github.com/Owner/Name"]),
        ("https://github.com/a/b.git and https://github.com/A/B", ["https://github.com/a/b"]),
        ("https://gitlab.com/a/b; https://codeberg.org/c/d", ["https://gitlab.com/a/b", "https://codeberg.org/c/d"]),
        ("https://github.com/a/b\n", ["https://github.com/a/b"]),
        ("https://github.com/owner", []),
        ("https://github.com/topics/nlp", []),
        ("https://owner.github.io/name", []),
        ("mail me@github.com/x/y", []),
        ("https://notgithub.com/a/b", []),
        ("https://example.org/?to=github.com/a/b", ["https://github.com/a/b"]),
        ("", []),
    ],
)  # fmt: skip
def test_repositories_are_found_in_texts(text, expected):
    assert named(text) == expected


def test_a_quote_is_the_words_around():
    text = "word " * 200 + "Code is at https://github.com/a/b today. " + "word " * 200
    quote = repositories_named(text)[0].quote
    assert "Code is at https://github.com/a/b today." in quote
    assert quote.startswith("… word")
    assert quote.endswith("word …")
    assert len(quote) <= 300


def test_repositories_are_found_in_hostile_texts_in_no_time():
    assert len(named("github.com/" * 20_000)) == 1
    assert len(named("https://github.com/a/b " * 5_000)) == 1


pytestmark = pytest.mark.django_db


def kinds(paper: Paper) -> list[str]:
    return sorted(Evidence.objects.filter(paper=paper).values_list("kind", flat=True))


def with_code(**fields) -> Paper:
    return make_paper(repository="owner/name", **fields)


def code_of(paper: Paper) -> PaperRepository:
    return PaperRepository.objects.get(paper=paper)


def test_what_a_list_links_is_evidence_and_so_are_the_papers_own_words():
    paper = with_code(
        abstract="See https://github.com/Owner/Name .", comment="code: github.com/owner/name"
    )
    gather()
    assert kinds(paper) == ["abstract", "comment", "list"]
    assert Evidence.objects.get(kind="abstract").quote == "See https://github.com/Owner/Name ."
    assert not CodeSuggestion.objects.exists()


def test_working_it_out_again_writes_nothing():
    with_code(abstract="https://github.com/owner/name and https://github.com/other/code")
    assert gather() > 0
    with CaptureQueriesContext(connection) as captured:
        assert gather() == 0
    words = [query["sql"].split()[0] for query in captured.captured_queries]
    assert set(words) <= {"SELECT", "SAVEPOINT", "RELEASE"}


def test_number_of_queries_does_not_grow_with_the_papers():
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            gather()
        return len(captured)

    text = "https://github.com/o/n1 and https://github.com/x/y"
    make_paper(repository="o/n1", abstract=text)
    queries()
    few = queries()
    for n in range(20):
        make_paper(repository=f"o/n{n}", abstract=text)
    queries()
    assert queries() == few


def test_what_is_no_longer_said_is_no_longer_evidence():
    paper = with_code(abstract="https://github.com/owner/name")
    gather()
    Paper.objects.update(abstract="Nothing.")
    gather()
    assert kinds(paper) == ["list"]
    PaperRepository.objects.update(retired_at=timezone.now())
    gather()
    assert kinds(paper) == []


def test_a_curators_word_is_evidence_beside_what_the_list_said():
    paper = with_code()
    gather()
    curation.save_rows(paper, [code_of(paper)])
    gather()
    assert kinds(paper) == ["curator", "list"]


def test_a_description_that_names_the_paper_is_evidence():
    paper = with_code(title="Lanterns: Long Light for Ships", arxiv="2401.00001")
    Repository.objects.update(description="[ICLR 2024] Lanterns - long light for ships")
    gather()
    assert kinds(paper) == ["description", "list"]
    Repository.objects.update(description="Code of arXiv:2401.00001v2")
    gather()
    assert kinds(paper) == ["description", "list"]
    Repository.objects.update(description="Code of arXiv:2401.000012")
    gather()
    assert kinds(paper) == ["list"]


def test_a_short_title_is_not_met_by_chance():
    paper = with_code(title="Mamba")
    Repository.objects.update(description="Everything about mamba and others")
    gather()
    assert kinds(paper) == ["list"]


def test_a_readme_names_a_paper_by_identifier_or_title():
    paper = with_code(title="Lanterns: Long Light for Ships", arxiv="2401.00001")
    readme = Readme.objects.create(
        repository=Repository.objects.get(), digest="d", identifiers={"arxiv:2401.00001": "Paper: 2401.00001"}
    )  # fmt: skip
    gather()
    assert Evidence.objects.get(kind="readme").quote == "Paper: 2401.00001"
    Readme.objects.update(identifiers={}, titles={"lanternslonglightforships": "# Lanterns"})
    gather()
    assert Evidence.objects.get(kind="readme").quote == "# Lanterns"
    readme.delete()
    gather()
    assert kinds(paper) == ["list"]


def test_former_names_of_repositories_mean_them():
    paper = with_code(abstract="https://github.com/old/name")
    RepositoryAlias.objects.create(
        repository=Repository.objects.get(), host="github.com", owner="Old", name="Name"
    )
    gather()
    assert kinds(paper) == ["abstract", "list"]
    assert not CodeSuggestion.objects.exists()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("jane")


def suggestion() -> CodeSuggestion:
    return CodeSuggestion.objects.get()


def test_a_repository_that_nobody_linked_is_suggested_and_linked_when_accepted(user):
    paper = make_paper(abstract="Code: https://github.com/owner/name/tree/main/x.")
    gather()
    assert not PaperRepository.objects.exists()
    assert (suggestion().kind, suggestion().status) == ("abstract", "open")
    curation.accept_code(suggestion(), user)
    link = code_of(paper)
    assert (str(link), link.source, link.url) == (
        "owner/name", "curator", "https://github.com/owner/name/tree/main/x",
    )  # fmt: skip
    assert suggestion().decided_by == user
    gather()
    assert kinds(paper) == ["abstract", "curator"]
    with pytest.raises(curation.Refused):
        curation.accept_code(suggestion(), user)


def test_what_is_rejected_is_not_suggested_again(user):
    make_paper(abstract="Code: https://github.com/owner/name.")
    gather()
    assert curation.reject_code(CodeSuggestion.objects.all(), user) == 1
    assert gather() == 0
    assert suggestion().status == "rejected"


def test_what_a_curator_took_away_is_not_suggested(user):
    paper = with_code(abstract="Code: https://github.com/owner/name.")
    curation.save_rows(paper, [], [code_of(paper)])
    gather()
    assert not CodeSuggestion.objects.exists()


def test_a_suggestion_ends_when_it_is_linked_or_no_longer_said():
    make_paper(abstract="https://github.com/a/b and https://github.com/c/d")
    gather()
    assert CodeSuggestion.objects.count() == 2
    repository = Repository.objects.create(owner="A", name="B")
    PaperRepository.objects.create(paper=Paper.objects.get(), repository=repository)
    gather()
    assert str(suggestion()) == "c/d"
    Paper.objects.update(abstract="")
    gather()
    assert not CodeSuggestion.objects.exists()


def test_what_was_decided_holds_for_the_paper_that_is_left_of_two(user):
    text = "https://github.com/a/b"
    kept, gone = make_paper(abstract=text), make_paper(abstract=text)
    gather()
    curation.reject_code(CodeSuggestion.objects.filter(paper=gone), user)
    curation.merge_papers(kept, [gone])
    gather()
    assert list(CodeSuggestion.objects.values_list("paper", "status")) == [(gone.pk, "rejected")]


@pytest.mark.django_db(transaction=True)
def test_evidence_follows_a_curators_save_by_itself(user):
    paper = with_code()
    paper.abstract = "https://github.com/owner/name"
    curation.save_paper(paper, ["abstract"], user)
    assert kinds(paper) == ["abstract", "list"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["abstract", "readme", "list"], "named in the abstract; its README names the paper"),
        (["abstract", "comment"], "named in the abstract and the authors’ comment on arXiv"),
        (["readme", "description"], "its README and its description name the paper"),
        (["curator", "list"], "a curator’s word"),
        (["list"], "linked by a list"),
        ([], ""),
    ],
)
def test_reasons_in_words(given, words):
    assert in_words(given) == words


def test_pages_show_why_code_is_linked(client):
    paper = with_code(abstract="https://github.com/owner/name")
    gather()
    repository = Repository.objects.get()
    for url in (paper.get_absolute_url(), repository.get_absolute_url()):
        assert "named in the abstract" in client.get(url).content.decode()
    PaperRepository.objects.update(source="list")
    Paper.objects.update(abstract="")
    Identifier.objects.filter(paper=paper).delete()
    Readme.objects.create(repository=repository, digest="d", identifiers={"arxiv:2401.1": "x"})
    gather()
    for url in (paper.get_absolute_url(), repository.get_absolute_url()):
        assert "its README names other papers" in client.get(url).content.decode()
