"""The fragments that GitHub gives headings: lower case, punctuation dropped, spaces as hyphens, repeats numbered."""

import unicodedata


class Anchors:
    """Gives each heading of one file its anchor, in their order."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def of(self, heading: str) -> str:
        """The anchor of the next heading, whose text is given without markup."""
        base = anchor = slug(heading)
        while anchor in self._used:
            self._used[base] += 1
            anchor = f"{base}-{self._used[base]}"
        self._used[anchor] = 0
        return anchor


def slug(heading: str) -> str:
    """Letters, marks, digits, underscores and hyphens of any script stay; emoji and punctuation go."""
    kept = (char for char in heading.strip().lower() if char in "- " or _is_word(char))
    return "".join(kept).replace(" ", "-")


def _is_word(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LM" or category in ("Nd", "Nl", "Pc")
