"""The forms of readers: few fields, no account, no address of mail."""

import hashlib
import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.identifiers import Ident, clean_url
from catalog.models import Paper, Topic
from catalog.models.proposals import LONGEST_CREDIT
from catalog.proposed import LISTS, facts_of_paper, facts_of_topic, normal
from search.asked_papers import Name, find, may_be_word, name_in, survivors
from search.named import pasted
from search.proposals.guard import NotTaken, check_texts, new_stamp

LONGEST_NOTE = 3000
_AREA = {"title": 2, "authors": 5, "abstract": 9, "identifiers": 2, "repositories": 2, "links": 3, "description": 3, "other": 3}  # fmt: skip
_LONGEST = {"title": 1000, "authors": 60_000, "abstract": 12_000, "venue": 120, "year": 4, "distinction": 100, "identifiers": 4000, "repositories": 4000, "links": 8000, "name": 200, "description": 4000, "other": LONGEST_NOTE, "same_as": 1000}  # fmt: skip


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ReaderForm(forms.Form):
    """What all of them have: a note, where it can be seen, a name to be thanked by; and what programs fall for."""

    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=_area(3),
        label="A note to the curators",
        error_messages={"max_length": f"A note has at most {LONGEST_NOTE:,} characters."},
    )
    credit = forms.CharField(
        required=False,
        max_length=LONGEST_CREDIT,
        label="Your name, if you want to be thanked by it",
        help_text="It is shown once a curator has taken your proposal. Leave it empty to stay unnamed.",
    )
    # People do not see it, and programs fill it in.
    website = forms.CharField(required=False, max_length=1000, label="Leave this empty")
    stamp = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}
        self.initial.setdefault("stamp", new_stamp())

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError("The field that must stay empty was filled in, as programs do. Empty it, and send it again.")  # fmt: skip
        return ""

    def clean_credit(self) -> str:
        name = " ".join(self.cleaned_data["credit"].split())
        if "://" in name or "@" in name or "www." in name.lower():
            raise ValidationError("A name is no address: give the name alone.")
        return name

    def clean_note(self) -> str:
        text: str = self.cleaned_data["note"].replace("\r\n", "\n").strip()
        try:
            check_texts(text)
        except NotTaken as error:
            raise ValidationError(str(error)) from error
        return text


class SeenForm(ReaderForm):
    """A form about what is here already."""

    seen_at = forms.CharField(
        required=False,
        max_length=1000,
        label="Where it can be seen",
        help_text="A web address that shows it, if there is one.",
    )

    def clean_seen_at(self) -> str:
        text = self.cleaned_data["seen_at"].strip()
        if not text:
            return ""
        url = clean_url(text if "://" in text else f"https://{text}")
        if not url or "." not in url or " " in url:
            raise ValidationError("That is no web address. Say in the note where it can be seen.")
        return url


class SuggestForm(ReaderForm):
    """A paper that is missing."""

    what = forms.CharField(
        max_length=1000,
        label="Which paper",
        help_text="An arXiv id, a DOI, the address of its page, or its title.",
        error_messages={
            "required": "Say which paper: an arXiv id, a DOI, the address of its page, or its title.",
            "max_length": "That is too long for an identifier or a title: put the rest into the note.",
        },
    )
    topic = forms.ChoiceField(required=False, label="Topic, if you know where it belongs")
    field_order = ["what", "topic", "note", "credit", "website", "stamp"]

    def __init__(self, *args: Any, topics: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["topic"]
        field.choices = topics

    def clean_what(self) -> str:
        text = " ".join(self.cleaned_data["what"].split())
        if sum(char.isalnum() for char in text) < 3:
            raise ValidationError("Say which paper: an arXiv id, a DOI, the address of its page, or its title.")  # fmt: skip
        try:
            check_texts(text)
        except NotTaken as error:
            raise ValidationError(str(error)) from error
        return text

    def name(self) -> Name | None:
        """The identifier, address or repository that was named, if it was one."""
        text: str = self.cleaned_data["what"]
        name = name_in(text)
        is_word = name is not None and may_be_word(name) and ":" not in text
        return None if is_word and not isinstance(name, Ident) else name


class FactsForm(SeenForm):
    """Facts as they stand, of which readers change what is wrong. `seen` tells whether they still stand so when it is sent."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    facts: dict[str, str]

    def _add_facts(self, labels: dict[str, str]) -> None:
        for name, value in self.facts.items():
            widget: Any = _area(_AREA[name]) if name in _AREA else forms.TextInput()
            help_text = "One a line." if name in LISTS else ""
            self.fields[name] = forms.CharField(
                required=False,
                strip=True,
                max_length=_LONGEST[name],
                label=labels[name],
                widget=widget,
                help_text=help_text,
            )
            self.initial.setdefault(name, value)
        self.initial["seen"] = digest(self.facts)

    @property
    def has_changed_meanwhile(self) -> bool:
        return bool(self.data.get("seen", "") != digest(self.facts))

    def changes(self) -> tuple[dict[str, str], dict[str, str]]:
        """The fields that the reader changed, as they were and as they would be."""
        before, after = {}, {}
        for name, old in self.facts.items():
            new = normal(name, self.cleaned_data.get(name, ""))
            if new != normal(name, old):
                before[name], after[name] = normal(name, old), new
        return before, after

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("title", "name"):
            if name in self.facts and name not in self.errors and not data.get(name, "").strip():
                self.add_error(name, "It needs one; say in the note if this is to go altogether.")
        return data


def digest(facts: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class FixPaperForm(FactsForm):
    """A paper's facts, and what is wrong with them."""

    def __init__(self, *args: Any, paper: Paper, topics: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from catalog.proposed import LABELS

        self.paper = paper
        self.facts = facts_of_paper(paper)
        self._add_facts(LABELS)
        self.fields["year"].widget.attrs["inputmode"] = "numeric"
        self.fields["topic"] = forms.ChoiceField(
            required=False, choices=topics, label="It belongs under"
        )
        self.fields["instead"] = forms.BooleanField(
            required=False, label="instead of where it is now"
        )
        self.fields["same_as"] = forms.CharField(
            required=False,
            max_length=_LONGEST["same_as"],
            label="It is the same work as",
            help_text="The address of the other paper’s page here, or one of its identifiers.",
        )
        self.fields["other"] = forms.CharField(
            required=False,
            max_length=_LONGEST["other"],
            widget=_area(3),
            label="Something else is wrong",
        )
        self.order_fields([*self.facts, "topic", "instead", "same_as", "other", "seen_at", "note", "credit", "website", "stamp", "seen"])  # fmt: skip

    def clean_year(self) -> str:
        text: str = self.cleaned_data["year"].strip()
        if text and not (text.isascii() and text.isdigit() and 1800 <= int(text) <= 2200):
            raise ValidationError("A year lies between 1800 and 2200.")
        return text

    def clean_same_as(self) -> str:
        """The number of the other paper here."""
        text = self.cleaned_data["same_as"].strip()
        if not text:
            return ""
        name = name_in(pasted(text) or text)
        keys = find([name]).get(name, []) if name is not None else []
        other = next(iter(survivors(keys[:1]).values()), None)
        if other is None:
            raise ValidationError("No paper here is known by that. Give the address of its page here.")  # fmt: skip
        if other.pk == self.paper.pk:
            raise ValidationError("That is this paper itself.")
        return str(other.pk)

    def clean_other(self) -> str:
        text: str = self.cleaned_data["other"].strip()
        try:
            check_texts(text)
        except NotTaken as error:
            raise ValidationError(str(error)) from error
        return text

    def changes(self) -> tuple[dict[str, str], dict[str, str]]:
        before, after = super().changes()
        if topic := self.cleaned_data.get("topic"):
            after["topic"] = f"={topic}" if self.cleaned_data.get("instead") else topic
        for name in ("same_as", "other"):
            if value := self.cleaned_data.get(name):
                after[name] = value
        return before, after


class FixTopicForm(FactsForm):
    """A topic's name and description."""

    def __init__(self, *args: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from catalog.proposed import LABELS

        self.facts = facts_of_topic(topic)
        self._add_facts(LABELS)
        self.fields["other"] = forms.CharField(
            required=False,
            max_length=_LONGEST["other"],
            widget=_area(3),
            label="Something else is wrong",
            help_text="Papers that are missing here, or do not belong here.",
        )
        self.order_fields([*self.facts, "other", "seen_at", "note", "credit", "website", "stamp", "seen"])  # fmt: skip

    def changes(self) -> tuple[dict[str, str], dict[str, str]]:
        before, after = super().changes()
        if other := self.cleaned_data.get("other"):
            after["other"] = other.strip()
        return before, after
