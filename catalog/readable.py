"""LaTeX in titles and abstracts, as text that can be read: `$O(n^2)$` becomes O(n²)."""

import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text

# What no XML may hold, nor any text that is printed: control characters but tab and line ends, half characters.
_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONVERTER = LatexNodes2Text(math_mode="text")
_MARKS = ("$", "^", "\\", "--", "``")
_BREAK = re.compile(r"\s*\n\s*")
_DEPTH = 5  # of commands within commands

# Commands that only say how their words look.
_STYLES = r"emph|text(?:bf|it|tt|sc|rm|sf|sl|up|md|normal)?|underline|uline|mbox|smash|math(?:cal|bf|rm|it)?|operatorname"
# \textit\{x\}: Markdown's escapes, which some records went through, as \\(x\\) did.
_ESCAPED_GROUP = re.compile(rf"\\(?:{_STYLES}|url|href|footnote)\\\{{")

# Formulas. In $…$ nothing but the formula tells where it ends, so these patterns have a limit.
_FORMULA = re.compile(
    r"(?<!\\)(\$\$?)([^$]{1,300})\1"
    r"|(?<!\\)\\{1,2}\((.{1,300}?)\\{1,2}\)"
    r"|(?<!\\)\\{1,2}\[(.{1,300}?)\\{1,2}\]"
)
_MOST_BRACES = 40  # that the converter goes down into
_LATEX = re.compile(r"[\\^_{]")
_WORD = re.compile(r"\s[A-Za-z]{2}")
_FUNCTIONS = "log|ln|exp|max|min|sin|cos"
_JOINED_FUNCTION = re.compile(rf"(?<=[\w)}}])\\({_FUNCTIONS})(?![A-Za-z])")
_FUNCTION = re.compile(rf"\\({_FUNCTIONS})\s+")
_STYLED_LETTERS = re.compile(rf"\\(?:{_STYLES})\{{([^{{}}]*)\}}")
_TRANSPOSED = re.compile(r"\^(?:\{\\top\}|\\top(?![A-Za-z]))")
_NO_SIGN = re.compile(r"(?<!\\)([%&])")  # the converter takes these for a comment and a column
_POWER = re.compile(r"\^(?:\{([0-9n+−-]{1,6})\}|(-?[0-9]{1,3}|n\b))")
_LONG_POWER = re.compile(r"\^\{(?![A-Za-z]+\})([^{}\\]{2,40})\}")
_INDEX = re.compile(r"_(?:\{([0-9+−-]{1,6})\}|([0-9]{1,3}))")
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")

# Words. What is between the braces of a command holds no braces: those within it are taken away first.
_STYLED = re.compile(
    rf"\\(?:{_STYLES}|math(?:bb|sf|tt)|boldsymbol|bm|url|path)\*?[ ]?\{{([^{{}}]*)\}}"
)
_COLOURED = re.compile(r"\\textcolor\{[^{}]*\}[ ]?\{([^{}]*)\}")
_SWITCHED = re.compile(
    r"\{\\(?:it|em|bf|tt|sc|sl|rm|sf|itshape|bfseries|ttfamily|scshape)(?![A-Za-z])[ ]?([^{}]*)\}"
)
_CITED = re.compile(r"[ ~]?\\(?:cite[A-Za-z]*|label)\*?(?:\[[^\[\]{}]*\]){0,2}\{[^{}]*\}", re.ASCII)
_FOOTNOTE = re.compile(r"[ ~]?\\(?:footnote|thanks)\{([^{}]*)\}")
_LINK = re.compile(r"\\href\{([^{}]*)\}[ ]?\{([^{}]*)\}")
_SIGNS = {
    "textemdash": "—",
    "textendash": "–",
    "textquotesingle": "'",
    "textasciitilde": "~",
    "textgreater": ">",
    "textless": "<",
    "textregistered": "®",
    "texttrademark": "™",
    "ldots": "…",
    "dots": "…",
    "times": "×",
    "sim": "∼",
    "approx": "≈",
    "pm": "±",
}
_SIGN = re.compile(rf"\\({'|'.join(_SIGNS)})(?![A-Za-z])(?:\{{\}})?")
_ESCAPED = re.compile(r"\\([&%#_${} ])")
_THIN_SPACE = re.compile(r"(?<=\w)\\,(?=\w)")
# \"o, \'{e}, {\"o}, \c{c}, and the letters that have a command of their own: \L{}, \o, {\ss}.
_ACCENTED = re.compile(
    r"""\{?\\(?:["'`^~=.]\s?(?:\{\\?[A-Za-z]\}|\\?[A-Za-z])|[cvHukbdr]\{[A-Za-z]\})\}?"""
)
_OWN_LETTER = re.compile(r"\{?\\(?:[lLoO]|ss|ae|AE|oe|OE|aa|AA)(?![A-Za-z])(?:\{\})?[ ]?\}?")
_QUOTED = re.compile(r"``([^`]{1,300}?)''")
_DASHES = re.compile(r"(?<=\S)(\s+)--(\s+)(?=\S)")
_LONG_DASH = re.compile(r"(?<=\w)---(?=\w)")


def printable(text: str) -> str:
    """Return `text` with a space for each character that cannot be printed."""
    return _UNPRINTED.sub(" ", text)


def readable(text: str) -> str:
    """Return `text` in one line with simple LaTeX set as Unicode; what is not understood stays as it is."""
    if "\n" in text:
        text = _BREAK.sub(" ", text)
    if not any(mark in text for mark in _MARKS):
        return text
    shown = _readable(text)
    return shown if shown.strip() else text


@lru_cache(maxsize=2048)
def _readable(text: str) -> str:
    if _ESCAPED_GROUP.search(text):
        text = text.replace(r"\{", "{").replace(r"\}", "}")
    text = _set_words(_set_formulas(text))
    text = _OWN_LETTER.sub(_letter, _ACCENTED.sub(_letter, text))
    text = _ESCAPED.sub(r"\1", _THIN_SPACE.sub(" ", text))
    text = _LONG_DASH.sub("—", _DASHES.sub(r"\1–\2", text))
    return _raise(_QUOTED.sub(r"“\1”", text))


# Formulas


def _set_formulas(text: str) -> str:
    parts = []
    done = start = 0
    while found := _FORMULA.search(text, start):
        source = found[2] or found[3] or found[4]
        if found[1] and _is_money(source, text[found.end() : found.end() + 1]):
            start = found.start() + 1
            continue
        parts += [text[done : found.start()], _math(source)]
        done = start = found.end()
    return "".join([*parts, text[done:]])


def _is_money(source: str, after: str) -> bool:
    """Whether two dollar signs are not a formula's: "$5 and $10", "$5-$10", "$5 a run, or 3$"."""
    inner = source.strip()
    is_latex = bool(_LATEX.search(source))
    is_edged = source != inner  # by white space
    if not inner or (is_edged and not is_latex):
        return True
    if not inner[0].isdigit() or (is_latex and not is_edged):
        return False
    return after.isdigit() or bool(_WORD.search(inner))


def _math(source: str) -> str:
    if source.count("{") > _MOST_BRACES:
        return source
    plain = _FUNCTION.sub(
        r"\1 ", _JOINED_FUNCTION.sub(r" \1", _STYLED_LETTERS.sub(r"{\1}", source))
    )
    try:
        text = _CONVERTER.latex_to_text(_guard(plain))
    except (
        Exception
    ):  # other people's LaTeX may be no LaTeX: the converter has no error of its own for that
        return source
    return source if "%s" in text else _lower(_raise(text)).strip()


def _guard(source: str) -> str:
    """Keep whole what the converter would take apart: the braces of powers and indices, and what follows a %."""
    source = _TRANSPOSED.sub("ᵀ", _NO_SIGN.sub(r"\\\1", source))
    source = _INDEX.sub(lambda match: (match[1] or match[2]).translate(_LOWERED), _raise(source))
    return _LONG_POWER.sub(r"^(\1)", source)


def _raise(text: str) -> str:
    return _POWER.sub(lambda match: (match[1] or match[2]).translate(_RAISED), text)


def _lower(text: str) -> str:
    return _INDEX.sub(lambda match: (match[1] or match[2]).translate(_LOWERED), text)


# Words


def _set_words(text: str) -> str:
    for _ in range(_DEPTH):
        before = text
        text = _LINK.sub(_link, _COLOURED.sub(r"\1", _CITED.sub("", text)))
        text = _FOOTNOTE.sub(r" (\1)", _SWITCHED.sub(r"\1", _STYLED.sub(r"\1", text)))
        if text == before:
            break
    return _SIGN.sub(lambda match: _SIGNS[match[1]], text)


def _link(match: re.Match[str]) -> str:
    address, words = match[1], match[2]
    return words if words in {address, ""} else f"{words} ({address})"


def _letter(match: re.Match[str]) -> str:
    balanced = match[0].count("{") == match[0].count("}")
    return _CONVERTER.latex_to_text(match[0]) if balanced else match[0]
