"""What the name of a system looks like."""

import pytest

from catalog.systems.names import (
    base_and_version,
    headed,
    is_distinctive,
    is_unmistakable,
    read_name,
    spellings,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("SnapKV", True),
        ("LongBench", True),
        ("RULER", True),
        ("H2O", True),
        ("xLSTM", True),
        ("vLLM", True),
        ("L-Eval", True),
        ("Mamba-2", True),
        ("Transformer-XL", True),
        ("M+", True),
        ("∞Bench", True),
        ("Quest", False),
        ("compression", False),
        ("LLMs", False),
        ("KV", False),
        ("RAG", False),
        ("GPT-4-based", False),
        ("SnapKV-style", False),
        ("Long-Context", False),
        ("Query-Aware", False),
        ("X-ray", False),
        ("128K", False),
        ("III", False),
        ("3D", False),
    ],
)
def test_a_distinctive_word_cannot_be_an_ordinary_one(word, expected):
    assert is_distinctive(word) is expected


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("SnapKV", "SnapKV"),
        ("LongBench v2", "LongBench v2"),
        ("Gemini 1.5", "Gemini 1.5"),
        ("“Longformer”", "Longformer"),
        ("MALT Diffusion", "MALT Diffusion"),
        ("Survey", ""),
        ("Position", ""),
        ("Lost in the Middle", ""),
        ("Attention", ""),
        ("Ring Attention", ""),  # words alone make no name
        ("LLM Maybe LongLM", ""),
        ("Is Mamba Enough?", ""),
        ("SnapKV and RULER", ""),
        ("Long Context Language Models", ""),
        ("", ""),
    ],
)
def test_phrases_and_kinds_of_text_are_no_names(head, name):
    assert read_name(head) == name


@pytest.mark.parametrize(
    ("title", "heads"),
    [
        ("KeepKV: Less Cache", ["KeepKV"]),
        ("KeepKV - Less Cache", ["KeepKV"]),
        ("KeepKV — Less Cache", ["KeepKV"]),
        ("KeepKV -- Less Cache", ["KeepKV"]),
        ("Introducing KeepKV for Long Inputs", ["KeepKV"]),
        ("Sparse Prefill (KeepKV) for All", ["KeepKV"]),
        ("Less Cache for Long Inputs", []),
    ],
)
def test_titles_name_things_at_their_head(title, heads):
    assert headed(title) == heads


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("KeepKV-2", "KeepKV"),
        ("KeepKV2", "KeepKV"),
        ("KeepKV v2", "KeepKV"),
        ("KeepKV++", "KeepKV"),
        ("KeepKV-1.5", "KeepKV"),
        ("KeepKV", None),
        ("H2O", None),
        ("T5", None),
    ],
)
def test_a_version_ends_a_name(name, base):
    split = base_and_version(name)
    assert (split[0] if split else None) == base


def test_a_version_is_spelled_in_several_ways():
    assert {"KeepKV v2", "KeepKV-v2", "KeepKVv2", "KeepKV V2"} <= set(spellings("KeepKV v2"))
    assert {"KeepKV-2", "KeepKV 2", "KeepKV2"} == set(spellings("KeepKV-2"))
    assert spellings("KeepKV") == ["KeepKV"]


def test_short_names_and_acronyms_may_be_thought_of_twice():
    assert is_unmistakable("FlashAttention")
    assert not any(map(is_unmistakable, ["ROME", "CoS", "Mamba", "H2O", "MIMIC"]))
