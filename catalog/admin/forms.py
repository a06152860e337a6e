"""Forms that say in words what the database would refuse."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import BaseInlineFormSet

from catalog.models import Source

# Constraints that a form can break and whose own message names only the constraint.
_WORDS = {
    "paper_year_plausible": "A year lies between 1800 and 2200.",
    "author_orcid_unique": "Another author has this ORCID; if it is the same person, merge the two.",
    "venue_name_unique": "There is a venue of this name, perhaps in other capitals.",
    "repository_unique": "This repository is known already, perhaps in other capitals.",
    "repository_host_id_unique": "Another repository of this host has this numeric id.",
    "relation_between_two_papers": "A paper has no relation to itself.",
    "relation_once_per_source": "This relation is there already.",
    "system_once_per_paper": "This paper introduces a system of this name already.",
    "system_has_name": "A system has a name.",
    "citation_not_of_itself": "A paper does not cite itself.",
    "citation_edge": "This citation is there already.",
    "topic_not_its_own_parent": "A topic cannot lie under itself.",
    "candidate_confidence_is_share": "A confidence lies between 0 and 1.",
}


class KnownSelect(AutocompleteSelect):
    """Shows the row that its form has at hand, where Django would ask for each of three hundred authors again."""

    known: Model | None = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        row = self.known
        if row is None or [str(one) for one in value] != [str(row.pk)]:
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options.append(self.create_option(name, row.pk, str(row), True, len(options)))
        return [(None, options, 0)]


class PlainForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """Checks every constraint of the row, also those on columns that the form does not show."""

    settled_on_saving: frozenset[str] = frozenset()  # constraints that the service sees to

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at_hand = self.instance._state.fields_cache
        for name, field in self.fields.items():
            select = getattr(field.widget, "widget", field.widget)
            if isinstance(select, KnownSelect):
                select.known = at_hand.get(name)

    def _post_clean(self) -> None:
        # Django would skip a constraint as soon as one of its columns is not in the form.
        row: Any = self.instance
        row.validate_constraints = lambda exclude=None: None
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        del row.validate_constraints
        self._check_constraints()

    def _check_constraints(self) -> None:
        row = self.instance
        for constraint in row._meta.constraints:
            if constraint.name in self.settled_on_saving:
                continue
            try:
                constraint.validate(type(row), row, exclude=set(self.errors))
            except ValidationError as error:
                words = _WORDS.get(constraint.name)
                self.add_error(None, ValidationError(words) if words else error)


class SeenForm(PlainForm):
    """Each field brings along what its curator saw, so that a page left open undoes nobody's change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            told = not self.is_bound or self.add_initial_prefix(name) in self.data
            # Django forgets what was seen of a field of several boxes when it shows the form again.
            is_one = not isinstance(field, forms.MultiValueField)
            field.show_hidden_initial = self.instance.pk is not None and told and is_one

    def clean(self) -> dict[str, Any] | None:
        """What was not touched stays as it is by now, whatever it was when the page was shown."""
        cleaned = super().clean()
        for name in set(self.cleaned_data).intersection(self.fields):
            if name in self.changed_data:
                self._check_seen(name)
            elif self.fields[name].show_hidden_initial:
                self.cleaned_data[name] = getattr(self.instance, name)
        return cleaned

    def _check_seen(self, name: str) -> None:
        """Refuse a value that answers another than the field has by now."""
        bound = self[name]
        seen = self.data.get(bound.html_initial_name)
        if seen is None:
            return
        now = bound.field.prepare_value(self.initial.get(name))
        as_seen = _plain(seen) == _plain("" if now is None else str(now))
        if not as_seen and bound.field.has_changed(now, self.data.get(bound.html_name)):
            shown = getattr(self.instance, name)
            text = (
                f"Somebody else has changed this meanwhile, to “{shown or '–'}”. Please look again."
            )
            self.add_error(name, text)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


class CuratorsForm(PlainForm):
    """What a curator enters is the curator's word, and is checked as such."""

    def clean(self) -> dict[str, Any] | None:
        self.instance.source = Source.CURATOR
        return super().clean()


class PlainFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        """The head of a column names a field to the eye only: here it is named to all."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs.setdefault("aria-label", str(field.label or ""))

    def get_unique_error_message(self, unique_check: Any) -> str:
        return "The same row is here twice."
