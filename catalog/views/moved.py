"""Redirects from addresses that topics had before."""

from django.http import HttpRequest, HttpResponsePermanentRedirect, HttpResponseRedirect


def moved_to(
    request: HttpRequest, url: str, *, for_good: bool = True
) -> HttpResponseRedirect | HttpResponsePermanentRedirect:
    """Lead on, with what was asked; browsers ask again each time, since a move can be taken back."""
    query = request.META.get("QUERY_STRING", "")
    mark = "&" if "?" in url else "?"
    kind = HttpResponsePermanentRedirect if for_good else HttpResponseRedirect
    response = kind(f"{url}{mark}{query}" if query else url)
    response["Cache-Control"] = "no-cache"
    return response
