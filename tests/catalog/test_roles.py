"""An editor of one catalogue reaches that catalogue, and papers that no other lists."""

import pytest
from django.contrib.auth.models import User

from catalog.models import Editorship
from catalog.roles import catalogues_of, may_edit, may_edit_paper
from tests.factories import make_catalogue, make_paper, make_staff, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_staff(edits=make_catalogue())


def test_whoever_has_no_editorship_reaches_all(editor):
    curator, root = User.objects.create_user("curator"), User.objects.create_superuser("root")
    Editorship.objects.create(user=root, catalogue=make_catalogue())
    other = make_catalogue("vision")
    paper = make_paper(topics=[make_topic("Images", catalogue=other)])
    for user in (curator, root):
        assert set(catalogues_of(user)) == {make_catalogue(), other}
        assert may_edit(user, other)
        assert may_edit(user, None)
        assert may_edit_paper(user, paper)


def test_an_editor_reaches_what_their_catalogue_lists(editor):
    own, other = make_catalogue(), make_catalogue("vision")
    theirs = make_topic("Images", catalogue=other)
    assert list(catalogues_of(editor)) == [own]
    assert may_edit(editor, own)
    assert not may_edit(editor, other)
    assert not may_edit(editor, None)
    assert may_edit_paper(editor, make_paper())
    assert may_edit_paper(editor, make_paper(topics=[make_topic(), theirs]))
    assert may_edit_paper(editor, make_paper(topics=[]))
    assert not may_edit_paper(editor, make_paper(topics=[theirs]))
