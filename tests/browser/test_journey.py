"""A reader goes from a survey to what is new this month by links alone, without a query and without going back."""

from datetime import date

from django.urls import reverse
from playwright.sync_api import Page, expect

from catalog.models import Citation, Relation
from tests.factories import make_paper, make_topic


def test_from_a_survey_to_what_is_new_in_its_field(live_server, page: Page, transactional_db):
    field, surveys = make_topic("Memory"), make_topic("Survey Papers")
    survey = make_paper("A Survey of Memory", topics=[surveys], year=2024)
    method = make_paper("MemLM: Remembering", topics=[field], published_on=date(2023, 5, 1), published_precision="month")  # fmt: skip
    later = make_paper("MemLM+: Remembering More", authors=["Ada Lovelace"], topics=[field], repository="lab/memlm-plus", year=2024)  # fmt: skip
    newest = make_paper("Forgetting", authors=["Ada Lovelace"], topics=[field], repository="lab/memlm-plus", published_on=date(2025, 2, 3), published_precision="day")  # fmt: skip
    Citation.objects.create(citing=survey, cited=method, source="openalex")
    Relation.objects.create(subject=later, object=method, kind="extends", source="curator")

    page.goto(live_server.url)
    page.get_by_role("link", name="Survey Papers").first.click()
    page.get_by_role("link", name="A Survey of Memory").click()
    page.get_by_role("region", name="Builds on").get_by_role(
        "link", name="MemLM: Remembering"
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(method.title)
    page.get_by_role("region", name="Relations").get_by_role("link", name=later.title).click()
    page.get_by_role("link", name="lab/memlm-plus", exact=True).click()
    expect(page).to_have_url(
        live_server.url + reverse("repository-detail", args=["github.com", "lab", "memlm-plus"])
    )
    page.get_by_role("navigation", name="Authors").get_by_role("link", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Lovelace")
    page.get_by_role("link", name="Memory", exact=True).first.click()
    page.get_by_title("All of that month").click()
    expect(page.get_by_role("region", name="Papers", exact=True).get_by_role("link", name=newest.title)).to_be_visible()  # fmt: skip
    expect(page.locator(".paper-row")).to_have_count(1)
