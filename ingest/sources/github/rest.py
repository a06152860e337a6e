"""GitHub's REST: one repository a request, 60 requests an hour without a token; what has not changed is free."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from django.utils import timezone

from catalog.models import Source, SourceState
from catalog.models.code import GoneReason
from ingest.http import Answer, SourceBroken, SourceBusy, SourceClient, SourceError, SourceRefused
from ingest.http.client import header_count
from ingest.parts import UsedUp
from ingest.sources.github.record import (
    Failed,
    Found,
    Gone,
    Outcome,
    Unchanged,
    Wanted,
    parse_resource,
)

_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_GONE = {404: GoneReason.DELETED, 451: GoneReason.BLOCKED}
_ETAG = re.compile(r"[\x21-\x7e]{1,200}")
_IN_A_ROW = 2  # repositories whose requests fail, before it is asked whether GitHub fails


def fetch(client: SourceClient, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    """Ask about one after the other until the allowance is used up; those left out were not asked about.

    A repository that cannot be had does not keep the others from being asked about. What was got before GitHub itself
    fails is returned: the next call begins with the failure.
    """
    _raise_if_used_up()
    got: dict[int, Outcome] = {}
    failing: dict[int, Outcome] = {}
    for one in wanted:
        try:
            outcome, left = ask(client, _path(one), one.etag)
        except SourceRefused as error:
            if error.status in {401, 403}:  # that is not about this one
                return _what_there_is(got, error)
            got[one.pk] = Failed(str(error))
        except SourceBusy as error:
            return _what_there_is(got, error)
        except SourceBroken as error:
            failing[one.pk] = Failed(str(error))
            if len(failing) == min(_IN_A_ROW, len(wanted)) and not answers(client):
                return _what_there_is(got, error)
        else:
            got |= {**failing, one.pk: outcome}
            failing = {}
            if left == 0:
                return got
    return got | failing


def answers(client: SourceClient) -> bool:
    """Whether GitHub answers what costs nothing (docs.github.com/rest/rate-limit): then the repositories are at fault."""
    try:
        client.get("/rate_limit", headers=headers_of(client), accept={404}, check=check_object)
    except SourceError:
        return False
    return True


def headers_of(client: SourceClient) -> dict[str, str]:
    return _HEADERS | ({"Authorization": f"bearer {client.key}"} if client.key else {})


def _what_there_is(got: dict[int, Outcome], error: SourceError) -> dict[int, Outcome]:
    if got:
        return got
    _raise_if_used_up()
    raise error


def ask(client: SourceClient, path: str, etag: str = "") -> tuple[Outcome, int | None]:
    """Ask about one repository; return what came of it, and how many requests are left if GitHub said so."""
    headers = headers_of(client)
    if etag:
        headers["If-None-Match"] = etag
    accept = {*_GONE, *([304] if etag else [])}
    try:
        answer = client.get(path, headers=headers, accept=accept, check=check_object)
    except SourceRefused as error:
        # Those that break GitHub's own terms are refused like this, those of the law with 451.
        if error.status == 403 and b"access blocked" in error.body.lower():
            return Gone(GoneReason.BLOCKED), None
        raise
    left = answer.headers.get("x-ratelimit-remaining", "")
    return _outcome(answer, etag), header_count(left)


def by_number(client: SourceClient, number: int) -> Outcome:
    """Ask about the repository of a number, whatever its name is by now."""
    return ask(client, f"/repositories/{number}")[0]


def _path(one: Wanted) -> str:
    return f"/repos/{quote(one.owner, safe='')}/{quote(one.name, safe='')}"


def check_object(answer: Answer) -> None:
    """What says that a repository is gone must be GitHub's own word, not a page of something in between."""
    if answer.status != 304 and not isinstance(answer.json(), dict):
        raise SourceBroken("GitHub answered with something else than an object")
    if answer.status == 200 and not any(answer.json().values()):
        raise SourceBroken("GitHub answered with nothing")


def _outcome(answer: Answer, etag: str) -> Outcome:
    if answer.status == 304:
        return Unchanged(etag)
    if answer.status in _GONE:
        return Gone(_GONE[answer.status])
    record = parse_resource(answer.json())
    if isinstance(record, Failed):
        return record
    return Found(record, etag_of(answer))


def etag_of(answer: Answer) -> str:
    """The tag of an answer; empty when it has none that fits."""
    tag = answer.headers.get("etag", "")
    return tag if _ETAG.fullmatch(tag) else ""


def _raise_if_used_up() -> None:
    state = SourceState.objects.filter(source=Source.GITHUB, allowance_left=0).first()
    if state and state.allowance_resets_at and state.allowance_resets_at > timezone.now():
        raise UsedUp(
            f"GitHub's allowance without a token ({state.allowance or 60} requests an hour) is used up; it resets at "
            f"{state.allowance_resets_at:%H:%M} UTC."
        )
