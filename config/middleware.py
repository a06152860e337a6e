"""What becomes of addresses that no view can make sense of."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request


class NulIsBadRequest:
    """Answer 400 where a NUL byte in an address reaches the database, as it does in the admin's filters."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        has_nul = "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path
        if has_nul and isinstance(exception, DataError | ValueError):
            return bad_request(request, exception)
        return None
