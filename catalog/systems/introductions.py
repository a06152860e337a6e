"""Which systems a paper says that it introduces, by its title and abstract."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.systems.names import VERSION, headed, is_distinctive, read_name

_NAME = r"(?:[^\W_][\w∞]*(?:[-.][^\W_]\w*)*[+*]{0,2}|∞[\w-]*)"
_NAMES = rf"(?P<name>{_NAME}(?: {_NAME}){{0,2}}?)"
_MAKE = r"(?:(?:propose|present|introduce|release|create|contribute|unveil|devise|construct|describe|publishe?|offer|develop|design)(?:s|d|ed)?|build|built)"
_WHO = r"(?:\b[Ww]e|\b[Ii]n this (?:paper|work|report|study),?(?: we)?|\b[Tt]his (?:paper|work|report|study|article)|\b[Oo]ur (?:paper|work))"
# What may stand between the verb and a name: "propose a new framework, called …".
_PLAIN = (
    r"(?:an?|the|our|new|novel|simple|first|general|unified|efficient|effective|lightweight|training-free|plug-and-play|powerful|fast|so|named|called|dubbed|termed|i\.e\.,?|namely|"
    r"method|framework|algorithm|approach|model|models|benchmark|dataset|architecture|technique|system|mechanism|strategy|pipeline|module|task)"
)
_AFTER = r"(?=\s*(?:[,;:(—–]|\.(?:\s|$)|$)|\s(?:that|which|to|for|as|with|by|in|an?|and|through|via|on|using|where|whose|at|from|of|--?)\s)"
# "we propose SnapKV, …", "this paper presents a novel framework SnapKV that …"
_MADE = re.compile(
    rf"{_WHO}(?:\s(?!(?:the|an?|our|its|their|of|for|to)\b)[\w-]+){{0,3}}?\s{_MAKE},?\s(?:{_PLAIN},?\s){{0,5}}[“\"'`]*{_NAMES}[”\"'’`]*{_AFTER}"
)
# "we propose a method that …, called SnapKV": somebody makes it in the same sentence.
_MAKES = re.compile(rf"{_WHO}.{{0,60}}?\b{_MAKE}\b")
_CALLED = re.compile(
    rf"(?:,|\b(?:method|framework|algorithm|approach|model|benchmark|dataset|architecture|technique|system|mechanism|strategy|module|corpus|suite|agent|network)) "
    rf"(?:called|named|dubbed|termed|coined|namely|which we (?:call|name|term))\s(?:as\s|the\s)?[“\"'`]*{_NAMES}[”\"'’`]*{_AFTER}"
)
# "we propose Heavy Hitter Oracle (H2O)": the letters of the words between verb and bracket.
_SPELLED = re.compile(
    rf"{_WHO}(?:\s(?!(?:the|an?|our|its|their|of|for|to)\b)[\w-]+){{0,3}}?\s{_MAKE},?\s(?:{_PLAIN},?\s){{0,5}}[“\"'`]*(?P<words>(?!to )[^(),.;:]{{3,90}}?)\s\((?P<name>{_NAME})\)"
)
_BRACKETED = re.compile(rf"\((?:or |i\.e\.,? )?[“\"'`]*(?P<name>{_NAME})[”\"'’`]*\)")
_EMPHATIC = re.compile(r"[”\"'’`]*(?:\)|,? (?:an?|the first|that|which)\b|\s\()")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“(\[]?[A-Z0-9∞])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|resp|approx|Fig|Eq|Sec|No|etc|w\.r\.t)\.|\b[A-Z]\.)$"
)


@dataclass(frozen=True, slots=True)
class Introduction:
    """A name that a paper gives to what it introduces, and where it says so."""

    name: str
    said: str
    in_title: bool
    is_emphatic: bool = (
        False  # "we propose SnapKV, a method …", rather than "we introduce SnapKV to …"
    )


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of an abstract, abbreviations kept whole."""
    kept = ""
    for part in _SENTENCE.split(" ".join(text.split())):
        kept = f"{kept} {part}" if kept else part
        if kept and not _ABBREVIATED.search(kept):
            yield kept
            kept = ""
    if kept:
        yield kept


def introduced(title: str, abstract: str) -> list[Introduction]:
    """Return what a paper introduces, each name once, what its title says first."""
    found: dict[str, Introduction] = {}
    for head in headed(title):
        if name := read_name(head):
            found.setdefault(name, Introduction(name, title, True))
    if "(" in title:
        for name in _of_initials(title):
            found.setdefault(name, Introduction(name, title, True))
    for sentence in sentences(abstract):
        for name in _in_sentence(sentence):
            is_emphatic = bool(_EMPHATIC.match(sentence, sentence.find(name) + len(name)))
            found.setdefault(name, Introduction(name, sentence, False, is_emphatic))
    return list(found.values())


def _in_sentence(sentence: str) -> Iterator[str]:
    makes = _MAKES.search(sentence)
    if not makes:
        return
    for match in _MADE.finditer(sentence):
        yield from _single(match["name"])
    for match in _SPELLED.finditer(sentence):
        if is_distinctive(match["name"]) and abbreviates(match["name"], match["words"]):
            yield match["name"]
    for match in _CALLED.finditer(sentence, makes.end()):
        yield from _single(match["name"])


def _single(text: str) -> Iterator[str]:
    """In running text a name is one word, or one and a version: the next words may be anything."""
    name = read_name(text)
    words = name.split()
    if len(words) == 1 or (len(words) == 2 and VERSION.fullmatch(words[1])):
        yield name


def _of_initials(text: str) -> Iterator[str]:
    for match in _BRACKETED.finditer(text):
        name = match["name"]
        if is_distinctive(name) and abbreviates(name, text[: match.start()]):
            yield name


def abbreviates(name: str, before: str) -> bool:
    """Whether a name takes its capitals from the words right before it, the first of them from the first."""
    capitals = [char.casefold() for char in name if char.isupper() or char.isdigit()]
    if len(capitals) < 2:
        return False
    words = re.findall(r"[^\W_]+", before)[-len(name) - 2 :]
    for length in range(2, len(words) + 1):
        some = words[-length:]
        if some[0][0].casefold() == name[0].casefold() and _in_order(name.casefold(), some):
            return length <= len(name) + 1
    return False


def _in_order(name: str, words: list[str]) -> bool:
    """Whether the letters of a name stand in the words in this order, no word but small ones left out."""
    place = 0
    for word in words:
        folded = word.casefold()
        if place < len(name) and folded[0] == name[place]:
            place += 1
            for char in folded[1:]:
                if place < len(name) and char == name[place] and len(words) < len(name):
                    place += 1
        elif len(folded) > 4:
            return False
    return place >= len(re.sub(r"[^\w]", "", name)) - 1
