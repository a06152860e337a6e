"""What nobody should type, yet somebody will: queries of every malformed kind, drawn by chance."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

from django.test import Client
from django.urls import reverse

from search.benchmark.figures import Figure

_WORDS = (
    "attention", "long", "context", "KV", "cache", "LongBench", "RAG", "memory", "长", "上下文", "Dao", "2024", "Σ", "E^2-LLM", "∞Bench",
)  # fmt: skip
_OPERATORS = (
    '"',
    "-",
    "(",
    ")",
    "OR",
    "AND",
    "NOT",
    ":",
    "*",
    "|",
    "&",
    "!",
    "<->",
    "~",
    "^",
    "+",
    "..",
    ">=",
    "\\",
    "“",
    "−",
)
_FIELDS = (
    "title", "abstract", "author", "topic", "venue", "year", "date", "added", "code", "stars", "citations", "catalogue",
    "is", "has", "arxiv", "doi", "sort", "similar", "TITLE", "nonsense",
)  # fmt: skip
_VALUES = (
    "", '"', '""', "(", ")", "-1", "1..", "..1", "9..1", "99999999999999999999", "1e309", "NaN", ">", "<=", "0x1f", "2024-13-45", "0000-00-00",
    "..", "*", "%", "_", "'", "\\", "a:b:c", "true", "null", "1k..2m", "١٢", "２０２４", "2024-02-30..2023",
)  # fmt: skip
_SQL = (
    "'; DROP TABLE catalog_paper; --", "' OR '1'='1", "1; SELECT pg_sleep(9)", "$$; --", "E'\\x00'", "%s %(x)s %%", "{0} {a.b}", "/* */", "||",
    "UNION SELECT NULL,NULL", "\\'; --", "LIKE '%_'", "a' AND similarity('a','b')>0", ":*&!a|(b)", "pg_catalog.pg_class",
)  # fmt: skip
_MARKUP = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "{% debug %}", "${7*7}", "&#0;", "</title>", "javascript:alert(1)",
    "../../etc/passwd", "%00", "%2e%2e%2f", "\r\nSet-Cookie: a=b", "[a](javascript:b)", '{"q": ["', "<!--", "]]>",
)  # fmt: skip
_ADDRESSES = (
    "http://", "https://[", "http://a:99999999/", "https://arxiv.org/abs/", "arXiv:", "arXiv:9999.99999v999999", "10.1/", "doi:10.", "https://doi.org/%",
    "https://github.com/", "https://github.com/a/b/c/d/../..", "ftp://x", "//x", "https://arxiv.org/pdf/2401.00001" + "v1" * 40, "hep-th/0",
)  # fmt: skip
_CONTROL = tuple(map(chr, [*range(32), 127, *range(128, 160)]))
_SURROGATES = ("\ud800", "\udfff", "\udc00\ud800", "\ud83d", "a\udead")
_LEFTWARDS = (
    "\u202e",
    "\u202d",
    "\u2066",
    "\u2069",
    "\u200f",
    "\u061c",
    "שלום",
    "اهتمام",
    "بحث",
    "\ufeff",
)
_EMOJI = ("😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏿", "🇨🇳", "\ufe0f", "\u200d", "1️⃣", "🫠")
_MARKS = (
    "\u0301",
    "\u0336",
    "\u0489",
    "\u20dd",
    "é",
    "ﷺ",
    "ﬁ",
    "Å",
    "ẛ̣",
    "İ",
    "ß",
    "ŉ",
    "㎏",
    "𝔸",
    "ℵ",
    "½",
    "²",
    "\u00ad",
    "\u200b",
    "\u2028",
)

_Chance = random.Random


def _joined(*parts: tuple[str, ...]) -> Callable[[_Chance], str]:
    """Draw from these parts and words, with and without space."""
    every = [one for each in parts for one in each]

    def made(chance: _Chance) -> str:
        drawn = [
            chance.choice(every if chance.random() < 0.7 else _WORDS)
            for _ in range(chance.randint(1, 25))
        ]
        return chance.choice(("", " ")).join(drawn)

    return made


def _long(chance: _Chance) -> str:
    """About 100 KB of one thing."""
    one = chance.choice(
        (
            "a",
            "a ",
            '"a" ',
            "-a ",
            "(",
            ")",
            "a OR ",
            "author:a ",
            "year:1 ",
            "长",
            "😀",
            "\u0301",
            "\x00",
            "'",
            "\\",
            "ﷺ",
            ":",
            '"',
            "-",
            "a-",
        )
    )
    return one * (100_000 // len(one))


def _many(chance: _Chance) -> str:
    """As much of one thing as a query may hold, and more."""
    one = chance.choice(
        (
            "a OR ",
            "(a ",
            "-b ",
            "author:an ",
            "title:a ",
            'title:"a b" ',
            "topic:x OR ",
            "-(a OR b) ",
            "-author:li ",
            "year:>1 ",
            "a-b-c-",
            "venue:a,",
            "sort:date ",
        )
    )
    return one * chance.randint(5, 150) + chance.choice(_WORDS)


def _fields(chance: _Chance) -> str:
    return " ".join(
        f"{chance.choice(('', '-', '(', '-('))}{chance.choice(_FIELDS)}:{chance.choice(_VALUES + _WORDS)}"
        for _ in range(chance.randint(1, 8))
    )


def _any(chance: _Chance) -> str:
    """Any characters of Unicode at all, half ones too."""
    return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randint(1, 80)))


def _misspelt(chance: _Chance) -> str:
    """Words that no paper has, as many as a query holds."""
    letters = "abcdefghijklmnopqrstuvwxyzéøłж"
    return " ".join(
        "".join(chance.choices(letters, k=chance.randint(3, 14)))
        for _ in range(chance.randint(1, 60))
    )


KINDS: dict[str, Callable[[_Chance], str]] = {
    "operators": _joined(_OPERATORS),
    "fields": _fields,
    "SQL": _joined(_SQL),
    "markup": _joined(_MARKUP),
    "addresses": _joined(_ADDRESSES),
    "control characters": _joined(_CONTROL),
    "half characters": _joined(_SURROGATES),
    "right to left": _joined(_LEFTWARDS),
    "emoji": _joined(_EMOJI),
    "marks and forms": _joined(_MARKS),
    "all together": _joined(
        _OPERATORS, _SQL, _MARKUP, _CONTROL, _SURROGATES, _LEFTWARDS, _EMOJI, _MARKS
    ),
    "any characters": _any,
    "unknown words": _misspelt,
    "many of one": _many,
    "100 KB": _long,
}


def malformed(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield so many queries with their kind, every kind in turn; the same ones for a seed."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    kinds = list(KINDS.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        yield kind, make(chance)


def encoded(text: str, chance: _Chance) -> str:
    """Encode a query for an address, as browsers do or in bytes that are no UTF-8 at all."""
    way = chance.random()
    if way < 0.9:
        return quote_plus(text.encode("utf-8", "surrogatepass"))
    return quote(text.encode("utf-16" if way < 0.95 else "latin-1", "replace"))


def asked(part: str, client: Client, count: int) -> Iterator[Figure]:
    """Ask for the page of so many malformed queries, and for its JSON and suggestions now and then; a figure per kind.

    Its note says how often each HTTP status came, and of which query the slowest answer was.
    """
    chance = random.Random(0)  # noqa: S311
    answers: dict[str, list[tuple[float, int, str]]] = {kind: [] for kind in KINDS}
    pages = "search", "search-json", "search", "search-suggest", "search", "search", "search"
    for number, (kind, text) in enumerate(malformed(count)):
        name = pages[number % len(pages)]
        url = f"{reverse(name)}?q={encoded(text, chance)}"
        began = time.perf_counter()
        status = client.get(url).status_code
        answers[kind].append(((time.perf_counter() - began) * 1000, status, text))
    for kind, each in answers.items():
        if each:
            statuses = Counter(status for _, status, _ in each)
            _, _, slowest = max(each)
            said = ", ".join(f"{times} × {status}" for status, times in sorted(statuses.items()))
            note = f"HTTP {said}; slowest: {ascii(slowest)[:60]}"
            yield Figure.of(part, f"malformed, {kind}", [spent for spent, _, _ in each], note=note)
