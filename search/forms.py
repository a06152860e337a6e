from typing import Any

from django import forms

LONGEST_QUERY = 500
_NUL = "The query holds characters that no text has. Type it again."


class SearchForm(forms.Form):
    """What the search field sends. A query that is too long is cut, and `was_cut` says so."""

    q = forms.CharField(
        required=False, strip=True, error_messages={"null_characters_not_allowed": _NUL}
    )
    was_cut = False

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        self.was_cut = len(text) > LONGEST_QUERY
        return text[:LONGEST_QUERY].strip()

    def refusal(self) -> str:
        """Why the query cannot be asked; empty when it can."""
        return " ".join(str(error) for error in self.errors.get("q", ()))

    def text(self) -> str:
        """The query that can be asked; empty when it cannot."""
        value: Any = self.cleaned_data.get("q", "")
        return str(value)
