"""LaTeX in titles and abstracts, as text that can be read: `$O(n^2)$` becomes O(n²)."""

import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

# A dollar sign opens only before a letter and closes only behind one: "$5 and $6" is money.
_MATH = re.compile(r"\$\$?(?!\s)([^$\n]{1,300}?)(?<!\s)\$\$?(?!\d)")
_POWER = re.compile(r"\^(?:\{([0-9n+−-]{1,6})\}|(-?[0-9]{1,3}|n\b))")
_INDEX = re.compile(r"_(?:\{([0-9+−-]{1,6})\}|([0-9]{1,3}))")
_CONVERTER = LatexNodes2Text(math_mode="text")
_FUNCTION = re.compile(r"\\(log|ln|exp|max|min|sin|cos)\s+")
_COMMAND = re.compile(
    r"\\(?:emph|textbf|textit|texttt|textsc|textrm|underline|mathcal|mathbf|mathrm)\{([^{}]*)\}"
)
_ESCAPED = re.compile(r"\\([&%#_$])")
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
# \"o, \'{e}, {\"o}, \c{c}, and the letters that have a command of their own: \L{}, \o, {\ss}.
_ACCENTED = re.compile(
    r"""\{?\\(?:["'`^~=.]\s?(?:\{\\?[A-Za-z]\}|\\?[A-Za-z])|[cvHukbdr]\{[A-Za-z]\})\}?"""
)
_OWN_LETTER = re.compile(r"\{?\\(?:[lLoO]|ss|ae|AE|oe|OE|aa|AA)(?![A-Za-z])(?:\{\})?[ ]?\}?")
_BREAK = re.compile(r"\s*\n\s*")
_DASHES = re.compile(r"(?<=\S)(\s+)--(\s+)(?=\S)")


def readable(text: str) -> str:
    """Return `text` in one line with simple LaTeX set as Unicode; what is not understood stays as it is."""
    if "\n" in text:
        text = _BREAK.sub(" ", text)
    if not any(mark in text for mark in "$^\\") and "--" not in text:
        return text
    return _readable(text) or text


@lru_cache(maxsize=2048)
def _readable(text: str) -> str:
    text = _MATH.sub(lambda match: _math(match[1]), text)
    text = _COMMAND.sub(r"\1", text)
    text = _OWN_LETTER.sub(_letter, _ACCENTED.sub(_letter, text))
    text = _ESCAPED.sub(r"\1", text)
    return _raise(_DASHES.sub(r"\1–\2", text))


def _letter(match: re.Match[str]) -> str:
    balanced = match[0].count("{") == match[0].count("}")
    return _CONVERTER.latex_to_text(match[0]) if balanced else match[0]


def _math(source: str) -> str:
    plain = _FUNCTION.sub(r"\1 ", _COMMAND.sub(r"\1", source))
    try:
        text = _CONVERTER.latex_to_text(_guard(plain))
    except (
        Exception
    ):  # other people's LaTeX may be no LaTeX: the converter has no error of its own for that
        return source
    return source if "%s" in text else _lower(_raise(text)).strip()


def _guard(source: str) -> str:
    """Keep braced powers and indices whole: the converter would drop their braces."""
    source = _POWER.sub(lambda match: (match[1] or match[2]).translate(_RAISED), source)
    return _INDEX.sub(lambda match: (match[1] or match[2]).translate(_LOWERED), source)


def _raise(text: str) -> str:
    return _POWER.sub(lambda match: (match[1] or match[2]).translate(_RAISED), text)


def _lower(text: str) -> str:
    return _INDEX.sub(lambda match: (match[1] or match[2]).translate(_LOWERED), text)
