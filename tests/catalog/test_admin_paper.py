"""A paper's page in the admin: what a curator enters there is kept as the curator's word."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse

from catalog import curation
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Catalogue,
    Citation,
    Identifier,
    Link,
    Paper,
    Placement,
    Problem,
    Provenance,
    Relation,
    Repository,
    TitleAlias,
    Topic,
    TopicRedirect,
    Venue,
)
from catalog.signals import papers_changed
from ingest.lists.service import import_list
from tests.factories import (
    make_announcement,
    make_author,
    make_catalogue,
    make_paper,
    make_topic,
    make_venue,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("curator")]


def url(row, page="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def form_of(client, address) -> dict[str, object]:
    """What a browser would send if nothing on the page were changed."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, object] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is True:
                data[bound.html_name] = "on"
            elif value is not None and value is not False:
                data[bound.html_name] = str(value)
    return data


class Sheet:
    """A change page as it is filled in and sent."""

    def __init__(self, client, address) -> None:
        self.client, self.address = client, address
        self.data = form_of(client, address)

    def add(self, prefix: str, **values: object) -> None:
        number = int(str(self.data[f"{prefix}-TOTAL_FORMS"]))
        self.data[f"{prefix}-TOTAL_FORMS"] = str(number + 1)
        for name, value in values.items():
            self.data[f"{prefix}-{number}-{name}"] = value

    def save(self):
        self.response = self.client.post(self.address, self.data)
        return self.response.status_code == 302

    @property
    def errors(self) -> str:
        context = self.response.context
        found = [str(context["errors"])]
        return "".join(found)


@pytest.fixture
def changed_papers(django_capture_on_commit_callbacks):
    """What is announced while it is entered, as one list of keys for each time."""

    @contextmanager
    def hear() -> Iterator[list[list[int]]]:
        told: list[list[int]] = []

        def note(sender: object, ids: list[int], **kwargs: object) -> None:
            told.append(ids)

        papers_changed.connect(note)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                yield told
        finally:
            papers_changed.disconnect(note)

    return hear()


@pytest.fixture
def paper() -> Paper:
    return make_paper(
        "Longformer",
        authors=["Iz Beltagy", "Arman Cohan"],
        topics=[make_topic("A"), make_topic("B")],
        arxiv="2004.05150",
        repository="allenai/longformer",
        year=2020,
    )


@pytest.fixture
def sheet(client, paper) -> Sheet:
    return Sheet(client, url(paper))


def placed(paper: Paper) -> list[str]:
    rows = Placement.objects.current().filter(paper=paper).order_by("topic__name")
    return [row.topic.name + "*" * row.is_primary for row in rows]


def index_of(sheet: Sheet, prefix: str, row) -> int:
    total = int(str(sheet.data[f"{prefix}-TOTAL_FORMS"]))
    return next(n for n in range(total) if sheet.data[f"{prefix}-{n}-id"] == str(row.pk))


def test_saving_the_page_as_it_is_changes_nothing(sheet, paper):
    before = list(Paper.objects.values()), list(Placement.objects.values())
    assert sheet.save()
    assert before == (list(Paper.objects.values()), list(Placement.objects.values()))
    assert not paper.provenance.exists()


def test_what_stands_in_a_column_is_named(client, paper):
    page = client.get(url(paper)).content.decode()
    for name in ("Position", "Printed name", "Scheme", "Primary", "Delete"):
        assert f'aria-label="{name}"' in page
    assert 'aria-label="Withdrawn at, date"' in page


def test_an_edited_fact_is_locked_and_the_old_title_kept(sheet, paper):
    sheet.data |= {"title": "  Longformer:\r\n corrected ", "year": "2021"}
    assert sheet.save()
    paper.refresh_from_db()
    assert (paper.title, paper.title_key) == ("Longformer: corrected", "longformercorrected")
    assert set(paper.provenance.values_list("field", "source", "locked", "detail")) == {
        ("title", "curator", True, "jane"),
        ("year", "curator", True, "jane"),
    }
    assert paper.aliases.get().title == "Longformer"


def test_a_date_without_precision_is_a_day_and_can_go_again(client, sheet, paper):
    sheet.data["published_on"] = "2020-04-10"
    assert sheet.save()
    paper.refresh_from_db()
    assert paper.published_precision == "day"
    again = Sheet(client, url(paper))
    again.data["published_on"] = ""
    assert again.save()
    paper.refresh_from_db()
    assert (paper.published_on, paper.published_precision) == (None, "")


@pytest.mark.parametrize("year", ["1066", "99999", "-1", "x"])
def test_an_impossible_year_is_refused_in_words(sheet, year):
    sheet.data["year"] = year
    assert not sheet.save()
    assert "violated" not in sheet.response.content.decode()


@pytest.mark.parametrize("untick", [True, False])
@pytest.mark.parametrize("chosen", ["A", "B"])
def test_another_primary_topic_can_be_ticked_in_any_order(sheet, paper, chosen, untick):
    first, second = placements = list(paper.placements.order_by("topic__name"))
    if chosen == "A":
        paper.placements.update(is_primary=False)
        paper.placements.filter(pk=second.pk).update(is_primary=True)
        sheet.data = form_of(sheet.client, sheet.address)
    new, old = placements if chosen == "A" else (second, first)
    sheet.data[f"placements-{index_of(sheet, 'placements', new)}-is_primary"] = "on"
    if untick:
        del sheet.data[f"placements-{index_of(sheet, 'placements', old)}-is_primary"]
    assert sheet.save(), sheet.errors
    assert placed(paper) == (["A*", "B"] if chosen == "A" else ["A", "B*"])
    old.refresh_from_db()
    assert old.source == "list"


def test_two_new_primary_topics_are_refused_in_words(sheet, paper):
    for name in ("C", "D"):
        sheet.add("placements", topic=make_topic(name).pk, is_primary="on")
    assert not sheet.save()
    assert "Only one topic can be the primary one" in sheet.errors


def test_a_deleted_placement_is_retired_and_can_be_restored(client, sheet, paper):
    row = paper.placements.get(topic__name="A")
    sheet.data[f"placements-{index_of(sheet, 'placements', row)}-DELETE"] = "on"
    assert sheet.save(), sheet.errors
    row.refresh_from_db()
    assert (row.source, bool(row.retired_at)) == ("curator", True)
    assert placed(paper) == ["B*"]
    again = Sheet(client, url(paper))
    again.data["placements-2-0-restore"] = "on"
    assert again.save(), again.errors
    assert placed(paper) == ["A", "B*"]


def test_a_topic_it_was_taken_out_of_can_be_added_again(client, sheet, paper):
    row = paper.placements.get(topic__name="B")
    sheet.data[f"placements-{index_of(sheet, 'placements', row)}-DELETE"] = "on"
    sheet.save()
    again = Sheet(client, url(paper))
    again.add("placements", topic=row.topic_id)
    assert again.save(), again.errors
    assert placed(paper) == ["A*", "B"]


def test_the_same_topic_twice_is_refused_in_words(sheet, paper):
    sheet.add("placements", topic=paper.placements.first().topic_id)
    assert not sheet.save()
    assert "twice" in sheet.errors


def test_an_identifier_is_taken_in_any_form(sheet, paper):
    sheet.add("identifiers", scheme="doi", value="https://doi.org/10.1000/ABC")
    assert sheet.save(), sheet.errors
    assert set(paper.identifiers.values_list("scheme", "value", "source")) == {
        ("arxiv", "2004.05150", "list"),
        ("doi", "10.1000/abc", "curator"),
    }


@pytest.mark.parametrize(
    ("scheme", "value", "words"),
    [
        ("arxiv", "10.1000/abc", "This reads as “DOI”, not as “arXiv”."),
        ("arxiv", "not an id", "This is no identifier of the kind “arXiv”."),
        ("doi", "2004.05150", "This reads as “arXiv”, not as “DOI”."),
    ],
)
def test_a_misread_identifier_is_refused_in_words(sheet, scheme, value, words):
    sheet.add("identifiers", scheme=scheme, value=value)
    assert not sheet.save()
    assert words in sheet.errors


def test_an_identifier_of_another_paper_is_refused_with_a_link_to_it(sheet):
    other = make_paper("Big Bird", arxiv="2007.14062")
    sheet.add("identifiers", scheme="arxiv", value="2007.14062")
    assert not sheet.save()
    assert url(other) in sheet.errors
    assert "Big Bird" in sheet.errors


def test_a_deleted_identifier_is_remembered(sheet, paper):
    sheet.data["identifiers-0-DELETE"] = "on"
    assert sheet.save(), sheet.errors
    assert not paper.identifiers.exists()
    assert paper.rejected_identifiers.get().value == "2004.05150"


def test_authors_change_places_and_new_ones_join(sheet, paper):
    sheet.data["authorships-1-position"] = "1"
    sheet.add("authorships", author=make_author("Matthew Peters").pk)
    assert sheet.save(), sheet.errors
    assert list(paper.authorships.values_list("printed_name", flat=True)) == [
        "Arman Cohan",
        "Iz Beltagy",
        "Matthew Peters",
    ]
    assert paper.provenance.get().field == "authors"


def test_a_lock_is_taken_off_on_the_page(client, sheet, paper):
    sheet.data["year"] = "2021"
    sheet.save()
    again = Sheet(client, url(paper))
    del again.data["provenance-0-locked"]
    assert again.save(), again.errors
    assert not paper.provenance.get().locked


def test_links_and_repositories_are_edited(sheet, paper):
    sheet.add("links", kind="blog", url="https://example.org/post", position="0")
    sheet.data["repository_links-0-DELETE"] = "on"
    repository = Repository.objects.create(owner="x", name="y")
    sheet.add("repository_links", repository=repository.pk, position="0")
    assert sheet.save(), sheet.errors
    assert paper.links.get().source == "curator"
    assert paper.repository_links.filter(retired_at=None).get().repository == repository


def test_another_title_is_the_curators(sheet, paper):
    sheet.add("aliases", title="The long one")
    assert sheet.save(), sheet.errors
    assert paper.aliases.get().source == "curator"


def test_a_new_paper_is_entered_by_hand(client):
    sheet = Sheet(client, reverse("admin:catalog_paper_add_by_hand"))
    sheet.data |= {"title": "By hand", "year": "2024"}
    sheet.add("placements", topic=make_topic("A").pk)
    sheet.add("authorships", author=make_author("Ada Lovelace").pk)
    assert sheet.save(), sheet.errors
    paper = Paper.objects.get(title="By hand")
    assert placed(paper) == ["A*"]
    assert set(paper.provenance.values_list("field", flat=True)) == {"title", "year", "authors"}


def test_a_paper_of_hundreds_of_authors_is_saved_on_its_page(client):
    paper = make_paper(authors=300)
    sheet = Sheet(client, url(paper))
    sheet.data["authorships-299-position"] = "1"
    assert sheet.save()
    assert paper.authorships.get(position=1).printed_name.endswith(" 299")


def test_a_paper_of_very_many_authors_has_them_on_their_own_page(client, monkeypatch):
    monkeypatch.setattr("catalog.admin.papers._MOST_AUTHORS", 100)
    paper = make_paper(authors=101)
    sheet = Sheet(client, url(paper))
    assert "authorships-TOTAL_FORMS" not in sheet.data
    sheet.data["year"] = "2024"
    assert sheet.save(), sheet.errors
    assert paper.authorships.count() == 101


def test_null_bytes_and_endless_titles_are_no_server_error(sheet):
    sheet.data["title"] = "a\x00b"
    assert not sheet.save()
    sheet.data["title"] = "long " * 5000
    assert sheet.save()


def test_what_two_curators_do_at_once_is_no_server_error(client, sheet, monkeypatch):
    from django.db import IntegrityError

    def clash(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr("catalog.curation.save_paper", clash)
    response = client.post(sheet.address, {**sheet.data, "year": "2021"}, follow=True)
    assert "somebody else changed the same rows" in response.content.decode()


def test_papers_are_unlisted_from_the_list(client, paper):
    client.post(
        reverse("admin:catalog_paper_changelist"),
        {"action": "unlist", "_selected_action": [paper.pk]},
    )
    assert placed(paper) == []
    assert Paper.objects.filter(pk=paper.pk).exists()


# Merging


def merge_page(*papers) -> str:
    ids = ",".join(str(paper.pk) for paper in papers)
    return f"{reverse('admin:catalog_paper_merge')}?ids={ids}"


def test_duplicates_are_merged_after_a_look(client, paper):
    other = make_paper("<script>x</script>", topics=[make_topic("C")], arxiv="2007.14062")
    response = client.post(
        reverse("admin:catalog_paper_changelist"),
        {"action": "merge", "_selected_action": [paper.pk, other.pk]},
        follow=True,
    )
    text = response.content.decode()
    assert "2007.14062" in text
    assert "they may be two works" in text
    assert "<script>x" not in text
    client.post(merge_page(paper, other), {"survivor": paper.pk})
    other.refresh_from_db()
    assert other.merged_into == paper
    assert placed(paper) == ["A*", "B", "C"]


def test_a_merge_is_taken_back_on_the_page_of_the_merged(client, paper):
    other = make_paper("Other", topics=[make_topic("C")], arxiv="2007.14062")
    client.post(merge_page(paper, other), {"survivor": paper.pk})
    address = reverse("admin:catalog_paper_unmerge", args=[other.pk])
    assert address in client.get(url(other)).content.decode()
    assert "stand for itself again" in client.get(address).content.decode()
    client.post(address)
    other.refresh_from_db()
    assert other.merged_into is None
    assert placed(other) == ["C*"]
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("survivor", ["", "0", "x"])
def test_a_merge_needs_one_to_keep(client, paper, survivor):
    other = make_paper()
    response = client.post(merge_page(paper, other), {"survivor": survivor})
    assert response.status_code == 200
    other.refresh_from_db()
    assert other.merged_into is None


@pytest.mark.parametrize("ids", ["", "1", "x,y", "²,³", "999998,999999"])
def test_odd_merge_addresses_are_not_found(client, ids):
    assert client.get(reverse("admin:catalog_paper_merge"), {"ids": ids}).status_code == 404


def test_authors_are_merged_and_parted(client):
    make_paper(authors=["Jane Doe"])
    make_paper(authors=["J. Doe"])
    jane, j = Author.objects.get(name="Jane Doe"), Author.objects.get(name="J. Doe")
    address = f"{reverse('admin:catalog_author_merge')}?ids={jane.pk},{j.pk}"
    client.post(address, {"survivor": jane.pk})
    assert jane.papers.count() == 2
    client.post(reverse("admin:catalog_author_unmerge", args=[j.pk]))
    assert j.papers.count() == 1


# Two at once


@pytest.fixture
def import_at_work(transactional_db) -> Iterator[None]:
    """An import that holds the lock, and a server that waits no longer than a page may."""
    other = connection.copy()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 200")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('stemma:curation', 0))")
        yield
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


SORRY = "Nothing was saved: an import is running. Please try again in a moment."


def test_a_page_saved_during_an_import_asks_to_try_again(import_at_work, client, sheet):
    response = client.post(sheet.address, {**sheet.data, "year": "2021"}, follow=True)
    assert SORRY in response.content.decode()
    assert Paper.objects.get().year == 2020


@pytest.mark.parametrize("row", ["announcement", "provenance", "alias", "author", "venue"])
def test_every_page_waits_for_an_import(import_at_work, client, paper, row):
    made = {
        "announcement": lambda: make_announcement(paper=paper),
        "provenance": lambda: Provenance.objects.create(paper=paper, field="year", source="list"),
        "alias": lambda: TitleAlias.objects.create(paper=paper, title="Other", source="list"),
        "author": lambda: paper.authors.first(),
        "venue": lambda: make_venue("ICLR"),
    }[row]()
    sheet = Sheet(client, url(made))
    sheet.save()
    assert SORRY in client.get(sheet.address).content.decode()


@pytest.mark.parametrize("action", ["unlist", "ignore"])
def test_an_action_during_an_import_asks_to_try_again(import_at_work, client, paper, action):
    problem = Problem.objects.create(job="import_list", kind="k", message="m", fingerprint="f")
    row = paper if action == "unlist" else problem
    address = reverse(f"admin:catalog_{row._meta.model_name}_changelist")
    data = {"action": action, "_selected_action": [row.pk]}
    assert SORRY in client.post(address, data, follow=True).content.decode()
    assert placed(paper) == ["A*", "B"]


def test_an_action_is_carried_out_for_all_or_for_none(client, paper, monkeypatch):
    save, calls = curation.save_placements, []

    def fail_the_second_time(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise IntegrityError
        save(*args, **kwargs)

    monkeypatch.setattr("catalog.curation.save_placements", fail_the_second_time)
    keys = list(paper.placements.values_list("pk", flat=True))
    data = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
    client.post(reverse("admin:catalog_placement_changelist"), data)
    assert len(calls) == 2
    assert placed(paper) == ["A*", "B"]


def test_what_is_saved_at_once_is_announced_once(client, sheet, paper, changed_papers):
    sheet.data |= {"title": "Changed", "year": "2021", "identifiers-0-DELETE": "on"}
    sheet.add("links", kind="blog", url="https://example.org/post", position="0")
    with changed_papers as told:
        assert sheet.save(), sheet.errors
    assert told == [[paper.pk]]


def test_a_title_that_goes_or_moves_is_announced(client, paper, changed_papers):
    other = make_paper()
    moved = TitleAlias.objects.create(paper=paper, title="One", source="list")
    gone = TitleAlias.objects.create(paper=paper, title="Two", source="list")
    with changed_papers as told:
        client.post(url(moved), {"paper": other.pk, "title": "One"})
        client.post(url(gone, "delete"), {"post": "yes"})
    assert told == [sorted([paper.pk, other.pk])]
    assert list(TitleAlias.objects.values_list("paper", flat=True)) == [other.pk]


def test_a_topic_whose_subtopics_would_lie_too_deep_is_not_moved(client):
    slugs = ["x" * 75 + str(n) for n in range(6)]
    deep = top = make_topic("Top")
    for slug in slugs:
        deep = make_topic(slug, parent=deep)
    branch = below = make_topic("Branch")
    for slug in slugs:
        below = make_topic(slug, parent=below)
    sheet = Sheet(client, url(branch))
    sheet.data["parent"] = str(deep.pk)
    assert not sheet.save()
    assert "too deep" in sheet.response.content.decode()
    sheet.data["parent"] = str(top.pk)
    assert sheet.save()


# Venues and repositories


def test_a_renamed_venue_is_still_what_the_list_means(client):
    text = "# F\n## 1. T\n1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *A B.* ICLR 2024."
    import_list(text.encode(), "long-context")
    venue = Venue.objects.get()
    sheet = Sheet(client, url(venue))
    assert "slug" not in sheet.data
    sheet.data["name"] = "Learning Representations"
    assert sheet.save()
    import_list(text.replace("A B", "C D").encode(), "long-context")
    venue = Venue.objects.get()
    assert (venue.name, venue.aliases, venue.slug) == (
        "Learning Representations",
        ["ICLR"],
        "iclr",
    )
    assert Paper.objects.get().venue == venue


def test_a_repository_keeps_its_address_and_tells_of_its_papers(client, paper, changed_papers):
    repository = paper.repositories.get()
    sheet = Sheet(client, url(repository))
    assert not {"host", "owner", "name"} & set(sheet.data)
    sheet.data["description"] = "Code"
    with changed_papers as ids:
        assert sheet.save()
    assert ids == [[paper.pk]]
    repository.refresh_from_db()
    assert (repository.full_name, repository.description) == ("allenai/longformer", "Code")


def test_merging_during_an_import_asks_to_try_again(import_at_work, client, paper):
    other = make_paper("Other", arxiv="2007.14062")
    response = client.post(merge_page(paper, other), {"survivor": paper.pk}, follow=True)
    assert SORRY in response.content.decode()
    Paper.objects.filter(pk=other.pk).update(merged_into=paper)
    address = reverse("admin:catalog_paper_unmerge", args=[other.pk])
    assert SORRY in client.post(address, follow=True).content.decode()


def test_putting_back_during_an_import_asks_to_try_again(import_at_work, client, paper):
    Paper.objects.filter(pk=paper.pk).update(year=2021)
    event = Paper.pgh_event_model.objects.get(pgh_label="update")  # type: ignore[attr-defined]
    response = client.post(reverse("admin:catalog_paper_revert", args=[paper.pk, event.pk]))
    assert response.url == url(paper, "history")
    assert SORRY in client.get(response.url).content.decode()


# History


def test_history_says_who_changed_what_from_what_to_what(client, sheet, paper):
    sheet.data["year"] = "2021"
    row = paper.placements.get(topic__name="A")
    sheet.data[f"placements-{index_of(sheet, 'placements', row)}-DELETE"] = "on"
    sheet.save()
    text = client.get(url(paper, "history")).content.decode()
    assert "year: <del>2020</del> → <ins>2021</ins>" in text
    assert "placement A" in text
    assert "jane" in text


def test_an_edit_is_put_back_as_the_curators_word(client, sheet, paper):
    sheet.data["year"] = "2021"
    sheet.save()
    event = Paper.pgh_event_model.objects.get(pgh_label="update")  # type: ignore[attr-defined]
    address = reverse("admin:catalog_paper_revert", args=[paper.pk, event.pk])
    assert address in client.get(url(paper, "history")).content.decode()
    assert client.get(address).status_code == 405
    client.post(address)
    paper.refresh_from_db()
    assert paper.year == 2020
    assert paper.provenance.get(field="year").locked


def test_a_renamed_topic_is_put_back_with_its_address(client):
    topic = make_topic("Old name")
    sheet = Sheet(client, url(topic))
    sheet.data["name"] = "New name"
    assert sheet.save(), sheet.errors
    event = Topic.pgh_event_model.objects.filter(pgh_label="update").order_by("pk").first()  # type: ignore[attr-defined]
    client.post(reverse("admin:catalog_topic_revert", args=[topic.pk, event.pk]))
    topic.refresh_from_db()
    assert (topic.name, topic.path) == ("Old name", "old-name")


def test_an_old_value_that_is_taken_by_another_is_not_put_back(client):
    venue = make_venue("ICLR")
    Venue.objects.filter(pk=venue.pk).update(name="Other", slug="other")
    make_venue("ICLR")
    event = Venue.pgh_event_model.objects.get(pgh_label="update")  # type: ignore[attr-defined]
    response = client.post(
        reverse("admin:catalog_venue_revert", args=[venue.pk, event.pk]), follow=True
    )
    assert "cannot be put back" in response.content.decode()


# Topics, and other pages whose errors are words


def test_a_topic_is_moved_with_a_redirect_and_marked_as_curated(client):
    topic, parent = make_topic("A"), make_topic("B")
    sheet = Sheet(client, url(topic))
    sheet.data["parent"] = str(parent.pk)
    assert sheet.save(), sheet.errors
    topic.refresh_from_db()
    assert (topic.path, topic.curated) == ("b/a", True)
    assert TopicRedirect.objects.get().path == "a"


def test_a_topic_cannot_lie_under_its_own_subtopic(client):
    topic = make_topic("A")
    child = make_topic("B", parent=topic)
    for parent in (child, topic):
        sheet = Sheet(client, url(topic))
        sheet.data["parent"] = str(parent.pk)
        assert not sheet.save()
        assert "A topic cannot lie under itself." in sheet.errors


def test_a_page_of_a_topic_that_was_left_open_undoes_nobody_s_change(client):
    topic, other = make_topic("A"), make_topic("B")
    late = Sheet(client, url(topic))
    page = client.get(url(topic)).content.decode()
    for name in ("name", "description", "parent", "position", "hue"):
        assert f'name="initial-{name}"' in page
        late.data[f"initial-{name}"] = late.data.get(name, "")
    curation.rename_topic(topic, "New")
    late.data["description"] = "About it"
    assert late.save(), late.errors
    topic.refresh_from_db()
    assert (topic.name, topic.description) == ("New", "About it")
    late.data["name"] = "Other"
    assert not late.save()
    assert "Somebody else has changed this meanwhile, to “New”." in late.errors
    late.data |= {"initial-name": "New", "name": other.name}
    assert not late.save()
    assert "There is a “B” at the top already." in late.errors


def test_a_page_of_a_paper_that_was_left_open_undoes_nobody_s_change(client, paper, curator):
    late = Sheet(client, url(paper))
    page = client.get(url(paper)).content.decode()
    for name in ("title", "abstract", "year", "venue", "distinction", "published_on"):
        assert f'name="initial-{name}"' in page
        late.data[f"initial-{name}"] = late.data.get(name, "")
    Paper.objects.filter(pk=paper.pk).update(abstract="What arXiv says by now.")
    retitled = Paper.objects.get(pk=paper.pk)
    retitled.title, retitled.year = "A better title", 2019
    curation.save_paper(retitled, ["title", "year"], curator)
    late.data["distinction"] = "Oral"
    assert late.save(), late.errors
    paper.refresh_from_db()
    now = (paper.title, paper.title_key, paper.year, paper.abstract, paper.distinction)
    assert now == ("A better title", "abettertitle", 2019, "What arXiv says by now.", "Oral")
    locked = paper.provenance.filter(locked=True).values_list("field", flat=True)
    assert set(locked) == {"title", "year", "distinction"}
    late.data["title"] = "A third title"
    assert not late.save()
    assert "Somebody else has changed this meanwhile, to “A better title”." in late.errors


def test_a_page_that_was_left_open_unlocks_nothing(client, paper, curator):
    paper.provenance.create(field="title", source="list", detail="long-context")
    late = Sheet(client, url(paper))
    assert 'name="initial-provenance-0-locked"' in client.get(url(paper)).content.decode()
    late.data["initial-provenance-0-locked"] = "False"
    curation.lock_fields(paper, ["title"], curator)
    late.data["provenance-0-id"] = str(paper.provenance.get().pk)
    late.data["year"] = "2021"
    assert late.save(), late.errors
    assert paper.provenance.get(field="title").locked


def test_a_topic_with_papers_is_not_deleted_and_the_page_says_why(client):
    topic = make_topic("A")
    make_paper(topics=[topic])
    response = client.post(url(topic, "delete"), {"post": "yes"}, follow=True)
    assert "“A” holds 1 paper and no subtopics: move them elsewhere first." in (
        response.content.decode()
    )
    assert Topic.objects.exists()


def test_a_topic_is_retired_not_deleted_and_restored_with_what_was_above_it(client):
    above = make_topic("A")
    below = make_topic("B", above)
    for topic in (below, above):
        answer = client.post(url(topic, "delete"), {"post": "yes"}, follow=True)
        assert f"Retired “{topic.name}”. <a href=" in answer.content.decode()
    assert not Topic.objects.current().exists()
    client.post(
        reverse("admin:catalog_topic_changelist"),
        {"action": "restore", "_selected_action": [below.pk]},
    )
    assert Topic.objects.current().count() == 2
    assert [one.words for one in above.catalogue.tree_changes.all()] == [
        "Brought “B” back, and “A” above it", "Retired “A”", "Retired “B”",
    ]  # fmt: skip


def test_a_listed_announcement_is_edited_but_not_deleted(client):
    row = Announcement.objects.create(
        catalogue=make_catalogue(), date="2025-01-01", position=1, title="x", source="list"
    )
    assert client.post(url(row, "delete"), {"post": "yes"}).status_code == 403
    sheet = Sheet(client, url(row))
    sheet.data["title"] = "y"
    assert sheet.save(), sheet.errors
    row.refresh_from_db()
    assert (row.title, row.source) == ("y", "curator")


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("venue", {"name": "iclr", "slug": "iclr-2", "kind": "conference"}, "There is a venue"),
        (
            "repository",
            {"host": "GitHub.com", "owner": "X", "name": "Y"},
            "This repository is known already",
        ),
        ("author", {"name": "B", "orcid": "0000-0002-1825-0097"}, "Another author has this ORCID"),
        ("relation", {"subject": "1", "object": "1", "kind": "extends"}, "no relation to itself"),
        ("citation", {"citing": "1", "cited": "1"}, "does not cite itself"),
    ],
)
def test_what_the_database_would_refuse_is_said_in_words(client, name, values, words):
    make_venue("ICLR")
    Repository.objects.create(owner="x", name="y")
    Author.objects.create(name="A", orcid="0000-0002-1825-0097")
    key = str(make_paper().pk)
    data = {field: key if value == "1" else value for field, value in values.items()}
    response = client.post(reverse(f"admin:catalog_{name}_add"), data)
    assert response.status_code == 200
    assert words in response.content.decode()


def test_the_same_edge_twice_is_refused_in_words(client):
    one, other = make_paper(), make_paper()
    relation = {"subject": one.pk, "object": other.pk, "kind": "extends"}
    citation = {"citing": one.pk, "cited": other.pk}
    for name, data in (("relation", relation), ("citation", citation)):
        address = reverse(f"admin:catalog_{name}_add")
        assert client.post(address, data).status_code == 302
        assert "there already" in client.post(address, data).content.decode()
    assert Citation.objects.get().source == "curator"
    client.post(url(Relation.objects.get(), "delete"), {"post": "yes"})
    assert Relation.objects.get().retired_at


@pytest.mark.parametrize("model", [Placement, Link])
def test_a_row_deleted_on_its_own_page_is_retired_too(client, paper, model):
    Link.objects.create(paper=paper, kind="blog", url="https://example.org/", source="list")
    row = model.objects.first()
    client.post(url(row, "delete"), {"post": "yes"})
    row.refresh_from_db()
    assert (row.source, bool(row.retired_at)) == ("curator", True)
    name = f"admin:catalog_{model._meta.model_name}_changelist"
    client.post(reverse(name), {"action": "restore", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.retired_at is None


def test_a_catalogues_slug_is_fixed_once_it_is_in_use(client):
    sheet = Sheet(client, url(make_catalogue("field")))
    sheet.data |= {"title": "Another title", "slug": "moved"}
    assert sheet.save(), sheet.errors
    assert Catalogue.objects.get().slug == "field"


def test_a_split_author_is_a_change_of_authorship(client, paper):
    row = paper.authorships.first()
    namesake = Author.objects.create(name="Iz Beltagy")
    sheet = Sheet(client, url(row))
    sheet.data["author"] = str(namesake.pk)
    assert sheet.save(), sheet.errors
    assert Authorship.objects.get(paper=paper, position=1).author == namesake
    assert Identifier.objects.filter(paper=paper).count() == 1
