"""How likely two papers are one work, with the reasons in words. Pure, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog.duplicates.people import MOST_COMPARED, can_be_one, shared_people
from catalog.duplicates.titles import Likeness

LEAST = 0.5  # below it a pair is not shown
_SCHEMES = {"arxiv": "arXiv", "doi": "DOI", "openreview": "OpenReview", "acl": "ACL Anthology"}
_NEAR_ABSTRACT = 0.6
_FAR_ABSTRACT = 0.35


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a paper tells whether it is another one."""

    pk: int
    authors: Sequence[str] = ()
    year: int | None = None
    venue: str = ""  # as shown, "ICLR 2024"
    is_preprint: bool = False
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by scheme


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of a pair besides its facts."""

    title: Likeness | None = None
    abstract: float | None = None  # how alike, from 0 to 1; None where one has none
    said: tuple[str, ...] = ()  # sources or links that have them as one


@dataclass(frozen=True, slots=True)
class Verdict:
    score: float
    reasons: tuple[str, ...]


def judge(one: Facts, other: Facts, evidence: Evidence) -> Verdict:
    """Weigh what speaks for one work and what against it."""
    score, reasons = _by_title(evidence)
    score += 0.6 * bool(evidence.said)
    reasons += list(evidence.said)
    for weight, reason in (
        _people(one, other),
        _abstracts(evidence),
        _twins(one, other, score),
        _years(one, other),
        _registries(one, other, evidence),
    ):
        score += weight
        reasons += [reason] if reason else []
    if evidence.title and evidence.title.contradicts and (evidence.abstract or 0) < _NEAR_ABSTRACT:
        score -= 0.5
        reasons.append("but a number in the title differs")
    return Verdict(round(min(max(score, 0.0), 1.0), 3), tuple(reason[:300] for reason in reasons))


def _by_title(evidence: Evidence) -> tuple[float, list[str]]:
    if evidence.title is None:
        return 0.0, []
    share = evidence.title.share
    score = 0.6 if share == 1 else 0.5 if share >= 0.93 else 0.4 * share + 0.05
    return score, [evidence.title.reason]


def _people(one: Facts, other: Facts) -> tuple[float, str]:
    if not one.authors or not other.authors:
        return 0.0, ""
    ours, theirs = one.authors[:MOST_COMPARED], other.authors[:MOST_COMPARED]
    fewer, shared = min(len(ours), len(theirs)), shared_people(ours, theirs)
    is_all = max(len(one.authors), len(other.authors)) <= MOST_COMPARED
    if not shared:
        return -0.45, "but no author in common"
    first = can_be_one(ours[0], theirs[0])
    if shared == len(ours) == len(theirs):
        return (
            0.35,
            "the same author"
            if shared == 1
            else f"the same {'' if is_all else 'first '}{shared} authors",
        )
    words = f"{shared} of {'' if is_all else 'the first '}{fewer} authors are the same"
    if fewer == 1:
        words = "an author in common"
    if shared / fewer < 0.3:
        return (0.1 if first else -0.2), words
    return (0.3 if first else 0.2), words


def _abstracts(evidence: Evidence) -> tuple[float, str]:
    if evidence.abstract is None or _FAR_ABSTRACT <= evidence.abstract < _NEAR_ABSTRACT:
        return 0.0, ""
    if evidence.abstract < _FAR_ABSTRACT:
        return -0.3, "but the abstracts differ"
    return (
        0.45 if evidence.abstract >= 0.8 else 0.3,
        f"nearly the same abstract ({evidence.abstract:.0%})",
    )


def _twins(one: Facts, other: Facts, score: float) -> tuple[float, str]:
    """A preprint and what became of it."""
    if score <= 0 or not (one.venue and other.venue):
        return 0.0, ""
    if not one.is_preprint and not other.is_preprint and one.venue != other.venue:
        return -0.15, f"but one appeared at {one.venue}, the other at {other.venue}"
    if one.is_preprint == other.is_preprint:
        return 0.0, ""
    if one.year and other.year and abs(one.year - other.year) > 2:
        return 0.0, ""
    early, late = (one, other) if one.is_preprint else (other, one)
    return 0.05, f"one is a preprint ({early.venue}), the other appeared at {late.venue}"


def _years(one: Facts, other: Facts) -> tuple[float, str]:
    if not one.year or not other.year:
        return 0.0, ""
    apart = abs(one.year - other.year)
    if apart > 2:
        return -0.25, f"but the years are {apart} apart"
    return 0.05 if apart == 0 else 0.0, ""


def _registries(one: Facts, other: Facts, evidence: Evidence) -> tuple[float, str]:
    """Two identifiers of a registry that gives a paper only one speak for two works."""
    rivals = [
        name
        for scheme, name in _SCHEMES.items()
        if one.identifiers.get(scheme)
        and other.identifiers.get(scheme)
        and not set(one.identifiers[scheme]) & set(other.identifiers[scheme])
    ]
    if not rivals:
        return 0.0, ""
    weight = -0.35 if "arXiv" in rivals else -0.15
    if len(rivals) > 1:
        weight -= 0.1
    return weight, f"but each has its own {' and '.join(rivals)} identifier"
