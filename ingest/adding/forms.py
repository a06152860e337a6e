"""The form of a paper that is about to be added, filled in from its draft."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.folding import fold, one_line
from catalog.identifiers import (
    Ident,
    RepositoryName,
    clean_url,
    parse_identifier,
    parse_repository,
)
from catalog.models import Catalogue, Link, Paper, Topic
from catalog.roles import catalogues_of
from ingest.adding.facts import Facts
from ingest.adding.reading import LONGEST, MOST
from ingest.adding.standing import parsed
from ingest.models import Draft
from search.topic_suggestions import UNLIKELY

_MOST_LINES = 2000
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_WEB = URLValidator(schemes=["http", "https"])


class PasteForm(forms.Form):
    """The box: an identifier, an address, BibTeX, a title, or hundreds of them."""

    what = forms.CharField(
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        label="What to add",
        help_text=(
            "An arXiv id, a DOI, an address in any form, BibTeX, or a title. "
            f"Several, one a line or as a BibTeX file, make a table: at most {MOST}."
        ),
        error_messages={
            "required": "Type or paste what to add.",
            "max_length": "That is longer than a million characters: add it in parts.",
        },
    )
    catalogue = forms.ModelChoiceField(Catalogue.objects.all(), required=False, empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["catalogue"]
        field.queryset = catalogues_of(user)
        if field.queryset.count() < 2:
            field.widget = forms.HiddenInput()

    def clean_what(self) -> str:
        text: str = self.cleaned_data["what"]
        if not text.strip():
            raise ValidationError("Type or paste what to add.")
        return text


def topics_of(user: Any) -> list[Topic]:
    """The topics that a curator may list papers under, in the order of the tree."""
    topics = Topic.objects.current().filter(catalogue__in=catalogues_of(user))
    rows = list(
        topics.select_related("catalogue", "parent").order_by("catalogue", "position", "pk")
    )
    below: dict[int | None, list[Topic]] = {}
    keys = {row.pk for row in rows}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in keys else None, []).append(row)
    ordered: list[Topic] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        topic = waiting.pop()
        ordered.append(topic)
        waiting += reversed(below.get(topic.pk, []))
    return ordered


def topic_choices(topics: Sequence[Topic], empty: str) -> list[Any]:
    """Choices of a select; with several catalogues each has its group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for topic in topics:
        label = "\u2003" * topic.depth + topic.name
        groups.setdefault(str(topic.catalogue), []).append((str(topic.pk), label))
    first: list[Any] = [("", empty)]
    if len(groups) == 1:
        return first + next(iter(groups.values()))
    return first + list(groups.items())


def topic_labels(topics: Sequence[Topic]) -> dict[str, Topic]:
    """Topics by a label that each has alone: its name below that of the topic above it, with more where that is not enough."""
    short = Counter(topic.label for topic in topics)
    catalogues = len({topic.catalogue_id for topic in topics})
    labels = {}
    for topic in topics:
        label = topic.label if short[topic.label] == 1 else f"{topic.label} ({topic.path})"
        labels[f"{topic.catalogue}: {label}" if catalogues > 1 else label] = topic
    return labels


def topics_by_name(topics: Sequence[Topic], catalogue: Catalogue | None) -> dict[str, Topic]:
    """Topics by what a person may write for them, folded: their labels, and shorter names that only one of a catalogue has."""
    own = [topic for topic in topics if topic.catalogue == catalogue] if catalogue else []
    names = Counter(fold(topic.name) for topic in own)
    short = {fold(topic.name): topic for topic in own if names[fold(topic.name)] == 1}
    labels = topic_labels(own) | topic_labels(topics)
    return short | {fold(label): topic for label, topic in labels.items()}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()[:_MOST_LINES] if line.strip()]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})


class DraftForm(forms.Form):
    """One paper: all of it on one page, saved at once."""

    topic = forms.ChoiceField(
        label="Primary topic", error_messages={"required": "Choose a topic to list it under."}
    )
    also = forms.MultipleChoiceField(
        required=False, label="Also under", widget=forms.CheckboxSelectMultiple
    )
    another = forms.ChoiceField(
        required=False, label="And under", widget=forms.Select(attrs={"aria-label": "And under"})
    )
    title = forms.CharField(
        max_length=2000,
        widget=_area(2),
        error_messages={"required": "A paper has a title."},
    )
    authors = forms.CharField(
        required=False, max_length=200_000, widget=_area(4), help_text="One a line, in order."
    )
    abstract = forms.CharField(required=False, max_length=20_000, widget=_area(8))
    published = forms.CharField(
        required=False,
        max_length=10,
        label="Date",
        help_text="2024-03-05, or no more than is known: 2024-03, 2024.",
    )
    venue = forms.CharField(
        required=False, max_length=120, widget=forms.TextInput(attrs={"list": "venues"})
    )
    year = forms.IntegerField(
        required=False,
        min_value=1800,
        max_value=2200,
        error_messages={
            "min_value": "A year lies between 1800 and 2200.",
            "max_value": "A year lies between 1800 and 2200.",
        },
    )
    distinction = forms.CharField(
        required=False, max_length=100, help_text="Oral, Spotlight, Best Paper Award …"
    )
    identifiers = forms.CharField(
        required=False, max_length=20_000, widget=_area(2), help_text="One a line, in any form."
    )
    repositories = forms.CharField(
        required=False, max_length=20_000, widget=_area(2), label="Code", help_text="One a line."
    )
    links = forms.CharField(
        required=False,
        max_length=20_000,
        widget=_area(2),
        label="Other links",
        help_text="One a line; a word before an address says what it is: "
        + ", ".join(kind for kind, _ in Link.Kind.choices)
        + ".",
    )

    def __init__(self, *args: Any, draft: Draft, topics: Sequence[Topic], **kwargs: Any) -> None:
        self.draft = draft
        self.topics = {str(topic.pk): topic for topic in topics}
        self.suggested = [
            (self.topics[str(row["topic"])], row)
            for row in draft.suggested
            if str(row["topic"]) in self.topics
        ]
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["topic"].choices = topic_choices(topics, "choose one")
        fields["another"].choices = topic_choices(topics, "no other")
        others = [] if self.fits_none else self.suggested[1:]
        fields["also"].choices = [(str(topic.pk), topic.label) for topic, _ in others]

    def _initial(self) -> dict[str, Any]:
        initial = initial_of(self.draft.facts, self.draft.title)
        initial["title"] = initial["title"] or bare_id(self.draft)
        if self.suggested and not self.fits_none:
            initial["topic"] = str(self.suggested[0][0].pk)
        if self.draft.proposal and self.draft.proposal.topic_id:
            initial["topic"] = str(self.draft.proposal.topic_id)
        return initial

    @property
    def fits_none(self) -> bool:
        """Whether topics were suggested of which none is likely."""
        return bool(self.suggested) and self.suggested[0][1]["confidence"] < UNLIKELY

    def clean_title(self) -> str:
        title = one_line(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError("Give it a title.")
        return title

    def clean_authors(self) -> list[str]:
        names = (one_line(line)[:200] for line in _lines(self.cleaned_data["authors"]))
        return [name for name in names if name]

    def clean_abstract(self) -> str:
        text: str = self.cleaned_data["abstract"]
        return text.replace("\r\n", "\n").strip()

    def clean_published(self) -> tuple[date, str] | None:
        text = self.cleaned_data["published"].strip()
        if not text:
            return None
        found = read_day(text)
        if found is None:
            raise ValidationError("Write a date as 2024-03-05, 2024-03 or 2024.")
        return found

    def clean_identifiers(self) -> list[Ident]:
        return list(dict.fromkeys(_identifier(line) for line in _lines(self.cleaned_data["identifiers"])))  # fmt: skip

    def clean_repositories(self) -> list[RepositoryName]:
        names: dict[Any, RepositoryName] = {}
        for line in _lines(self.cleaned_data["repositories"]):
            name = parse_repository(line)
            if name is None:
                raise ValidationError(
                    f"“{line[:80]}” is no repository: write it as github.com/owner/name. "
                    "Other pages belong under the links."
                )
            names.setdefault(name.key, name)
        return list(names.values())

    def clean_links(self) -> list[tuple[str, str]]:
        return [_link(line) for line in _lines(self.cleaned_data["links"])]

    def chosen_topics(self) -> list[Topic]:
        data = self.cleaned_data
        keys = [data["topic"], *data["also"], data["another"]]
        return [self.topics[key] for key in dict.fromkeys(keys) if key]


def bare_id(draft: Draft) -> str:
    """What a paper is called until arXiv says its title; empty when arXiv will not be asked."""
    rows = draft.facts.get("identifiers", {}).get("value", [])
    return next((row["key"][6:] for row in rows if row["key"].startswith("arxiv:")), "")


def initial_of(facts: Facts, title: str = "") -> dict[str, Any]:
    """The values of the form's fields as a draft has them."""

    def value(name: str) -> Any:
        return facts.get(name, {}).get("value", "")

    rows = facts.get("identifiers", {}).get("value", [])
    return {
        "title": " ".join(str(value("title") or title).split()),
        "authors": "\n".join(value("authors") or []),
        "abstract": str(value("abstract")).strip(),
        "published": _shown_day(str(value("published_on")), str(value("published_precision"))),
        "venue": value("venue"),
        "year": value("year") or None,
        "distinction": value("distinction"),
        "identifiers": "\n".join(_shown(row["key"]) for row in rows),
        "repositories": "\n".join(
            row["key"] for row in facts.get("repositories", {}).get("value", [])
        ),
        "links": "",
    }


def _shown(key: str) -> str:
    ident = parsed(key)
    if ident is None:
        return key
    return ident.value if ident.scheme == "url" else f"{ident.scheme}:{ident.value}"


def _shown_day(day: str, precision: str) -> str:
    lengths = {Paper.Precision.YEAR: 4, Paper.Precision.MONTH: 7}
    return day[: lengths.get(Paper.Precision(precision), 10)] if precision else day


def read_day(text: str) -> tuple[date, str] | None:
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    precision = Paper.Precision.DAY if day else Paper.Precision.MONTH if month else Paper.Precision.YEAR  # fmt: skip
    try:
        found = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return (found, precision.value) if 1800 <= found.year <= 2200 else None


def _identifier(line: str) -> Ident:
    ident = parse_identifier(line)
    if ident is None:
        raise ValidationError(f"“{line[:80]}” is no identifier and no address.")
    if ident.scheme == "url":
        check_web(ident.value)
    return Ident(ident.scheme, ident.value)


def _link(line: str) -> tuple[str, str]:
    kind, _, rest = line.partition(" ")
    kinds = {name.lower() for name, _ in Link.Kind.choices}
    if kind.lower().rstrip(":") in kinds:
        return kind.lower().rstrip(":"), check_web(rest.strip())
    return Link.Kind.OTHER.value, check_web(line)


def check_web(text: str) -> str:
    """An address of the web, or words about why it is none."""
    url = text if re.match(r"https?://", text, re.IGNORECASE) else f"https://{text}"
    cleaned = clean_url(url)
    try:
        _WEB(cleaned)
    except ValidationError as error:
        raise ValidationError(f"“{text[:80]}” is no address of a web page.") from error
    if len(cleaned) > 1000:
        raise ValidationError("An address has at most 1,000 characters.")
    return cleaned
