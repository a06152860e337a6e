"""The first login of a machine of one's own: a link in the terminal instead of a default password.

The link makes the first admin, who has no password, and logs in as that admin. Because it works only
while there is no admin, it works once.
"""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

MAX_AGE_SECONDS = 3600
USERNAME = "admin"

_signer = TimestampSigner(salt="config.login_link")


def admin_exists() -> bool:
    return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()


def login_path() -> str:
    return reverse("first-login", args=[_signer.sign(USERNAME).partition(":")[2]])


@require_GET
@never_cache
def first_login(request: HttpRequest, token: str) -> HttpResponse:
    if not settings.DEV or not _comes_from_this_machine(request):
        raise Http404
    user = _redeem(token)
    if user is None:
        return HttpResponse(
            "This link has been used or is too old.", status=403, content_type="text/plain"
        )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("admin:index")


def _redeem(token: str) -> User | None:
    try:
        username = _signer.unsign(f"{USERNAME}:{token}", max_age=MAX_AGE_SECONDS)
        with transaction.atomic():
            if admin_exists():
                return None
            return get_user_model().objects.create_superuser(username, password=None)
    except (BadSignature, IntegrityError):  # the name is taken: another request was quicker
        return None


def _comes_from_this_machine(request: HttpRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
