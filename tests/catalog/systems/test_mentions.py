"""Where texts speak of a system, and how."""

import pytest

from catalog.systems.mentions import Forms, kind_in_sentence, kind_in_title


def find(text: str, *names: str) -> list[str]:
    return [mention.form for mention in Forms(names or ["KeepKV"]).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "as KeepKV does",
        "KeepKV.",
        "(KeepKV)",
        "KeepKV's cache",
        "KeepKV’s cache",
        "a KeepKV-based cache",
        "KeepKV-style pruning",
        "KeepKV-7B is small",
        "H2O/KeepKV",
        "KeepKV 3.6x faster",
    ],
)
def test_a_name_is_found(text):
    assert find(text) == ["KeepKV"]


@pytest.mark.parametrize(
    "text",
    [
        "keepkv",
        "KEEPKV",
        "KeepKVs",
        "UpKeepKV",
        "Up-KeepKV",
        "KeepKV-2 is another",
        "KeepKV2",
        "KeepKV v2",
        "KeepKV 2 is another",
        "KeepKV++",
        "KeepKV-XL",
        "KeepKV III",
        "keep KV",
        "$KeepKV",
        "github.com/KeepKV-project",
    ],
)
def test_another_name_is_not(text):
    assert find(text) == []


def test_the_longest_name_is_meant():
    names = ["KeepBench", "KeepBench v2", "KeepKV"]
    text = "On KeepBench v2 and KeepBench, KeepKV wins."
    assert find(text, *names) == ["KeepBench v2", "KeepBench", "KeepKV"]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We extend KeepKV to video.", "extends"),
        ("Our method builds upon KeepKV.", "extends"),
        ("We present an extension of KeepKV.", "extends"),
        ("Many works extend KeepKV to video.", "mentions"),
        ("Our method outperforms KeepKV by 3 points.", "compares"),
        ("MyCache surpasses strong baselines such as OldCache and KeepKV.", "compares"),
        ("We see a 3x speedup over KeepKV.", "compares"),
        ("MyCache is faster than KeepKV.", "compares"),
        ("Our method improves results compared to KeepKV.", "compares"),
        ("We evaluate our method on KeepKV.", "uses"),
        ("Experiments on LongTest, OldTest, and KeepKV show gains.", "uses"),
        ("Results on the KeepKV benchmark improve.", "uses"),
        ("We fine-tune KeepKV on books.", "uses"),
        ("We evaluate KeepKV under noise.", "evaluates"),
        ("We mainly focus on KeepKV and improve it.", "mentions"),
        ("Recent methods such as KeepKV forget little.", "mentions"),
        ("Unlike KeepKV, we forget nothing.", "mentions"),
        ("KeepKV is a cache.", "mentions"),
        ("Results on LongTest improve, while KeepKV forgets.", "mentions"),
    ],
)
def test_kinds_of_sentences(sentence, kind):
    (mention,) = Forms(["KeepKV"]).find(sentence)
    assert kind_in_sentence(sentence, mention, ["MyCache"]) == kind


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("MyCache: Extending KeepKV to Video", "extends"),
        ("Improving KeepKV with Less", "extends"),
        ("Evaluating KeepKV under Noise", "evaluates"),
        ("Long Books with KeepKV", "uses"),
        ("A Survey of KeepKV", "mentions"),
    ],
)
def test_kinds_of_titles(title, kind):
    (mention,) = Forms(["KeepKV"]).find(title)
    assert kind_in_title(title, mention) == kind
