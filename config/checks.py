"""What `check --deploy` asks of a server on the network beyond Django's own questions."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def secret_key_is_given(**_: Any) -> list[CheckMessage]:
    """A key kept beside the embedded servers would differ from host to host."""
    if settings.SECRET_KEY_IS_GIVEN:
        return []
    return [Error("SECRET_KEY is not set in the environment.", id="stemma.E001")]


@register(Tags.security, deploy=True)
def is_not_for_development(**_: Any) -> list[CheckMessage]:
    if not settings.DEV:
        return []
    return [Error("STEMMA_DEV is for a machine of one's own only.", id="stemma.E002")]
