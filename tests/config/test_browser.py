"""The browser of the tests notices what a reader would not see and a page must not do."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(page):
    page.goto(reverse("home"))
    return page


def test_a_sound_page_has_no_faults(home, page_faults):
    assert page_faults == []


@pytest.mark.parametrize(
    ("script", "noted"),
    [
        ("() => console.error('lost')", "error: lost"),
        ("() => setTimeout(() => { throw new Error('broken'); })", "broken"),
        ("() => { document.body.appendChild(new Image()).src = '/nowhere.png'; }", "404"),
        (
            "() => { document.body.appendChild(new Image()).src = 'http://127.0.0.1:9/'; }",
            "Content-Security-Policy: img-src refuses http://127.0.0.1:9",
        ),
        (
            "() => { const s = document.createElement('script'); s.textContent = '1';"
            " document.body.append(s); }",
            "Content-Security-Policy: script-src-elem refuses inline",
        ),
    ],
)
def test_a_fault_is_noted(home, page_faults, script, noted):
    home.evaluate(script)
    home.wait_for_timeout(300)
    found = "\n".join(page_faults)
    page_faults.clear()
    assert noted in found
