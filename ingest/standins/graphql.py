"""As much of GraphQL as questions about repositories need: a parser and an executor of selections."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(
    r'[\s,]+|#[^\n]*|(?P<token>"(?:[^"\\\n]|\\.)*"|\.\.\.|-?\d+(?:\.\d+)?|\w+|[{}()\[\]:$!=@|])'
)


class Invalid(Exception):
    """A query that the server does not begin to answer."""


@dataclass
class Field:
    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: "Selections" = field(default_factory=list)


@dataclass
class Spread:
    """A named fragment, or an inline one with its own fields."""

    name: str = ""
    fields: "Selections" = field(default_factory=list)


Selections = list[Field | Spread]


@dataclass
class Document:
    fields: Selections
    fragments: dict[str, Selections]

    def flat(self, selections: Selections) -> list[Field]:
        """The fields of a selection with its fragments unfolded."""
        found: list[Field] = []
        for item in selections:
            if isinstance(item, Field):
                found.append(item)
            elif item.name and item.name not in self.fragments:
                raise Invalid(f"Fragment {item.name} was used, but not defined")
            else:
                found += self.flat(self.fragments[item.name] if item.name else item.fields)
        return found


def parse(text: str, variables: dict[str, Any]) -> Document:
    return _Parser(text, variables).document()


def select(document: Document, value: Any, selections: Selections, kind: str = "") -> Any:
    """What was asked for of a value; `Invalid` for a field that it has not."""
    if isinstance(value, list):
        return [select(document, item, selections, kind) for item in value]
    if not isinstance(value, dict):
        if selections and value is not None:
            raise Invalid(f"Selections can't be made on scalars (field '{kind}')")
        return value
    if not selections:
        raise Invalid(f"Field '{kind}' must have selections")
    answer = {}
    for item in document.flat(selections):
        if item.name not in value:
            owner = value.get("__typename", kind)
            raise Invalid(f"Field '{item.name}' doesn't exist on type '{owner}'")
        inner = value[item.name]
        if callable(inner):  # what depends on the arguments
            inner = inner(item.arguments)
        inner = _first(inner, item)
        answer[item.alias] = select(document, inner, item.fields, item.name)
    return answer


def _first(value: Any, item: Field) -> Any:
    """As many nodes of a connection as were asked for; it must be asked for a number of them."""
    if not isinstance(value, dict) or "nodes" not in value:
        return value
    if not isinstance(item.arguments.get("first"), int):
        raise Invalid(f"You must provide a `first` value to paginate '{item.name}'")
    return value | {"nodes": value["nodes"][: item.arguments["first"]]}


class _Parser:
    def __init__(self, text: str, variables: dict[str, Any]) -> None:
        self.variables = dict(variables)
        self.tokens: list[str] = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise Invalid(f'Parse error on "{text[at]}"')
            if match["token"]:
                self.tokens.append(match["token"])
            at = match.end()
        self.tokens.reverse()

    def document(self) -> Document:
        document = Document([], {})
        while self.tokens:
            if self._next_is("fragment"):
                self._take()
                name = self._take()
                self._take("on")
                self._take()
                document.fragments[name] = self._selections()
            else:
                self._operation_head()
                document.fields = self._selections()
        return document

    def _operation_head(self) -> None:
        if self._next_is("{"):
            return
        self._take("query")
        if not self._next_is("(") and not self._next_is("{"):
            self._take()
        if self._next_is("("):
            self._take()
            while not self._next_is(")"):
                self._declaration()
            self._take()

    def _declaration(self) -> None:
        self._take("$")
        name = self._take()
        self._take(":")
        while not (self._next_is("$") or self._next_is(")") or self._next_is("=")):
            self._take()
        if self._next_is("="):
            self._take()
            self.variables.setdefault(name, self._value())

    def _selections(self) -> Selections:
        self._take("{")
        found: Selections = []
        while not self._next_is("}"):
            found.append(self._spread() if self._next_is("...") else self._field())
        self._take()
        return found

    def _spread(self) -> Spread:
        self._take("...")
        if self._next_is("{"):
            return Spread(fields=self._selections())
        name = self._take()
        if name != "on":
            return Spread(name)
        self._take()
        return Spread(fields=self._selections())

    def _field(self) -> Field:
        alias = name = self._take()
        if self._next_is(":"):
            self._take()
            name = self._take()
        found = Field(name, alias)
        if self._next_is("("):
            self._take()
            while not self._next_is(")"):
                key = self._take()
                self._take(":")
                found.arguments[key] = self._value()
            self._take()
        if self._next_is("{"):
            found.fields = self._selections()
        return found

    def _value(self) -> Any:
        token = self._take()
        if token == "$":  # noqa: S105
            name = self._take()
            if name not in self.variables:
                raise Invalid(f"Variable ${name} was not provided")
            return self.variables[name]
        if token.startswith('"') or re.fullmatch(r"-?[\d.]+|true|false|null", token):
            return json.loads(token)
        return token

    def _next_is(self, token: str) -> bool:
        return bool(self.tokens) and self.tokens[-1] == token

    def _take(self, expected: str = "") -> str:
        if not self.tokens:
            raise Invalid("Parse error: unexpected end of document")
        token = self.tokens.pop()
        if expected and token != expected:
            raise Invalid(f'Parse error on "{token}": expected "{expected}"')
        return token
