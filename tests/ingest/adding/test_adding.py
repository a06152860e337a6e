"""A curator adds a paper by whatever names it: looked up, filled in, saved with who says what."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.models import Candidate, Identifier, Link, Paper, Placement, RejectedIdentifier, Run
from ingest.models import Draft, Paste
from ingest.standins.world import ArxivRecord
from tests.factories import make_catalogue, make_paper, make_staff, make_topic

pytestmark = pytest.mark.django_db

ADD = "/admin/catalog/paper/add/"


@pytest.fixture
def topic(db):
    return make_topic("Sparse Attention")


def look_up(client, what, **more):
    return client.post(ADD, {"what": what, **more}, follow=True)


def sent(response, **changes):
    """What a browser would send of the form, as it is shown."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None} | changes


def test_a_paper_is_added_by_its_arxiv_id_with_arxivs_word_for_each_fact(
    client, curator, topic, standin
):
    response = look_up(client, "https://arxiv.org/pdf/2301.99001v1")
    assert "named in the comment" in response.text
    draft = Draft.objects.get()
    address = reverse("admin:catalog_paper_draft", args=[draft.pk])
    response = client.post(address, sent(response, topic=str(topic.pk)), follow=True)
    paper = Paper.objects.get()
    assert response.redirect_chain[-1][0] == reverse("admin:catalog_paper_change", args=[paper.pk])
    assert paper.title == "Lanterns: Sparse Attention for Long Harbour Logs"
    assert list(paper.authorships.values_list("printed_name", flat=True)) == [
        "Ida Kvist",
        "José Peña-Ruiz",
        "Wei Zhang",
    ]
    said = {row.field: (row.source, row.locked) for row in paper.provenance.all()}
    for name in ("title", "authors", "abstract", "published_on", "year"):
        assert said[name] == ("arxiv", False), name
    assert (paper.arxiv_version, paper.categories) == (1, ["cs.CL", "cs.LG"])
    assert paper.repository_links.get().repository.full_name == "lighthouse/lanterns"
    assert paper.repository_links.get().source == "arxiv"
    place = Placement.objects.get()
    assert (place.topic, place.is_primary, place.source) == (topic, True, "curator")
    assert Identifier.objects.get().source == "arxiv"
    assert len(standin.requests) == 1


def test_what_the_curator_changes_is_theirs_and_locked(client, curator, topic, standin):
    response = look_up(client, "2301.99001")
    values = sent(
        response,
        topic=str(topic.pk),
        title="Lanterns",
        published="2023-02",
        links="video https://example.org/talk\nexample.org/more",
    )
    client.post(response.request["PATH_INFO"], values)
    paper = Paper.objects.get()
    assert (paper.title, paper.published_precision) == ("Lanterns", "month")
    said = {row.field: (row.source, row.locked) for row in paper.provenance.all()}
    assert said["title"] == said["published_on"] == ("curator", True)
    assert said["abstract"] == ("arxiv", False)
    assert set(paper.aliases.values_list("title", flat=True)) == {
        "Lanterns: Sparse Attention for Long Harbour Logs"
    }
    assert sorted(Link.objects.values_list("kind", "url")) == [
        ("other", "https://example.org/more"),
        ("video", "https://example.org/talk"),
    ]


def test_an_identifier_that_the_curator_takes_out_is_not_given_back(
    client, curator, topic, standin
):
    response = look_up(client, "2302.99002")
    assert "doi:10.5555/standin.2023.2" in response.text
    values = sent(response, topic=str(topic.pk), identifiers="2302.99002")
    client.post(response.request["PATH_INFO"], values)
    paper = Paper.objects.get()
    assert [str(row) for row in paper.identifiers.all()] == ["arxiv:2302.99002"]
    assert RejectedIdentifier.objects.get().value == "10.5555/standin.2023.2"
    assert paper.venue
    assert (paper.venue.name, paper.year) == ("Journal of Invented Results", 2023)


@pytest.mark.parametrize(
    "what",
    [
        "2301.99001",
        "Lanterns: sparse attention for long harbour logs",
        "@misc{a, title={Lanterns: Sparse Attention for Long Harbour Logs}, year=2023}",
        "https://github.com/lighthouse/lanterns",
        "Another name of it",
        "http://localhost:8000{url}",
    ],
)
def test_what_is_listed_is_said_to_be_here(client, curator, standin, what):
    paper = make_paper(
        "Lanterns: Sparse Attention for Long Harbour Logs",
        arxiv="2301.99001",
        repository="lighthouse/lanterns",
    )
    paper.aliases.create(title="Another name of it", source="list")
    response = look_up(client, what.replace("{url}", paper.get_absolute_url()))
    assert "Already listed" in response.text
    assert paper.get_absolute_url() in response.text
    assert standin.requests == []


def test_a_merged_duplicate_leads_to_the_survivor(client, curator, standin):
    survivor = make_paper("Lanterns of the Harbour")
    make_paper("Lanterns, once more", arxiv="2301.99001", merged_into=survivor, topics=[])
    response = look_up(client, "2301.99001")
    assert "Already listed" in response.text
    assert "was merged into it" in response.text


def test_a_known_paper_that_is_not_listed_can_be_listed(client, curator, topic, standin):
    paper = make_paper("Lanterns of the Harbour", arxiv="2301.99001", topics=[])
    response = look_up(client, "2301.99001")
    assert "Known, but not listed" in response.text
    values = {"_list": "1", "list_under": str(topic.pk)}
    client.post(response.request["PATH_INFO"], values)
    assert Placement.objects.get().paper == paper
    assert Paper.objects.count() == 1
    assert Draft.objects.get().state == "saved"


def test_a_waiting_candidate_is_offered_and_accepted(client, curator, topic, standin):
    candidate = Candidate.objects.create(
        catalogue=topic.catalogue, scheme="arxiv", value="2301.99001", title="Lanterns"
    )
    response = look_up(client, "2301.99001")
    assert "It waits as a candidate" in response.text
    values = {"_accept": "1", "topic": str(topic.pk)}
    client.post(response.request["PATH_INFO"], values)
    candidate.refresh_from_db()
    assert candidate.status == "accepted"
    assert candidate.paper == Paper.objects.get()


def test_adding_settles_the_candidate_and_says_what_was_rejected(client, curator, topic, standin):
    candidate = Candidate.objects.create(
        catalogue=topic.catalogue,
        scheme="arxiv",
        value="2301.99001",
        title="Lanterns",
        status="rejected",
        decided_by=curator,
    )
    response = look_up(client, "2301.99001")
    assert "was a candidate and was rejected" in response.text
    client.post(response.request["PATH_INFO"], sent(response, topic=str(topic.pk)))
    candidate.refresh_from_db()
    assert (candidate.status, candidate.paper) == ("accepted", Paper.objects.get())


def test_a_title_is_looked_up_at_arxiv(client, curator, topic, standin):
    response = look_up(client, "lanterns - sparse attention for long harbour logs")
    assert sent(response)["identifiers"] == "arxiv:2301.99001"


def test_titles_that_are_near_are_a_choice(client, curator, topic, standin):
    response = look_up(client, "Lanterns: Sparse Attention for Long Harbour")
    assert "is it one of these?" in response.text
    address = response.request["PATH_INFO"]
    response = client.post(address, {"_choose": "0"}, follow=True)
    assert sent(response)["identifiers"] == "arxiv:2301.99001"


def test_a_paper_of_no_arxiv_is_filled_in_by_semantic_scholar(client, curator, topic, standin):
    response = look_up(client, "doi:10.5555/standin.2019.1")
    values = sent(response, topic=str(topic.pk))
    assert values["title"] == "A Journal Paper That arXiv Never Saw"
    assert "Semantic Scholar" in response.text
    client.post(response.request["PATH_INFO"], values)
    assert Paper.objects.get().provenance.get(field="title").source == "semantic_scholar"


def test_bibtex_brings_its_own_facts(client, curator, topic, standin):
    entry = r"""@inproceedings{x, title={{Quays}: A Study of G\"odel}, author={Kvist, Ida and {Team Harbour}},
      booktitle={International Conference on Learning Representations}, year=2021, month=may}"""
    response = look_up(client, entry)
    values = sent(response, topic=str(topic.pk))
    client.post(response.request["PATH_INFO"], values)
    paper = Paper.objects.get()
    assert paper.title == "Quays: A Study of Gödel"
    assert paper.venue
    assert (paper.venue.name, paper.year) == ("ICLR", 2021)
    assert list(paper.authorships.values_list("printed_name", flat=True)) == ["Ida Kvist", "Team Harbour"]  # fmt: skip
    row = paper.provenance.get(field="title")
    assert (row.source, row.detail, row.locked) == ("derived", "BibTeX", False)


@pytest.mark.parametrize("fault", ["503", "429", "reset", "html"])
def test_a_source_that_fails_leaves_the_form_and_the_job_fills_it_in(
    client, curator, topic, standin, fault
):
    standin.misbehave("arxiv", fault, times=None)
    response = look_up(client, "2301.99001")
    assert response.status_code == 200
    assert "filled in later" in response.text
    values = sent(response, topic=str(topic.pk))
    assert values["title"] == "2301.99001"
    client.post(response.request["PATH_INFO"], values)
    paper = Paper.objects.get()
    assert not paper.provenance.filter(locked=True).exists()
    assert Run.objects.filter(job="arxiv", status="running").exists()
    standin.behave()
    from tests.ingest.running import run_job

    Run.objects.all().delete()
    run_job("arxiv")
    paper.refresh_from_db()
    assert paper.title == "Lanterns: Sparse Attention for Long Harbour Logs"


def test_a_page_does_not_wait_for_a_busy_limiter(client, curator, topic, standin, monkeypatch):
    from ingest.adding import lookup
    from ingest.http.limiter import turn

    monkeypatch.setattr(lookup, "HASTE", 0.3)
    host = standin.arxiv_url.split("/")[2]
    with turn(host, 0):
        response = look_up(client, "2301.99001")
    assert "arXiv is busy" in response.text
    response = client.post(response.request["PATH_INFO"], {"_again": "1"}, follow=True)
    assert sent(response)["title"].startswith("Lanterns")


def test_an_id_that_arxiv_does_not_know_is_said_so(client, curator, topic, standin):
    standin.world.add_record(ArxivRecord(id="1706.03762", title="Attention Is All You Need"))
    response = look_up(client, "2301.88888")
    assert "arXiv knows no 2301.88888" in response.text


def test_papers_of_nearly_the_title_are_warned_of(client, curator, topic, standin):
    from search.index import refresh_words

    near = make_paper("Lanterns: Sparse Attention for Long Harbor Logs")
    refresh_words([near.pk])
    response = look_up(client, "2301.99001")
    assert "A paper of nearly this title is here" in response.text
    assert near.get_absolute_url() in response.text


def test_an_identifier_of_another_paper_is_refused_in_a_line(client, curator, topic, standin):
    make_paper("Quite another", arxiv="2305.99005")
    response = look_up(client, "2301.99001")
    values = sent(response, topic=str(topic.pk), identifiers="2301.99001\ndoi:10.1/x")
    response = client.post(response.request["PATH_INFO"], values | {"identifiers": "2305.99005"})
    assert "“Quite another” has the identifier arxiv:2305.99005 already." in response.text
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topic": ""}, "Choose a topic"),
        ({"title": "  "}, "A paper has a title."),
        ({"published": "2023-13-45"}, "Write a date as"),
        ({"year": "12"}, "between 1800 and 2200"),
        ({"identifiers": "no identifier"}, "is no identifier and no address"),
        ({"repositories": "https://example.org/x"}, "is no repository"),
        ({"links": "not a link"}, "is no address of a web page"),
        ({"title": "a\x00b"}, "Null characters"),
        ({"title": "x" * 100_000}, "at most 2000"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    client, curator, topic, standin, change, words
):
    response = look_up(client, "2301.99001")
    values = sent(response, topic=str(topic.pk)) | change
    response = client.post(response.request["PATH_INFO"], values)
    assert response.status_code == 200
    assert words in response.text
    assert not Paper.objects.exists()


@pytest.mark.parametrize("what", ["", " \n ", "\x00", "x" * 1_000_001])
def test_an_empty_or_endless_paste_is_refused(client, curator, what):
    response = client.post(ADD, {"what": what})
    assert response.status_code in {200, 400}
    assert not Paste.objects.exists()


def test_hostile_text_is_escaped(client, curator, topic, standin):
    hostile = "<script>alert(1)</script>"
    response = look_up(client, f"@misc{{x, title={{{hostile}}}, author={{{hostile}}}}}")
    assert hostile not in response.text
    assert "&lt;script&gt;" in response.text


def test_another_curators_draft_is_not_there(client, curator, topic, standin):
    response = look_up(client, "2301.99001")
    address = response.request["PATH_INFO"]
    client.force_login(User.objects.create_superuser("john"))
    assert client.get(address).status_code == 404
    assert client.get(address.replace(str(Draft.objects.get().pk), "999999")).status_code == 404


def test_two_saves_of_one_draft_make_one_paper(client, curator, topic, standin):
    response = look_up(client, "2301.99001")
    values = sent(response, topic=str(topic.pk))
    for _ in range(2):
        client.post(response.request["PATH_INFO"], values)
    assert Paper.objects.count() == 1


def test_an_editor_lists_under_their_own_topics_only(client, topic, standin):
    other = make_topic("Elsewhere", catalogue=make_catalogue("other"))
    client.force_login(make_staff("add_paper", "view_paper", edits=other.catalogue))
    response = look_up(client, "2301.99001")
    values = sent(response, topic=str(topic.pk))
    response = client.post(response.request["PATH_INFO"], values)
    assert "Select a valid choice" in response.text
    client.post(response.request["PATH_INFO"], values | {"topic": str(other.pk)})
    assert Placement.objects.get().topic == other


def test_the_bare_form_is_still_there(client, curator):
    response = client.get(reverse("admin:catalog_paper_add_by_hand"))
    assert response.status_code == 200
    assert "Fill in by hand" in client.get(ADD).text
    popup = client.get(ADD + "?_popup=1")
    assert popup["Location"] == reverse("admin:catalog_paper_add_by_hand") + "?_popup=1"


ODD = [
    "openreview:abcdefghij", "https://aclanthology.org/2020.acl-main.1/", "CorpusID:123", "https://example.org/blog post",
    "https://github.com/nobody/nothing", "http://localhost/papers/99999/x/", "注意力机制就是你所需要的一切", "W2741809807",
    '“Quoted” title: with (brackets) & "signs" -minus author:x', "a" * 900, "@", "{", "%", 'title:("', "NOT",
    "TY  - JOUR\nTI  - Something of harbours\nER  - ", '[{"title": "x y z"}]',
]  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_whatever_is_pasted_leads_to_a_form_that_can_be_filled_in(
    client, curator, topic, standin, what
):
    response = look_up(client, what)
    assert response.status_code == 200
    assert Draft.objects.get().notes
    values = sent(response, topic=str(topic.pk), title="Named by hand")
    client.post(response.request["PATH_INFO"], values)
    assert Paper.objects.get().title == "Named by hand"


def test_an_added_paper_keeps_its_primary_topic_when_it_is_listed_elsewhere_too(
    client, curator, topic, standin
):
    paper = make_paper(arxiv="2301.99001", topics=[make_topic("First")])
    response = look_up(client, "2301.99001")
    client.post(response.request["PATH_INFO"], {"_list": "", "list_under": str(topic.pk)})
    assert Placement.objects.get(paper=paper, is_primary=True).topic.name == "First"
    assert Placement.objects.filter(paper=paper).count() == 2


def test_a_draft_that_was_saved_meanwhile_is_not_saved_again(client, curator, topic, standin):
    from ingest.adding.saving import save_as_found

    look_up(client, "@misc{x, title={A Title Without Any Identifier}}")
    first, second = Draft.objects.get(), Draft.objects.get()
    assert save_as_found([(first, topic)], curator) == {}
    refused = save_as_found([(second, topic)], curator)
    assert "was added already" in str(refused[second.pk])
    assert Paper.objects.count() == 1


def test_two_addresses_on_one_line_are_two_papers(client, curator, topic, standin):
    one, other = make_paper("One", arxiv="2401.00001"), make_paper("Other", arxiv="2401.00002")
    response = look_up(client, "https://arxiv.org/abs/2401.00001 2401.00002")
    page = response.content.decode()
    assert one.title in page
    assert other.title in page
    assert "merged into it" not in page


def test_a_title_of_signs_that_nobody_sees_is_none(client, curator, topic, standin):
    response = look_up(client, "A title that no source knows")
    values = sent(response, topic=str(topic.pk), title="\u202e\u200b")
    response = client.post(response.request["PATH_INFO"], values)
    assert "Give it a title." in response.content.decode()
    assert not Paper.objects.exists()
