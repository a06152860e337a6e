"""What the admin says when several people write at the same time."""

from collections.abc import Callable

from django.contrib import messages
from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from psycopg import errors

from catalog.curation import Refused

# What a write ends with that waited too long for another, or whose lock another took.
_GAVE_WAY = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected)


def in_words(
    request: HttpRequest, view: Callable[[], HttpResponse], back: str = ""
) -> HttpResponse:
    """What the view answers; or, when others are writing at the same time, words instead of an error."""
    if request.method != "POST":
        return view()
    try:
        with transaction.atomic():
            return view()
    except Refused as error:
        text = str(error)
    except IntegrityError:
        text = "somebody else changed the same rows meanwhile. Please look and try again."
    except OperationalError as error:
        if not isinstance(error.__cause__, _GAVE_WAY):
            raise
        text = "an import is running. Please try again in a moment."
    messages.error(request, f"Nothing was saved: {text}")
    return HttpResponseRedirect(back or request.get_full_path())
