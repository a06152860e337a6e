"""Acronyms from the papers themselves, and what they do to a question; slips of the keys."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Paper
from search import synonyms, thesaurus
from search.models import Synonym, Word
from search.queries import search
from search.recounting import recount_words
from search.slips import distance
from search.spelling import did_you_mean
from search.synonyms import long_form, mine_synonyms, pairs_in
from search.words import parts
from tests.factories import make_topic

pytestmark = pytest.mark.django_db


PAIRS = [
    (
        "We study retrieval-augmented generation (RAG) at length.",
        [("RAG", "retrieval augmented generation")],
    ),
    ("the Key-Value (KV) cache", [("KV", "key value")]),
    ("Large Language Models (LLMs) are", [("LLM", "large language models")]),
    ("rotary position embedding (RoPE)", [("RoPE", "rotary position embedding")]),
    ("mixture of experts (MoE)", [("MoE", "mixture of experts")]),
    ("a state space model (SSM) for", [("SSM", "state space model")]),
    ("we propose it (see Table 2)", []),
    ("a thing (ABC) of another kind", []),
    ("in 2023 (ICLR)", []),
    ("(RAG)", []),
]


@pytest.mark.parametrize(("text", "expected"), PAIRS)
def test_pairs_that_a_text_defines(text, expected):
    assert [(short, " ".join(long)) for short, long in pairs_in(text)] == expected


def test_stop_words_begin_no_long_form():
    assert long_form("of", ["the", "open", "field"]) == ["open", "field"]


@given(st.text(), st.lists(st.text()))
def test_no_text_makes_mining_fail(short, words):
    list(pairs_in(f"{' '.join(words)} ({short})"))
    long_form(short, [word for word in words if word])


def test_two_papers_must_say_so(make_indexed):
    make_indexed("One", abstract="Fast weight programming (FWP) is old.")
    mine_synonyms()
    assert not Synonym.objects.filter(short="FWP").exists()
    make_indexed("Two", abstract="By fast weight programming (FWP) we mean it.")
    mine_synonyms()
    assert Synonym.objects.get(short="FWP").papers == 2
    assert mine_synonyms() == 0


def test_either_form_finds_the_other(make_indexed):
    paper = make_indexed("Compressing the Key-Value Cache", abstract="Less of it.")
    other = make_indexed("Evicting from the KV store")
    mine_synonyms()
    assert {hit.paper_id for hit in search("kv").hits} == {paper.pk, other.pk}
    assert search("kv").hits[0].paper_id == other.pk
    assert {hit.paper_id for hit in search("key value").hits} == {paper.pk, other.pk}


ENGLISH = [
    "Speculative Decoding for Long Sequences",
    "Sparse Attention at Prefill",
    "KV Cache Quantization in Little GPU Memory",
    "Rotary Position Embedding Extrapolation",
    "A Survey of Mixture of Experts",
    "Repository-Level Code Completion",
    "Reinforcement Learning of Chain of Thought",
    "Multi-Turn Dialogue with Long-Term Memory",
    "Position Bias: Lost in the Middle",
    "Hallucination in Summarization",
    "Video Understanding by Multimodal Agents",
    "State Space Models in Parallel",
    "Throughput and Latency of Distributed Serving",
    "Catastrophic Forgetting in Instruction Tuning",
]
# question → the title that it means
CHINESE = [
    ("长序列的推测解码", "Speculative Decoding"),
    ("長序列的推測解碼", "Speculative Decoding"),
    ("预填充阶段的稀疏注意力", "Sparse Attention"),
    ("節省顯存的鍵值快取量化", "KV Cache Quantization"),
    ("如何用键值缓存量化节省显存", "KV Cache Quantization"),
    ("旋转位置编码的外推", "Rotary Position"),
    ("旋轉位置編碼外推", "Rotary Position"),
    ("混合专家模型综述", "A Survey of Mixture"),
    ("仓库级代码补全", "Repository-Level"),
    ("倉庫級程式碼", "Repository-Level"),
    ("思维链与强化学习", "Reinforcement Learning"),
    ("長期記憶的對話系統", "Multi-Turn Dialogue"),
    ("大模型的位置偏差", "Position Bias"),
    ("摘要中的幻觉", "Hallucination"),
    ("视频理解智能体", "Video Understanding"),
    ("影片理解", "Video Understanding"),
    ("状态空间模型的并行", "State Space"),
    ("分布式推理的吞吐和延迟", "Throughput"),
    ("指令微调中的灾难性遗忘", "Catastrophic Forgetting"),
]


def test_chinese_questions_find_english_papers(make_indexed):
    for title in ENGLISH:
        make_indexed(title, topics=[make_topic("Papers")])
    mine_synonyms()
    titles = dict(Paper.objects.values_list("pk", "title"))
    found = {text: [titles[hit.paper_id] for hit in search(text).hits] for text, _ in CHINESE}
    missed = {
        text: found[text][:2]
        for text, title in CHINESE
        if not (found[text] and found[text][0].startswith(title))
    }
    assert missed == {}


def test_every_chinese_word_is_stored_and_looked_up(db):
    mine_synonyms()
    for chinese, english in thesaurus.CHINESE:
        words = tuple(parts(english))
        assert words in {other for _, other in synonyms.synonyms().pairs(parts(chinese))}, chinese


def test_a_curator_s_word_outlives_mining(make_indexed, admin_client):
    make_indexed("Compressing the Key-Value Cache")
    mine_synonyms()
    row = Synonym.objects.get(short="KV")
    admin_client.post(
        reverse("admin:search_synonym_change", args=[row.pk]), {"short": "KV", "long": "key value"}
    )
    admin_client.post(
        reverse("admin:search_synonym_add"),
        {"short": "SFX", "long": "sound effects", "is_active": "on"},
    )
    mine_synonyms()
    synonyms.forget()
    assert not Synonym.objects.get(short="KV").is_active
    assert Synonym.objects.get(short="SFX").is_curated
    assert search("kv").total == 0


@pytest.fixture
def library(make_indexed):
    for number in range(10):
        make_indexed(
            f"Flash attention for long documents {number}", abstract="Memory and quantization."
        )
    make_indexed("Rare attentoin")
    recount_words()


SLIPS = [
    ("flash attentoin", "flash attention"),  # one paper has it so
    ("flsah attention", "flash attention"),
    ("Flash atention -memroy", "Flash attention -memory"),
    ('"flash atention"', '"flash attention"'),
    ("title:atention year:2023", "title:attention year:2023"),
    ("quantizaton OR memory", "quantization OR memory"),
    ("flash attention", None),
    ("flash attention sort:date", None),
    ("quantizations", None),  # a form of a word that is there
    ("xyzzy", None),
    ("fla", None),
    ("", None),
]


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_did_you_mean(library, typed, meant):
    assert did_you_mean(typed) == meant


def test_nothing_is_looked_up_for_common_words(library):
    Word.objects.create(word="commonly", papers=3)
    with CaptureQueriesContext(connection) as queries:
        assert did_you_mean("commonly") is None
    assert [query["sql"] for query in queries if "similarity(" in query["sql"]] == []
    with CaptureQueriesContext(connection) as queries:
        did_you_mean("comonly")
    assert any("similarity(" in query["sql"] for query in queries)


def test_the_page_offers_it(library, client):
    page = client.get(reverse("search"), {"q": "flsah attention"}).text
    assert 'Did you mean <a href="?q=flash+attention">flash attention</a>?' in page


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ("", "", 0),
        ("abc", "acb", 1),
        ("abc", "ab", 1),
        ("abc", "abcd", 1),
        ("abc", "xyz", 3),
        ("ca", "abc", 3),
    ],
)
def test_steps_between_words(one, other, steps):
    assert distance(one, other) == distance(other, one) == steps


@given(st.text())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
def test_no_text_makes_it_fail(db, text):
    did_you_mean(text)


@pytest.mark.parametrize(("short", "long"), [("KV", "kv"), ("KV", "—")])
def test_a_pair_that_would_do_nothing_is_refused(admin_client, short, long):
    sent = {"short": short, "long": long, "is_active": "on"}
    page = admin_client.post(reverse("admin:search_synonym_add"), sent)
    assert "This pair would do nothing" in page.text
    assert not Synonym.objects.exists()


def test_only_what_a_curator_has_touched_can_be_deleted(admin_client):
    mined = Synonym.objects.create(short="ZQ", long="zeta queue", papers=5)
    own = Synonym.objects.create(short="ZR", long="zeta row", is_curated=True)
    for row, status, left in [(mined, 403, True), (own, 302, False)]:
        url = reverse("admin:search_synonym_delete", args=[row.pk])
        assert admin_client.post(url, {"post": "yes"}).status_code == status
        assert Synonym.objects.filter(pk=row.pk).exists() == left
    chosen = {"action": "delete_selected", "_selected_action": [mined.pk], "post": "yes"}
    admin_client.post(reverse("admin:search_synonym_changelist"), chosen)
    assert Synonym.objects.filter(pk=mined.pk).exists()
    page = admin_client.get(reverse("admin:search_synonym_change", args=[mined.pk])).text
    assert "cannot be deleted" in page
