"""GitHub's GraphQL: up to 100 repositories in one question. It needs a token."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from catalog.models import Source, SourceState
from catalog.models.code import GoneReason
from ingest.cleaning import clean_text
from ingest.http import Answer, SourceBroken, SourceClient
from ingest.http.client import SECONDARY_LIMIT, Wait, retry_after
from ingest.sources.github.record import (
    Failed,
    Found,
    Gone,
    Outcome,
    Wanted,
    parse_node,
)

_FACTS = """
fragment facts on Repository {
  databaseId nameWithOwner stargazerCount forkCount isArchived description pushedAt
  licenseInfo { spdxId }
  defaultBranchRef { name }
  repositoryTopics(first: 20) { nodes { topic { name } } }
}
"""


def fetch(client: SourceClient, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    """Ask about all of these at once and return what came of each."""

    def check(answer: Answer) -> None:
        try:
            outcomes(answer.json(), wanted)
        except SourceBroken:
            raise_if_limited(answer)
            raise

    headers = {"Authorization": f"bearer {client.key}"}
    answer = client.post("/graphql", question(wanted), headers=headers, check=check)
    return outcomes(answer.json(), wanted)


def question(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """Names are other people's text: they travel as variables, never within the question."""
    numbers = range(len(wanted))
    declared = ", ".join(f"$o{n}: String!, $n{n}: String!" for n in numbers)
    asked = "\n".join(
        f"  r{n}: repository(owner: $o{n}, name: $n{n}) {{ ...facts }}" for n in numbers
    )
    variables = {f"o{n}": one.owner for n, one in enumerate(wanted)}
    variables |= {f"n{n}": one.name for n, one in enumerate(wanted)}
    text = (
        f"query stars({declared}) {{\n  rateLimit {{ cost remaining resetAt }}\n{asked}\n}}{_FACTS}"
    )
    return {"query": text, "variables": variables}


def outcomes(answer: Any, wanted: Sequence[Wanted]) -> dict[int, Outcome]:
    """Tell what an answer says of each repository; raise SourceBroken when it says nothing of any. Pure."""
    return {
        pk: one if isinstance(one, Gone | Failed) else _found(one)
        for pk, one in nodes(answer, wanted).items()
    }


def _found(node: Mapping[str, Any]) -> Outcome:
    record = parse_node(node)
    return record if isinstance(record, Failed) else Found(record)


def nodes(answer: Any, wanted: Sequence[Wanted]) -> dict[int, Mapping[str, Any] | Gone | Failed]:
    """Return the node of each repository, or why there is none; raise SourceBroken when there is neither. Pure."""
    if not isinstance(answer, dict):
        raise SourceBroken("GitHub answered with something else than an object")
    errors = _errors(answer)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise SourceBroken(f"GitHub answered without data: {_first_message(errors)}")
    by_alias: dict[str, list[Mapping[str, Any]]] = {}
    for error in errors:
        path = error.get("path")
        if isinstance(path, list) and path and isinstance(path[0], str):
            by_alias.setdefault(path[0], []).append(error)
    aliases = {f"r{number}": one for number, one in enumerate(wanted)}
    if all(data.get(alias) is None and alias not in by_alias for alias in aliases):
        raise SourceBroken(f"GitHub answered with nothing: {_first_message(errors)}")
    return {
        one.pk: _node(data.get(alias), by_alias.get(alias, [])) for alias, one in aliases.items()
    }


def _node(node: object, errors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | Gone | Failed:
    if node is None and len(errors) == 1 and errors[0]["path"][1:] == []:
        return _refusal(errors[0])
    if errors or node is None:  # what is null in it may be so because of the error
        return Failed(f"GitHub did not answer for it: {_first_message(errors)}")
    return node if isinstance(node, dict) else {}


def _refusal(error: Mapping[str, Any]) -> Gone | Failed:
    kind, message = str(error.get("type")), _first_message([error])
    if kind == "NOT_FOUND":
        return Gone(GoneReason.DELETED)
    if kind == "DMCA" or "access blocked" in message.lower() or "dmca" in message.lower():
        return Gone(GoneReason.BLOCKED)
    return Failed(f"GitHub did not answer for it: {message}")


def raise_if_limited(answer: Answer) -> None:
    """GitHub says with status 200 that the allowance is used up, or that we ask too fast. Raises Wait."""
    body = answer.json()
    errors = _errors(body) if isinstance(body, dict) else []
    messages = [str(error.get("message")).lower() for error in errors]
    is_limited = any("rate limit" in message for message in messages)
    if not is_limited and not any(error.get("type") == "RATE_LIMITED" for error in errors):
        return
    seconds = retry_after(answer.headers.get("retry-after", ""))
    if seconds is None and any("secondary rate limit" in message for message in messages):
        seconds = SECONDARY_LIMIT
    if seconds is None:
        now = timezone.now()
        used_up = SourceState.objects.filter(source=Source.GITHUB, allowance_left=0)
        state = used_up.filter(allowance_resets_at__gt=now).first()
        if state is None or state.allowance_resets_at is None:
            return
        seconds = (state.allowance_resets_at - now).total_seconds() + 1
    raise Wait(seconds, "the allowance is used up")


def _errors(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    errors = answer.get("errors")
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []


def _first_message(errors: Sequence[Mapping[str, Any]]) -> str:
    message = errors[0].get("message") if errors else None
    return clean_text(message, 200) or "no reason given"
