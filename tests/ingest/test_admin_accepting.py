"""A curator takes part of a plan, declines part for good, and resolves conflicts; the scheduled import respects it."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog import curation
from catalog.models import Catalogue, Paper, Problem, Run, Topic
from ingest import admin_plan
from ingest.lists.service import import_list
from ingest.models import DeclinedChange, UploadedList
from ingest.tasks import refresh_list
from tests.factories import make_schedule, make_staff
from tests.ingest.lists.test_import import entry

pytestmark = pytest.mark.django_db

BASE = "## 1. Alpha\n" + "".join(entry(f"Alpha paper {n}", n) for n in range(1, 13))
MORE = (
    BASE.replace("Ann Lee.* Arxiv 2024", "Ann Lee, Bo Ng.* ICLR 2025", 1)
    + "## 2. Beta\n"
    + entry("A beta paper", 50)
    + entry("Another one of these", 51)
)
URL = "https://raw.githubusercontent.com/o/r/HEAD/README.md"


@pytest.fixture
def curator(curator: User) -> User:
    import_list(BASE.encode(), "field")
    Catalogue.objects.update(list_url=URL)
    return curator


def show(client, text: str):
    file = SimpleUploadedFile("list.md", text.encode())
    catalogue = Catalogue.objects.get().pk
    url = reverse("admin:catalog_catalogue_import")
    return client.post(url, {"catalogue": catalogue, "file": file}, follow=True)


def parts(page) -> dict[str, str]:
    """The token of each change on the page, by its group, what it is about and its part."""
    summary = page.context["summary"]
    groups = [*summary.changes, summary.declined]
    found = [part for group in groups for row in group.rows for part in row.parts]
    return {
        f"{p.change.kind}: {p.change.about} {p.change.part}".strip(): p.change.token for p in found
    }


def apply(client, page, take=(), **fields):
    shown = page.context["summary"].shown
    data = {"digest": page.context["digest"], "partial": "1", "shown": shown, "take": list(take)}
    data |= fields
    return client.post(page.request["PATH_INFO"], data, follow=True)


def scheduled(monkeypatch, text: str) -> Run:
    monkeypatch.setattr("ingest.tasks.fetch", lambda url, trusted_host: text.encode())
    refresh_list("field")
    return Run.objects.order_by("-pk")[0]


def test_only_what_is_ticked_is_applied_and_the_rest_is_proposed_again(client, curator):
    page = show(client, MORE)
    found = parts(page)
    done = apply(client, page, [found["Changed papers: Alpha paper 1 year"]])
    assert "Imported: 0 new, 1 changed, 0 moved, 0 gone." in done.content.decode()
    paper = Paper.objects.get(title="Alpha paper 1")
    assert (paper.year, str(paper.venue), paper.authorships.count()) == (2025, "arXiv", 1)
    assert not Topic.objects.filter(path="beta").exists()
    again = set(parts(show(client, MORE)))
    assert again == found.keys() - {"Changed papers: Alpha paper 1 year"}


def test_a_paper_brings_the_new_topic_that_it_needs_and_the_page_says_so(client, curator):
    page = show(client, MORE)
    assert "needs “Beta” (new topics)" in page.content.decode()
    done = apply(client, page, [parts(page)["New papers: A beta paper"]])
    assert "Also applied, because what you ticked needs it: “Beta”." in done.content.decode()
    titles = Topic.objects.get(path="beta").placements.values_list("paper__title", flat=True)
    assert list(titles) == ["A beta paper"]


def test_nothing_ticked_is_nothing_done(client, curator):
    page = show(client, MORE)
    done = apply(client, page)
    assert "Nothing of the plan was applied" in done.content.decode()
    assert Paper.objects.count() == 12
    assert Run.objects.count() == 1


def test_what_is_declined_for_good_is_passed_over_by_the_scheduled_import(
    client, curator, monkeypatch
):
    page = show(client, MORE)
    found = parts(page)
    take = [token for name, token in found.items() if "Another one" not in name]
    apply(client, page, take, left="never")
    assert (
        DeclinedChange.objects.get().text
        == "New papers: Another one of these; Beta; Ann Lee, arXiv 2024"
    )
    run = scheduled(monkeypatch, MORE)
    assert (run.status, run.message) == (Run.Status.DONE, "Nothing has changed.")
    assert not Paper.objects.filter(title="Another one of these").exists()
    page = show(client, MORE)
    assert list(parts(page)) == ["New papers: Another one of these"]
    assert "Declined before (1)" in page.content.decode()


def test_a_declined_topic_holds_its_papers_back(client, curator, monkeypatch):
    page = show(client, MORE)
    found = parts(page)
    apply(client, page, [t for name, t in found.items() if "Changed" in name], left="never")
    scheduled(monkeypatch, MORE)
    assert not Topic.objects.filter(path="beta").exists()
    assert Paper.objects.count() == 12


def test_what_was_declined_can_be_taken_after_all_or_proposed_again(client, curator):
    page = show(client, MORE)
    apply(client, page, left="never")
    url = reverse("admin:catalog_catalogue_declined", args=[Catalogue.objects.get().pk])
    text = client.get(url).content.decode()
    assert "New papers: A beta paper" in text
    row = DeclinedChange.objects.get(text__startswith="New papers: A beta paper")
    client.post(url, {"row": [row.pk, "x"]})
    assert not DeclinedChange.objects.filter(pk=row.pk).exists()
    page = show(client, MORE)
    apply(client, page, [parts(page)["New papers: Another one of these"]])
    assert Paper.objects.filter(title="Another one of these").exists()
    assert not DeclinedChange.objects.filter(text__contains="Another one").exists()


def test_what_is_not_shown_is_taken_or_left_with_its_group(client, curator, monkeypatch):
    monkeypatch.setattr(admin_plan, "SHOWN", 1)
    page = show(client, MORE)
    text = page.content.decode()
    assert "And 1 more." in text
    whole = client.get(f"{page.request['PATH_INFO']}?all=paper-new").content.decode()
    assert "Another one of these" in whole
    assert "Another one of these" not in text
    take = [token for name, token in parts(page).items() if "New" in name]
    apply(client, page, take)
    assert not Paper.objects.filter(title="Another one of these").exists()
    page = show(client, MORE)
    apply(client, page, [], rest="paper-new")
    page = show(client, MORE)
    apply(client, page, list(parts(page).values()))
    assert Paper.objects.filter(title="Another one of these").exists()


def ticked(page) -> set[str]:
    summary = page.context["summary"]
    groups = [*summary.changes, summary.declined]
    every = [part for group in groups for row in group.rows for part in row.parts]
    return {part.change.token for part in every if part.taken}


def test_a_plan_that_was_not_applied_is_shown_again_as_it_was_filled_in(
    client, curator, monkeypatch
):
    for number in (1, 2):
        paper = Paper.objects.get(title=f"Alpha paper {number}")
        paper.year = 2019
        curation.save_paper(paper, ["year"], curator)
    page = show(client, MORE.replace("Arxiv 2024", "Arxiv 2025", 1))
    one, other = page.context["summary"].conflicts
    take = [parts(page)["New papers: A beta paper"]]
    filled = {
        f"verdict-{one.field}": "theirs",
        f"verdict-{other.field}": "other",
        f"text-{other.field}": "last year",
        "left": "never",
        "why": "as agreed",
    }
    again = apply(client, page, take, **filled)
    text = again.content.decode()
    assert "“last year” is no year for “Alpha paper 2”." in text
    assert ticked(again) == set(take)
    verdicts = [shown.choice.verdict for shown in again.context["summary"].conflicts]
    assert verdicts == ["theirs", "other"]
    assert 'value="last year"' in text
    assert 'value="as agreed"' in text
    assert '<option value="never" selected>' in text
    Paper.objects.filter(title="Alpha paper 12").update(year=1999)
    changed = apply(client, again, take, **filled)
    assert "What you ticked is ticked still." in changed.content.decode()
    fresh = parts(changed)["Changed papers: Alpha paper 12 year"]
    assert ticked(changed) == {*take, fresh}


def test_a_group_is_shown_whole_with_what_was_ticked_and_within_what_a_form_holds(
    client, curator, monkeypatch
):
    monkeypatch.setattr(admin_plan, "SHOWN", 1)
    page = show(client, MORE)
    cut = {"cut": "paper-new", "_show": "paper-new"}
    first, second = (
        parts(apply(client, page, **cut))[f"New papers: {name}"]
        for name in ("A beta paper", "Another one of these")
    )
    assert ticked(apply(client, page, [first], **cut)) == {first}
    assert ticked(apply(client, page, [], **cut, rest="paper-new")) == {second}
    assert Paper.objects.count() == 12
    monkeypatch.setattr(admin_plan, "BOXES", 2)
    page = apply(client, page, **cut)
    assert len(page.context["summary"].shown.split()) == 2
    assert "than the form has room for" in page.content.decode()


def test_a_refused_scheduled_import_leaves_a_plan_that_a_curator_can_apply(
    client, curator, monkeypatch
):
    half = BASE[: BASE.index("Alpha paper 7")]
    run = scheduled(monkeypatch, half)
    assert run.status == Run.Status.REFUSED
    assert Paper.objects.listed().count() == 12
    page = client.get(reverse("admin:catalog_catalogue_change", args=[run.catalogue_id]))
    left = UploadedList.objects.get()
    plan = reverse("admin:catalog_catalogue_plan", args=[left.pk])
    assert f'href="{plan}"' in page.content.decode()
    page = client.get(plan)
    assert "left by the scheduled import" in page.content.decode()
    apply(client, page, parts(page).values(), force="on")
    assert Paper.objects.listed().count() == 6
    assert not UploadedList.objects.exists()


def test_a_scheduled_import_that_goes_well_takes_an_old_plan_away(client, curator, monkeypatch):
    scheduled(monkeypatch, BASE[: BASE.index("Alpha paper 7")])
    assert UploadedList.objects.exists()
    scheduled(monkeypatch, BASE)
    assert not UploadedList.objects.exists()


def test_a_conflict_is_left_open_by_the_schedule_and_resolved_on_the_page(
    client, curator, monkeypatch
):
    paper = Paper.objects.get(title="Alpha paper 1")
    paper.year = 2019
    curation.save_paper(paper, ["year"], curator)
    run = scheduled(monkeypatch, MORE)
    assert run.status == Run.Status.DONE
    paper.refresh_from_db()
    assert (paper.year, str(paper.venue)) == (2019, "ICLR")
    problems = client.get(reverse("admin:catalog_problem_changelist")).content.decode()
    url = reverse("admin:catalog_catalogue_waiting", args=[run.catalogue_id])
    assert f'href="{url}"' in problems
    page = client.get(url, follow=True)
    (shown,) = page.context["summary"].conflicts
    assert "The list said: 2024" in page.content.decode()
    later = apply(client, page, **{f"verdict-{shown.field}": "later"})
    assert "Conflicts left for later: 1" in later.content.decode()
    page = client.get(url, follow=True)
    bad = apply(client, page, **{f"verdict-{shown.field}": "other", f"text-{shown.field}": "x"})
    assert "“x” is no year" in bad.content.decode()
    apply(client, page, **{f"verdict-{shown.field}": "theirs"})
    paper.refresh_from_db()
    assert paper.year == 2025
    assert not Problem.objects.open().filter(kind="list-conflict").exists()
    assert not UploadedList.objects.exists()
    assert scheduled(monkeypatch, MORE).message == "Nothing has changed."
    page = client.get(url, follow=True)
    assert "No list waits for a decision" in page.content.decode()


def test_the_catalogue_says_when_it_was_imported_and_when_it_will_be(client, curator):
    make_schedule("ingest.tasks.refresh_lists")
    page = client.get(
        reverse("admin:catalog_catalogue_change", args=[Catalogue.objects.get().pk])
    ).content.decode()
    assert "Last import:" in page
    assert "Next scheduled import:" in page


def test_an_editor_of_one_catalogue_reaches_its_lists_only(client, curator):
    import_list(BASE.encode(), "other")
    own, other = Catalogue.objects.order_by("pk")
    scheduled_list = UploadedList.objects.leave("other", "left", MORE.encode())
    client.force_login(make_staff("view_catalogue", "change_catalogue", "add_catalogue", edits=own))
    file = SimpleUploadedFile("list.md", MORE.encode())
    url = reverse("admin:catalog_catalogue_import")
    page = client.post(url, {"catalogue": other.pk, "file": file})
    assert "catalogue" in page.context["form"].errors
    page = client.post(url, {"slug": "mine", "file": SimpleUploadedFile("l.md", MORE.encode())})
    assert "catalogue" in page.context["form"].errors
    for address in (
        reverse("admin:catalog_catalogue_plan", args=[scheduled_list.pk]),
        reverse("admin:catalog_catalogue_declined", args=[other.pk]),
        reverse("admin:catalog_catalogue_waiting", args=[other.pk]),
    ):
        assert client.get(address).status_code == 403, address
    now = reverse("admin:catalog_catalogue_import_now", args=[other.pk])
    Catalogue.objects.update(list_url=URL)
    assert client.post(now).status_code == 403
    assert apply(client, show_own(client, own)).status_code == 200


def show_own(client, catalogue):
    file = SimpleUploadedFile("list.md", MORE.encode())
    url = reverse("admin:catalog_catalogue_import")
    return client.post(url, {"catalogue": catalogue.pk, "file": file}, follow=True)


def test_options_of_an_export_are_remembered_by_those_who_may_change_the_catalogue(client, curator):
    catalogue = Catalogue.objects.get()
    url = reverse("admin:catalog_catalogue_write", args=[catalogue.pk])
    download = reverse("admin:catalog_catalogue_export", args=[catalogue.pk])
    assert "1. [**Alpha" in client.get(download).content.decode()
    client.post(url, {"contents": "on", "news": "on", "section_numbers": "on", "badges": "on"})
    assert "- [**Alpha" in client.get(download).content.decode()
    assert "1. [**Alpha" in client.get(f"{download}?chosen=1&entry_numbers=on").content.decode()
    assert client.get(f"{url}?chosen=1&weeks=99999").status_code == 200
    page = client.post(url, {"weeks": "many"}, follow=True)
    assert "Nothing was kept" in page.content.decode()
    client.force_login(make_staff("view_catalogue"))
    assert client.get(url).status_code == 200
    assert "Remember these options" not in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 403
    archive = reverse("admin:catalog_catalogue_archive", args=[catalogue.pk])
    assert client.get(archive)["Content-Disposition"] == 'attachment; filename="field.zip"'
    client.force_login(make_staff(name="nobody"))
    for address in (url, download, archive):
        assert client.get(address).status_code == 403


def test_a_plan_that_is_open_stays_there_when_the_next_import_leaves_its_list_again():
    first = UploadedList.objects.leave("field", "list", b"one")
    again = UploadedList.objects.leave("field", "list", b"two")
    assert again.pk == first.pk
    assert UploadedList.objects.get().data == b"two"
    assert again.created_at > first.created_at
