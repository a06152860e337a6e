"""A database for a measurement: whatever goes wrong, all is as before."""

import sys

import pytest
from django.db import connection

from catalog.signals import papers_changed
from search.scratch import ScratchRefused, scratch_database

pytestmark = pytest.mark.django_db


def refuse(**_: object) -> None:
    sys.stderr.write("Got an error creating the test database: permission denied\n")
    sys.exit(2)


def break_off(**_: object) -> None:
    raise KeyboardInterrupt("by hand")


@pytest.mark.parametrize(
    ("creating", "error", "message"),
    [(refuse, ScratchRefused, "permission denied"), (break_off, KeyboardInterrupt, "by hand")],
)
def test_all_is_as_before_when_it_cannot_be_created(monkeypatch, creating, error, message, capsys):
    before = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    followers = papers_changed.receivers
    monkeypatch.setattr(connection.creation, "create_test_db", creating)
    with pytest.raises(error, match=message), scratch_database("refused"):
        pass
    assert before == (connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"])
    assert papers_changed.receivers is followers
    assert capsys.readouterr().err == ""  # it is in the error
