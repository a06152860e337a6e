import time

import pytest
from django.contrib.auth.models import User

from config import login_link

pytestmark = pytest.mark.django_db


def test_the_link_makes_an_admin_without_a_password_and_logs_in(client):
    answer = client.get(login_link.login_path())

    assert answer.status_code == 302
    assert client.get(answer.url).status_code == 200
    admin = User.objects.get(is_superuser=True)
    assert not admin.has_usable_password()


def test_the_link_works_once(client, django_user_model):
    path = login_link.login_path()
    client.get(path)
    client.logout()

    assert client.get(path).status_code == 403
    assert "_auth_user_id" not in client.session


def test_the_link_ends_when_somebody_else_makes_an_admin(client):
    path = login_link.login_path()
    User.objects.create_superuser("ada", password="long enough")

    assert client.get(path).status_code == 403
    assert User.objects.count() == 1


def test_the_link_expires(client, monkeypatch):
    path = login_link.login_path()
    an_hour_later = time.time() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: an_hour_later)

    assert client.get(path).status_code == 403
    assert not User.objects.exists()


def test_a_forged_link_is_refused(client):
    path = login_link.login_path()
    forged = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"

    assert client.get(forged).status_code == 403
    assert not User.objects.exists()


def test_there_is_no_link_on_a_server_of_the_network(client, settings):
    path = login_link.login_path()
    settings.DEV = False
    settings.SECURE_SSL_REDIRECT = False

    assert client.get(path).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "origin", [{"REMOTE_ADDR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}]
)
def test_the_link_works_on_this_machine_only(client, origin):
    assert client.get(login_link.login_path(), **origin).status_code == 404
    assert not User.objects.exists()


def test_only_get_logs_in(client):
    assert client.post(login_link.login_path()).status_code == 405
    assert client.head(login_link.login_path()).status_code == 405
    assert not User.objects.exists()
