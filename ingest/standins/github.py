"""GitHub's two interfaces: `POST /graphql`, and repositories by name and by number over REST."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import graphql
from .messages import Asked, Reply, json_reply
from .world import RepositoryRecord, World

MOST_REPOSITORIES = 100
DOCUMENTATION = "https://docs.github.com/rest"
HOUR = 3600


@dataclass
class Github:
    """Keeps the allowances of one running stand-in: how much of each is used, and until when."""

    used: dict[str, int] = field(default_factory=dict)
    reset: int = field(default_factory=lambda: int(time.time()) + HOUR)

    def answer(self, world: World, asked: Asked) -> Reply:
        if time.time() >= self.reset:
            self.used, self.reset = {}, int(time.time()) + HOUR
        token = asked.headers.get("authorization", "").partition(" ")[2].strip()
        if world.token and token and token != world.token:
            return json_reply(
                {"message": "Bad credentials", "documentation_url": DOCUMENTATION}, 401
            )
        if asked.path == "/graphql":
            return self._graphql(world, asked, token)
        return self._rest(world, asked, token)

    def _headers(self, resource: str, limit: int) -> dict[str, str]:
        used = min(self.used.get(resource, 0), limit)
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(limit - used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-used": str(used),
            "x-ratelimit-resource": resource,
        }

    # REST

    def _rest(self, world: World, asked: Asked, token: str) -> Reply:
        # Those with a token and those without draw on different allowances.
        resource = "core" if token else "core of the address"
        limit = world.token_allowance if token else world.rest_allowance
        if asked.path == "/rate_limit":
            return self._rate_limit(resource, limit, world)
        if self.used.get(resource, 0) >= limit:
            reply = json_reply(
                {
                    "message": "API rate limit exceeded for 127.0.0.1.",
                    "documentation_url": DOCUMENTATION,
                },
                403,
            )
        else:
            reply = _rest_reply(world, asked)
            if reply.status != 304:
                self.used[resource] = self.used.get(resource, 0) + 1
        reply.headers |= self._headers(resource, limit) | {"x-ratelimit-resource": "core"}
        return reply

    def _rate_limit(self, resource: str, limit: int, world: World) -> Reply:
        def one(name: str, limit: int) -> dict[str, int]:
            used = min(self.used.get(name, 0), limit)
            return {"limit": limit, "used": used, "remaining": limit - used, "reset": self.reset}

        core = one(resource, limit)
        points = one("graphql", world.token_allowance)
        return json_reply({"resources": {"core": core, "graphql": points}, "rate": core})

    # GraphQL

    def _graphql(self, world: World, asked: Asked, token: str) -> Reply:
        if not token:
            message = "This endpoint requires you to be authenticated."
            return json_reply({"message": message, "documentation_url": DOCUMENTATION}, 401)
        if asked.method != "POST":
            return json_reply({"message": "Not Found", "documentation_url": DOCUMENTATION}, 404)
        limit = world.token_allowance
        if self.used.get("graphql", 0) >= limit:
            error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded."}
            return json_reply({"errors": [error]}, 200, self._headers("graphql", limit))
        self.used["graphql"] = self.used.get("graphql", 0) + 1
        reply = self._execute(world, asked.body, limit)
        reply.headers |= self._headers("graphql", limit)
        return reply

    def _execute(self, world: World, body: bytes, limit: int) -> Reply:
        try:
            question = json.loads(body)
            text, variables = question["query"], question.get("variables") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return json_reply({"message": "Problems parsing JSON"}, 400)
        try:
            document = graphql.parse(text, variables)
            data, errors = self._root(world, document, limit)
        except graphql.Invalid as error:
            return json_reply({"errors": [{"message": str(error)}]})
        return json_reply({"data": data} | ({"errors": errors} if errors else {}))

    def _root(
        self, world: World, document: graphql.Document, limit: int
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        fields = document.flat(document.fields)
        if sum(item.name == "repository" for item in fields) > MOST_REPOSITORIES:
            raise graphql.Invalid(
                f"This query asks for more than {MOST_REPOSITORIES} repositories, which is too many"
            )
        data: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        for item in fields:
            value: Any
            if item.name == "repository":
                value, error = _repository_node(world, item)
                errors += [error] if error else []
            elif item.name == "rateLimit":
                value = self._rate_limit_node(limit)
            elif item.name == "__typename":
                value = "Query"
            else:
                raise graphql.Invalid(f"Field '{item.name}' doesn't exist on type 'Query'")
            data[item.alias] = graphql.select(document, value, item.fields, item.name)
        return data, errors

    def _rate_limit_node(self, limit: int) -> dict[str, Any]:
        used = self.used.get("graphql", 0)
        return {
            "__typename": "RateLimit",
            "cost": 1,
            "limit": limit,
            "remaining": max(limit - used, 0),
            "used": used,
            "nodeCount": 0,
            "resetAt": _stamp(datetime.fromtimestamp(self.reset, UTC)),
        }


def _repository_node(
    world: World, item: graphql.Field
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """A repository with all its fields, or the error that stands for it."""
    try:
        owner, name = str(item.arguments["owner"]), str(item.arguments["name"])
    except KeyError as error:
        raise graphql.Invalid(
            f"Field 'repository' is missing required arguments: {error.args[0]}"
        ) from error
    found = world.repository(owner, name)
    renamed = found and found.full_name.lower() != f"{owner}/{name}".lower()
    place = {"path": [item.alias], "locations": [{"line": 1, "column": 1}]}
    if (
        found is None
        or found.gone == 404
        or (renamed and item.arguments.get("followRenames") is False)
    ):
        message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        return None, {"type": "NOT_FOUND", "message": message} | place
    if found.gone:
        return None, {"type": "FORBIDDEN", "message": "Repository access blocked"} | place
    return _node(found), None


def _node(record: RepositoryRecord) -> dict[str, Any]:
    licence = _licence(record)
    return {
        "__typename": "Repository",
        "id": f"R_standin{record.id}",
        "databaseId": record.id,
        "nameWithOwner": record.full_name,
        "name": record.name,
        "owner": {"__typename": "Organization", "login": record.owner},
        "stargazerCount": record.stars,
        "forkCount": record.forks,
        "licenseInfo": licence
        and {
            "__typename": "License",
            "key": licence["key"],
            "spdxId": licence["spdx_id"],
            "name": licence["name"],
        },
        "isArchived": record.archived,
        "isDisabled": False,
        "isFork": False,
        "isPrivate": False,
        "description": record.description,
        "homepageUrl": None,
        "repositoryTopics": {
            "__typename": "RepositoryTopicConnection",
            "totalCount": len(record.topics),
            "nodes": [
                {"__typename": "RepositoryTopic", "topic": {"__typename": "Topic", "name": name}}
                for name in record.topics
            ],
        },
        "pushedAt": _stamp(record.pushed_at),
        "defaultBranchRef": {"__typename": "Ref", "name": record.default_branch},
        "url": f"https://github.com/{record.full_name}",
        "object": lambda arguments: _blob(record, str(arguments.get("expression", ""))),
    }


def _blob(record: RepositoryRecord, expression: str) -> dict[str, Any] | None:
    """The file of an expression like "HEAD:README.md"; GitHub minds the case."""
    if record.readme is None or expression != f"HEAD:{record.readme_name}":
        return None
    return {
        "__typename": "Blob",
        "text": record.readme,
        "isBinary": False,
        "isTruncated": False,
        "byteSize": len(record.readme.encode()),
    }


def _rest_reply(world: World, asked: Asked) -> Reply:
    parts = asked.path.strip("/").split("/")
    found: RepositoryRecord | None = None
    of_readme = len(parts) > 2 and parts[0] in {"repos", "repositories"} and parts[-1] == "readme"
    if of_readme:
        del parts[-1]
    below = "/readme" if of_readme else ""
    if asked.method == "GET" and len(parts) == 3 and parts[0] == "repos":
        found = world.repository(parts[1], parts[2])
        renamed = found and found.full_name.lower() != "/".join(parts[1:]).lower()
        if found and renamed and found.gone is None:
            return _moved(f"{asked.url}/github/repositories/{found.id}{below}")
    elif asked.method == "GET" and len(parts) == 2 and parts[0] == "repositories":
        found = world.repositories.get(int(parts[1])) if parts[1].isdecimal() else None
    if found is None or found.gone == 404 or (of_readme and found.readme is None):
        return json_reply(
            {"message": "Not Found", "documentation_url": DOCUMENTATION, "status": "404"}, 404
        )
    if found.gone == 500:
        return json_reply({"message": "Server Error"}, 500)
    if found.gone:
        return _blocked(found)
    reply = json_reply(_readme(found) if of_readme else _resource(found, asked.url))
    etag = f'W/"{hashlib.sha256(reply.body).hexdigest()}"'
    reply.headers |= {"etag": etag, "cache-control": "public, max-age=60, s-maxage=60"}
    if etag.removeprefix("W/") in asked.headers.get("if-none-match", ""):
        return Reply(304, b"", {"etag": etag})
    return reply


def _moved(address: str) -> Reply:
    body = {"message": "Moved Permanently", "url": address, "documentation_url": DOCUMENTATION}
    return json_reply(body, 301, {"location": address})


def _blocked(record: RepositoryRecord) -> Reply:
    block = {
        "reason": "dmca",
        "created_at": _stamp(record.pushed_at),
        "html_url": "https://github.com/github/dmca",
    }
    return json_reply({"message": "Repository access blocked", "block": block}, 451)


def _resource(record: RepositoryRecord, url: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "node_id": f"R_standin{record.id}",
        "name": record.name,
        "full_name": record.full_name,
        "private": False,
        "owner": {"login": record.owner, "type": "Organization"},
        "html_url": f"https://github.com/{record.full_name}",
        "url": f"{url}/github/repos/{record.full_name}",
        "description": record.description,
        "fork": False,
        "pushed_at": _stamp(record.pushed_at),
        "homepage": None,
        "stargazers_count": record.stars,
        "watchers_count": record.stars,
        "forks_count": record.forks,
        "license": _licence(record),
        "archived": record.archived,
        "disabled": False,
        "topics": record.topics,
        "visibility": "public",
        "default_branch": record.default_branch,
    }


def _readme(record: RepositoryRecord) -> dict[str, Any]:
    text = (record.readme or "").encode()
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(text),
        "name": record.readme_name,
        "path": record.readme_name,
        "content": base64.encodebytes(text).decode(),
        "sha": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
    }


def _licence(record: RepositoryRecord) -> dict[str, str] | None:
    if not record.licence:
        return None
    if record.licence == "NOASSERTION":
        return {"key": "other", "spdx_id": "NOASSERTION", "name": "Other"}
    key = record.licence.lower()
    return {"key": key, "spdx_id": record.licence, "name": f"{record.licence} licence"}


def _stamp(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
