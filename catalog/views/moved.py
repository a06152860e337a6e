"""Redirects from addresses that topics had before."""

from django.http import HttpRequest, HttpResponsePermanentRedirect


def moved_to(request: HttpRequest, url: str) -> HttpResponsePermanentRedirect:
    """Lead on for good, with what was asked; browsers ask again each time, since a move can be taken back."""
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)
    response["Cache-Control"] = "no-cache"
    return response
