"""A list is uploaded in the admin, its plan is shown, and exactly that plan is applied."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from catalog.models import Catalogue, Paper, Run, Topic
from ingest import admin_plan
from ingest.lists.service import import_list
from ingest.models import UploadedList
from tests.factories import make_catalogue, make_paper, make_staff

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/catalog/catalogue/import/"
LIST = """# Long context

## News
- **[2024.02.03]**
  - Paper: [Longformer.](https://arxiv.org/abs/2004.05150)

## 1. Sparse Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy.* Arxiv 2020.
2. [**Big Bird.**](https://arxiv.org/abs/2007.14062) *Manzil Zaheer.* NeurIPS 2020.
3. [**&lt;script&gt;alert(1)&lt;/script&gt; tags.**](https://arxiv.org/abs/2007.14063) *A B.* NeurIPS 2020.

## 2. Recurrent Transformers
1. [**Transformer-XL.**](https://arxiv.org/abs/1901.02860) *Zihang Dai.* ACL 2019.
"""


@pytest.fixture
def curator(client) -> User:
    user = make_staff(
        "change_catalogue", "add_catalogue", "view_catalogue", "view_run", name="jane"
    )
    client.force_login(user)
    return user


def upload(client, text: str | bytes = LIST, **fields):
    data = text.encode() if isinstance(text, str) else text
    values = {"slug": "" if "catalogue" in fields else "long-context", **fields}
    return client.post(UPLOAD, {**values, "file": SimpleUploadedFile("list.md", data)}, follow=True)


def apply(client, page, **fields):
    return client.post(
        page.request["PATH_INFO"], {"digest": page.context["digest"], **fields}, follow=True
    )


def test_the_plan_is_shown_before_anything_is_written(client, curator):
    page = upload(client)
    text = page.content.decode()
    assert "New papers: 4" in text
    assert "New topics: 2" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; tags" in text
    assert "<script>alert" not in text
    assert not Paper.objects.exists()
    assert not Catalogue.objects.exists()


def test_applying_makes_the_catalogue_with_its_title_and_a_run(client, curator):
    page = apply(client, upload(client, title="Long contexts"))
    assert "Imported: 4 new, 0 changed, 0 moved, 0 gone." in page.content.decode()
    assert Catalogue.objects.get().title == "Long contexts"
    run = Run.objects.get()
    assert (run.user, run.reason, run.new) == (curator, "upload of list.md", 4)
    assert not UploadedList.objects.exists()


def test_a_changed_fact_is_shown_as_old_and_new(client, curator):
    apply(client, upload(client))
    catalogue = Catalogue.objects.get()
    changed = LIST.replace("NeurIPS 2020", "ICLR 2021", 1).replace("Iz Beltagy", "I. Beltagy")
    text = upload(client, changed, catalogue=catalogue.pk).content.decode()
    assert "year: 2020 → 2021" in text
    assert "venue: NeurIPS → ICLR" in text
    assert "authors: <del>Iz</del><ins>I.</ins> Beltagy" in text


def test_a_moved_and_a_vanished_paper_are_shown_with_their_topics(client, curator):
    apply(client, upload(client))
    head, tail = LIST.split("2. [**Big Bird")
    bird, rest = tail.split("\n", 1)
    moved = f"{head}{rest}2. [**Big Bird{bird}\n".replace("3. [**&lt;", "2. [**&lt;")
    text = upload(client, moved, catalogue=Catalogue.objects.get().pk).content.decode()
    assert "Sparse Attention → Recurrent Transformers" in text


def test_a_list_that_drops_much_is_applied_only_when_that_is_said(client, curator):
    apply(client, upload(client))
    half = LIST[: LIST.index("## 2.")]
    page = upload(client, half, catalogue=Catalogue.objects.get().pk)
    text = page.content.decode()
    assert "This list would drop 1 of 4 entries (25%)" in text
    assert "--force" not in text
    refused = apply(client, page)
    assert "Nothing was changed" in refused.content.decode()
    assert Paper.objects.listed().count() == 4
    apply(client, page, force="on")
    assert Paper.objects.listed().count() == 3


def test_a_plan_is_not_applied_when_the_catalogue_has_changed_since(client, curator):
    page = upload(client)
    import_list(LIST.replace("Zihang Dai", "Someone Else").encode(), "long-context")
    again = apply(client, page)
    text = again.content.decode()
    assert "The catalogue has changed since this plan was shown" in text
    assert "<del>Someone Else</del><ins>Zihang Dai</ins>" in text
    apply(client, again)
    assert Paper.objects.get(title="Transformer-XL").authors.get().name == "Zihang Dai"


def test_a_forged_plan_is_not_applied(client, curator):
    page = upload(client)
    for digest in ("", "0" * 64):
        apply(client, page, digest=digest)
    assert not Paper.objects.exists()


def test_a_list_that_changes_nothing_has_nothing_to_apply(client, curator):
    apply(client, upload(client))
    page = upload(client, catalogue=Catalogue.objects.get().pk)
    text = page.content.decode()
    assert "there is nothing to apply" in text
    assert "Apply this plan" not in text
    assert "Problems" not in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02" * 400, ""),
        ("Münch".encode("latin-1") * 50, "UTF-8"),
        (b"x" * (11 * 1024 * 1024), "The file has 11 MB; a list may have at most 10 MB."),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", ""),
        (b"# Only a heading\n\nAnd some prose.\n", "No entry was found"),
    ],
    ids=["empty", "binary", "latin-1", "large", "web page", "prose"],
)
def test_what_is_no_list_gives_one_clear_line(client, curator, data, words):
    page = upload(client, data)
    errors = page.context["form"].errors["file"]
    assert len(errors) == 1
    assert words in errors[0]
    assert not UploadedList.objects.exists()


def test_a_form_without_a_file_says_so(client, curator):
    page = client.post(UPLOAD, {"slug": "long-context"})
    assert page.context["form"].errors == {"file": ["Choose a Markdown file."]}


def test_a_new_catalogue_needs_a_name_of_its_own(client, curator):
    assert "slug" in upload(client, slug="").context["form"].errors
    make_catalogue("field")
    assert "slug" in upload(client, slug="field").context["form"].errors
    assert "slug" in upload(client, slug="no/slug").context["form"].errors


def test_a_catalogue_without_an_address_cannot_be_fetched(client, curator):
    page = upload(client, catalogue=make_catalogue().pk, fetch="on")
    assert page.context["form"].errors == {"fetch": ["This catalogue has no list address."]}


def test_lists_from_hosts_that_are_not_allowed_are_not_fetched(client, curator):
    catalogue = make_catalogue(list_url="http://169.254.169.254/latest")
    page = upload(client, catalogue=catalogue.pk, fetch="on")
    assert "LIST_HOSTS" in page.context["form"].errors["fetch"][0]


def test_a_plan_belongs_to_whoever_uploaded_it(client, curator):
    path = upload(client).request["PATH_INFO"]
    client.force_login(User.objects.create_superuser("joe"))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_forgotten_uploads_go_after_a_day(client, curator):
    upload(client)
    UploadedList.objects.update(created_at=timezone.now() - timedelta(days=2))
    upload(client)
    assert UploadedList.objects.count() == 1


@pytest.mark.parametrize(
    ("codenames", "new", "status"),
    [
        ([], True, 403),
        (["view_catalogue"], True, 403),
        (["change_catalogue"], True, 403),
        (["change_catalogue"], False, 200),
    ],
)
def test_importing_needs_the_permission(client, codenames, new, status):
    client.force_login(make_staff(*codenames))
    slug, catalogue = ("field", "") if new else ("", make_catalogue().pk)
    assert upload(client, slug=slug, catalogue=catalogue).status_code == status


def test_long_groups_are_cut_and_counted(client, curator, monkeypatch):
    monkeypatch.setattr(admin_plan, "SHOWN", 2)
    assert "And 2 more." in upload(client).content.decode()


def test_the_plan_asks_no_more_for_more_papers(client, curator, django_assert_max_num_queries):
    entries = "\n".join(
        f"{n}. [**Paper {n}.**](https://arxiv.org/abs/2401.{n:05}) *A B{n}.* ICLR 2024."
        for n in range(1, 150)
    )
    text = f"# Field\n\n## 1. Topic\n{entries}\n"
    apply(client, upload(client, text))
    changed = text.replace("ICLR", "ACL").replace("A B", "C D")
    page = upload(client, changed, catalogue=Catalogue.objects.get().pk)
    with django_assert_max_num_queries(30):
        response = client.get(page.request["PATH_INFO"])
    assert "Changed papers: 149" in response.content.decode()


def test_a_catalogue_is_downloaded_as_the_list_it_is(client, curator):
    apply(client, upload(client))
    catalogue = Catalogue.objects.get()
    response = client.get(reverse("admin:catalog_catalogue_export", args=[catalogue.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="long-context.md"'
    outcome = import_list(response.content, "long-context")
    assert outcome.plan.counts()["changed"] == 0
    assert Topic.objects.count() == 2


def test_import_now_sends_the_job(client, curator, monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr("ingest.tasks.refresh_list.delay", sent.append)
    catalogue = make_catalogue(list_url="https://raw.githubusercontent.com/x/y/HEAD/README.md")
    url = reverse("admin:catalog_catalogue_import_now", args=[catalogue.pk])
    assert client.get(url).status_code == 405
    page = client.post(url, follow=True)
    assert sent == ["long-context"]
    assert "what becomes of it stands under Runs" in page.content.decode()


def test_import_now_says_when_the_jobs_cannot_be_reached(client, curator, monkeypatch):
    from kombu.exceptions import OperationalError

    def fail(slug):
        raise OperationalError

    monkeypatch.setattr("ingest.tasks.refresh_list.delay", fail)
    catalogue = make_catalogue(list_url="https://raw.githubusercontent.com/x/y/HEAD/README.md")
    page = client.post(
        reverse("admin:catalog_catalogue_import_now", args=[catalogue.pk]), follow=True
    )
    assert "cannot be reached just now" in page.content.decode()


def test_a_paper_known_from_elsewhere_is_marked_as_such(client, curator):
    make_paper("Longformer", topics=[], arxiv="2004.05150")
    assert "known already, listed here from now on" in upload(client).content.decode()
