"""Papers as RIS, as reference managers read it (refman.com/support/risformat_intro.asp)."""

from collections.abc import Iterable, Iterator

from catalog.exports.facts import PaperFacts
from catalog.models import Venue

_TYPES = {
    Venue.Kind.CONFERENCE: "CPAPER",
    Venue.Kind.JOURNAL: "JOUR",
    Venue.Kind.PREPRINT: "UNPB",
    Venue.Kind.OTHER: "GEN",
}


def write_ris(papers: Iterable[PaperFacts], base: str) -> Iterator[str]:
    for number, facts in enumerate(papers):
        yield ("\r\n" if number else "") + ris(facts, base)


def ris(facts: PaperFacts, base: str) -> str:
    """One record; every value is one line, for a line break would begin another tag."""
    kind = _TYPES[Venue.Kind(facts.venue_kind)] if facts.venue_kind else "UNPB"
    issued = facts.issued
    lines = [("TY", kind), ("ID", facts.key), ("TI", facts.title)]
    lines += [("AU", name.inverted) for name in facts.names]
    lines += [("PY", str(issued[0]))] if issued else []
    if len(issued) > 1:
        lines.append(("DA", "/".join([str(issued[0]), *(f"{part:02}" for part in issued[1:])])))
    lines += [("T2", facts.container)] if facts.venue else []
    lines += [("AB", facts.abstract)] if facts.abstract else []
    lines += [("DO", facts.identifier("doi"))] if facts.identifier("doi") else []
    if arxiv := facts.identifier("arxiv"):
        lines += [("AN", f"arXiv:{arxiv}")]
    lines += [("KW", topic) for topic in facts.topics]
    lines += [("N1", facts.note)] if facts.note else []
    urls = [one.url for one in facts.identifiers if one.url.startswith(("https://", "http://"))]
    lines += [("UR", url) for url in urls or [base + facts.path]]
    return "".join(f"{tag}  - {text}\r\n" for tag, text in lines) + "ER  - \r\n"
