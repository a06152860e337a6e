"""Papers as exports state them, made without a database; and text as hostile as titles can be."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from catalog.exports.facts import PaperFacts
from catalog.identifiers import Ident

_PLAIN: dict[str, Any] = {
    "pk": 7,
    "key": "dao2022flashattention",
    "path": "/papers/7/flashattention/",
    "title": "FlashAttention: Fast and Memory-Efficient Exact Attention",
    "raw_abstract": "Transformers are slow.",
    "authors": ("Tri Dao", "Daniel Y. Fu"),
    "year": 2022,
    "published_on": date(2022, 5, 27),
    "precision": "day",
    "venue": "NeurIPS",
    "venue_full": "Advances in Neural Information Processing Systems",
    "venue_kind": "conference",
    "venue_slug": "neurips",
    "distinction": "",
    "identifiers": (Ident("arxiv", "2205.14135"), Ident("doi", "10.1000/xyz_1")),
    "topics": ("Efficient Attention › IO",),
    "code": ("https://github.com/dao-ailab/flash-attention",),
    "stars": 1200,
    "citations": 3,
    "withdrawn_at": None,
    "created_at": datetime(2025, 2, 3, tzinfo=UTC),
}
PREPRINT: dict[str, Any] = {
    "venue": "arXiv",
    "venue_full": "",
    "venue_kind": "preprint",
    "venue_slug": "arxiv",
}
NOTHING_KNOWN: dict[str, Any] = {
    "authors": (),
    "raw_abstract": "",
    "year": None,
    "published_on": None,
    "precision": "",
    "venue": "",
    "venue_full": "",
    "venue_kind": "",
    "venue_slug": "",
    "identifiers": (),
    "topics": (),
    "code": (),
    "stars": None,
    "citations": None,
}


def facts(**changes: Any) -> PaperFacts:
    return PaperFacts(**{**_PLAIN, **changes})


HOSTILE = [
    r"100% of {braces} & \input{x} _a_ #1 ~ ^",
    "An unclosed { brace",
    "} closed before it is opened {",
    "@article{evil, title = {x}}",
    "Costs $5, or $O(n²)$?",
    '=HYPERLINK("//evil")',
    "<script>alert(1)</script> ]]> &amp;",
    "ER  - \u2028 TY  - JOUR",
    "长上下文语言模型综述",
    "Où Łukasz aß Żółć — “quoted” ‘single’ … α∞",
    "x" * 300,
    "Long " * 60,
]


def titles() -> st.SearchStrategy[str]:
    """One line of text, as facts have it."""
    signs = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp"))
    some = st.text(signs | st.sampled_from(r"{}\$%&#_~^@\"'=,"), min_size=1, max_size=60)
    return some.map(lambda text: " ".join(text.split())).filter(bool)
