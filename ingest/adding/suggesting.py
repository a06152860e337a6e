"""Topics that drafts may belong to, with reasons, and papers of nearly their titles."""

from collections.abc import Sequence
from contextlib import suppress
from difflib import SequenceMatcher

from django.db import OperationalError, transaction

from catalog.folding import fold_words
from catalog.models import Catalogue, Paper, TitleAlias, Topic
from catalog.readable import readable
from ingest.lists.identity import near_titles
from ingest.models import Draft
from search.embeddings import ModelUnavailable, is_loading
from search.glossary import embedded_text
from search.queries import search
from search.topic_suggestions import SuggestedTopics, TopicSuggester, suggest_by_words

_LOOKED_AT = 8
_SHOWN = 3
_NEAR = 0.88


def suggest_topics(drafts: Sequence[Draft], catalogue: Catalogue | None) -> None:
    """Set `suggested` of drafts that have a title: topic, how likely, and the papers that say so. Not saved.

    `suggested_by` says by what: while the model is loading, or where there is none, it is by words alone.
    """
    titled = [draft for draft in drafts if draft.title]
    if not titled or catalogue is None:
        return
    try:
        with transaction.atomic():
            by, found = _suggested(titled, catalogue)
    except OperationalError:  # what takes too long is done without
        return
    topics = Topic.objects.current().in_bulk(
        {one.topic for suggested in found for one in suggested.topics}
    )
    papers = dict(
        Paper.objects.filter(
            pk__in={paper for suggested in found for paper, _ in suggested.nearest}
        ).values_list("pk", "title")
    )
    for draft, suggested in zip(titled, found, strict=True):
        draft.suggested_by = by
        draft.suggested = [
            {
                "topic": one.topic,
                "confidence": one.confidence,
                "reasons": _reasons(suggested, papers),
            }
            for one in suggested.topics
            if one.topic in topics
        ]


def _suggested(drafts: Sequence[Draft], catalogue: Catalogue) -> tuple[str, list[SuggestedTopics]]:
    if not is_loading():
        with suppress(ModelUnavailable):
            found = TopicSuggester(catalogue.pk).suggest([_text(draft) for draft in drafts])
            return Draft.By.MEANING, found
    return Draft.By.WORDS, [suggest_by_words(catalogue.pk, draft.title) for draft in drafts]


def suggest_again(draft: Draft) -> bool:
    """Suggest by meaning what was suggested by words while the model was loading; False while it is loading still."""
    if draft.suggested_by != Draft.By.WORDS:
        return True
    if is_loading():
        return False
    suggest_topics([draft], draft.paste.catalogue)
    draft.save(update_fields=["suggested", "suggested_by"])
    return True


def _text(draft: Draft) -> str:
    return embedded_text(draft.title, draft.facts.get("abstract", {}).get("value", ""))


def _reasons(suggested: SuggestedTopics, papers: dict[int, str]) -> list[str]:
    return [
        f"near “{readable(papers[paper])}”" + (f" (cosine {likeness:.2f})" if likeness else "")
        for paper, likeness in suggested.nearest
        if paper in papers
    ]


def note_near_titles(drafts: Sequence[Draft]) -> None:
    """Set `near` of drafts: papers here whose titles are nearly theirs. Not saved."""
    for draft in drafts:
        if len(draft.title) > 5:
            draft.near = near_papers(draft.title)


def near_papers(title: str) -> list[int]:
    """Papers with nearly this title or another name like it; those of exactly this one are known by other means."""
    shown = readable(title)
    hits = search(f"title:({_words(shown)})", limit=_LOOKED_AT, reasons=False).hits
    if not hits:
        hits = search(_words(shown), limit=_LOOKED_AT, reasons=False).hits
    keys = [hit.paper_id for hit in hits]
    rows = [*Paper.objects.filter(pk__in=keys).values_list("pk", "title")]
    rows += TitleAlias.objects.filter(paper__in=keys).values_list("paper", "title")
    near = {paper for paper, other in rows if _are_near(shown, readable(other))}
    return [key for key in keys if key in near][:_SHOWN]


def _are_near(one: str, other: str) -> bool:
    """Whether two titles may be one's: what is enough under one identifier is too little by itself."""
    if not near_titles(one, other):
        return False
    a, b = fold_words(one), fold_words(other)
    if a.startswith(f"{b} ") or b.startswith(f"{a} "):
        return True
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= _NEAR


def _words(title: str) -> str:
    """The title without what the language of search would take for an operator."""
    return " ".join("".join(char if char.isalnum() else " " for char in title).split())[:300]
