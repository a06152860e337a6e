from django.conf import settings
from django.test import Client


def page_client() -> Client:
    """Return a client that asks this process for pages as a proxy does that speaks https, else production would redirect."""
    return Client(
        raise_request_exception=False,
        SERVER_NAME=settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost"),
        HTTP_X_FORWARDED_PROTO="https",
    )
