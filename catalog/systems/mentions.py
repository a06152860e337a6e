"""Where a text speaks of a system, and what it says that the paper does with it.

A kind is taken only from words that stand right before the name, or between a verb and a list that the name is in; all else is
a mention.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from catalog.models.graph import RelationKind
from catalog.systems.names import SUFFIXES, TOKEN

_INFLECTED = re.compile(
    rf"(?P<name>.+?)(?:['’]s|-(?:{'|'.join(SUFFIXES)})|-\d+(?:\.\d+)?[BM](?:-[\w.-]+)?|-(?:Instruct|Chat|Base|Large|Small))"
)
_BEFORE = re.compile(r"[\w∞$\\@#.-]$")
_POSSESSIVE = re.compile(r"['’]s?\b")
_NEXT_VERSION = re.compile(
    r"[ -]?(?:I{1,3}V?|IV)\b|[ -]?[vV]?\d{1,2}(?:\.\d+)?(?![\w%×]|[.,]\d|\s?(?:x|times|%|percent|GPU|billion|million|B)\b)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text, from its first letter to the end of it."""

    form: str
    start: int
    end: int


class Forms:
    """Names by their first word, so that a text is read once however many names there are."""

    def __init__(self, forms: Collection[str]) -> None:
        self._by_first: dict[str, list[str]] = {}
        for form in sorted(forms, key=len, reverse=True):
            first = TOKEN.match(form)
            self._by_first.setdefault(first[0] if first else form, []).append(form)

    def find(self, text: str) -> Iterator[Mention]:
        """Yield the names in a text, the longest at each place. "Quest-2" is another thing than "Quest"."""
        words = {word for word in TOKEN.findall(text) if self._begins(word)}
        if not words:
            return
        end = 0
        for token in TOKEN.finditer(text):
            if token.start() < end or token[0] not in words:
                continue
            found = self._at(text, token.start(), token.end(), token[0])
            if found:
                yield found
                end = found.end

    def _begins(self, word: str) -> bool:
        if word in self._by_first:
            return True
        inflected = _INFLECTED.fullmatch(word) if "-" in word else None
        return bool(inflected and inflected["name"] in self._by_first)

    def _at(self, text: str, start: int, end: int, token: str) -> Mention | None:
        if start and _BEFORE.match(text[start - 1]):
            return None
        for form in self._by_first.get(token, ()):
            stop = start + len(form)
            if text.startswith(form, start) and _ends(text, stop):
                return Mention(form, start, stop)
        inflected = _INFLECTED.fullmatch(token)
        if inflected and inflected["name"] in self._by_first.get(inflected["name"], ()):
            return Mention(inflected["name"], start, end)
        return None


def _ends(text: str, stop: int) -> bool:
    """Whether a name ends here, rather than go on as another."""
    rest = text[stop : stop + 12]
    if not rest or _POSSESSIVE.match(rest):
        return True
    if rest[0].isalnum() or rest[0] in "_+∞*" or (rest[0] in "-." and rest[1:2].isalnum()):
        return bool(re.match(rf"-(?:{'|'.join(SUFFIXES)})\b", text[stop : stop + 20]))
    return not _NEXT_VERSION.match(rest)


# What may stand between a verb and the name: other names in a list, an article, an adjective.
_ITEM = r"(?=[\w∞.+*-]*[A-Z0-9∞])[\w∞][\w∞.+*-]*(?:\s(?:[vV]?\d[\w.]*|[A-Z][\w-]*))?(?:\s\([^()]{1,40}\))?"
_LIST = rf"(?:(?:{_ITEM},?\s(?:and\s|or\s|as well as\s|&\s)?(?:the\s)?){{0,5}}?)"
_THE = r"(?:(?:the|both|existing|original|standard|vanilla|popular|recent|prior|previous|recently proposed|well-known|widely used|state-of-the-art|SOTA|strong|powerful|open-source|proposed)\s){0,3}"
_NOT_ON = r"(?:(?!\b(?:on|in|across|at|for|under|using|with|where|while|which|that|when|by|from|over)\b)[^.;:()])"

_EXTENDS = re.compile(
    rf"(?:\b(?:extend|extends|extending|generali[sz]e|generali[sz]es|generali[sz]ing|build on|builds on|building on|build upon|builds upon|building upon|built upon"
    rf"|built on top of|builds on top of|builds? directly on|improves? upon|improving upon)\s{_THE}"
    rf"|\b(?:an?|the) (?:\w+ ){{0,2}}(?:extension|variant|generali[sz]ation|successor|adaptation) (?:of|to) {_THE})$"
)
_EXTENDS_TITLE = re.compile(
    r"\b(?:extending|improving|enhancing|generali[sz]ing|upgrading)\s(?:the\s)?$", re.IGNORECASE
)
_COMPARES = re.compile(
    rf"(?:\b(?:outperform|outperforms|outperforming|outperformed|surpass|surpasses|surpassing|surpassed|exceed|exceeds|exceeding|beats?|beating|over|than|versus|vs\.?|against"
    rf"|compared (?:to|with)|in comparison (?:to|with)|superior to|comparable (?:to|with)|on par with|competitive with|matching|match|matches|rivall?ing|rivals?"
    rf"|relative to|approaching|as well as)\s{_THE}"
    rf"|\b(?:outperform|surpass|exceed|beat)(?:s|es|ing|ed)?\s{_NOT_ON}{{0,60}}?(?:\b(?:such as|including|like|e\.g\.,?|namely)\s){_THE}"
    rf"|\bcompared (?:to|with)\s{_NOT_ON}{{0,60}}?(?:\b(?:such as|including|like|e\.g\.,?|namely)\s){_THE}"
    rf"|\b(?:baselines?|competitors|alternatives) (?:such as|including|like)\s){_LIST}$"
)
_OVER = re.compile(
    r"\b\d+(?:\.\d+)?[x×]|\b(?:speed-?ups?|accelerat\w+|improvements?|gains?|faster|higher|better|lower|smaller|larger|fewer|less|more|reduction|increase|boost|advantage|superiority|comparison|compare|x|×|improv\w+)\b",
    re.IGNORECASE,
)
_ON = re.compile(
    rf"(?<!focus )(?<!focuses )(?<!focused )(?<!focusing )\b(?:on|across)\s(?:both\s|the\s|our\s)?(?:(?:[\w-]+\s){{0,3}}?(?:benchmarks?|datasets?|tasks?|suites?|test sets?|tests?|evaluations?)\s?(?:such as|including|like|:|,|\(|\(e\.g\.,|—|–)\s?)?(?:the\s|\()?{_LIST}$"
)
_MEASURED = re.compile(
    r"\b(?:evaluat\w+|experiment\w*|results?|perform\w*|tested|testing|test|scores?|scoring|accuracy|improv\w+|gains?|achiev\w+|outperform\w*|surpass\w*|state-of-the-art|SOTA|benchmarks?|benchmarked|validat\w+|reduc\w+|increas\w+|attain\w*|obtain\w*|trained|pre-?train\w*|fine-?tun\w+|points)\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"(?:['’]s)?(?: \w+)? (?:benchmarks?|datasets?|suite|test sets?|leaderboard|scores?|performance|tasks?|corpus)\b"
)
_USES = re.compile(
    rf"(?:\b(?:using|use|uses|utili[sz]e|utili[sz]es|utili[sz]ing|employ|employs|employing|leverage|leverages|leveraging|adopt|adopts|adopting|apply|applies|applying"
    rf"|applied to|apply it to|when applied to|incorporate|incorporates|incorporating|incorporated into|integrate[sd]? (?:it )?(?:with|into)|integrating (?:\w+ )?(?:with|into)|combined with|combining|combine[sd]? (?:it )?with|based on|initiali[sz]ed (?:from|with)|fine-?tun(?:e|es|ed|ing)(?: from| on)?"
    rf"|train(?:ed|ing)? (?:on|from|with)|instantiate[sd]? (?:with|on)|implemented (?:in|on)|plugged into|compatible with|equip(?:s|ped|ping)?|deploy(?:ed|ing)? (?:on|in)|training)\s{_THE})$"
)
_EVALUATES = re.compile(
    rf"\b(?:evaluate|evaluates|evaluating|evaluated|assess|assesses|assessing|benchmark|benchmarking|evaluations? of|assessment of|analy[sz]e|analy[sz]es|analy[sz]ing|analysis of|testing)\s{_THE}$"
)
_EVALUATES_LIST = re.compile(
    rf"\b(?:evaluate|evaluates|evaluated|evaluating|evaluation of|assess|assessed|benchmarked|tested)\s{_NOT_ON}{{0,80}}?\b(?:models?|LLMs?|systems|methods|LVLMs|MLLMs|VLMs|assistants)\b{_NOT_ON}{{0,30}}?(?:such as|including|like|\(e\.g\.,?|e\.g\.,?|,|\()\s?{_LIST}$"
)
_DENIED = re.compile(
    r"\b(?:unlike|without|instead of|rather than|not|no|cannot|in contrast to|alternative to|replac\w+)\s(?:\w+\s){0,3}$",
    re.IGNORECASE,
)
_PRIOR = re.compile(
    r"\b(?:existing|prior|previous|other|recent|current|many|most|some|these|they|methods|approaches|works|models|researchers|often|typically|commonly|widely)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:we|our|this (?:paper|work|method|approach|study|framework|model|design)|it)\b",
    re.IGNORECASE,
)


def kind_in_title(title: str, mention: Mention) -> RelationKind:
    """What a title says of a system that it names beside its own."""
    before = title[: mention.start]
    if _EXTENDS_TITLE.search(before):
        return RelationKind.EXTENDS
    if re.search(
        r"\b(?:[Ee]valuating|[Bb]enchmarking|[Aa]ssessing|[Aa]nalyzing|[Aa]nalysing)\s(?:the\s)?$",
        before,
    ):
        return RelationKind.EVALUATES
    if re.search(r"\b(?:[Uu]sing|[Ww]ith|[Vv]ia|[Ll]everaging)\s(?:the\s)?$", before):
        return RelationKind.USES
    return RelationKind.MENTIONS


def kind_in_sentence(sentence: str, mention: Mention, own: Collection[str]) -> RelationKind:
    """What a sentence of an abstract says its paper does with a system; `own` are the names that the paper introduces."""
    before = sentence[: mention.start]
    if _DENIED.search(before):
        return RelationKind.MENTIONS
    is_ours = bool(_OWN.search(before)) or any(name in before for name in own)
    if match := _COMPARES.search(before):
        word = before[match.start() :].split(None, 1)[0].lower()
        if word not in {
            "over",
            "than",
            "against",
            "relative",
            "as",
            "matching",
            "match",
            "matches",
        }:
            return _compared(before, match.start(), is_ours=is_ours)
        if word != "as" and _OVER.search(before[max(0, match.start() - 60) : match.start()]):
            return _compared(before, match.start(), is_ours=is_ours)
    is_ours = is_ours and not _PRIOR.search(_clause(before))
    if is_ours and _EXTENDS.search(before):
        return RelationKind.EXTENDS
    if _MEASURED.search(sentence) and (_ON.search(before) or _MEASURE.match(sentence, mention.end)):
        return RelationKind.USES
    if is_ours and (_EVALUATES.search(before) or _EVALUATES_LIST.search(before)):
        return RelationKind.EVALUATES
    if is_ours and _USES.search(before):
        return RelationKind.USES
    return RelationKind.MENTIONS


def _compared(before: str, start: int, *, is_ours: bool) -> RelationKind:
    """Somebody outperforms a system; of a survey's sentence on others it is only a mention."""
    if not is_ours and _PRIOR.search(before[:start]):
        return RelationKind.MENTIONS
    return RelationKind.COMPARES


def _clause(before: str) -> str:
    return re.split(r"[,;:]", before)[-1]
