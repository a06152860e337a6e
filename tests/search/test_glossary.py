"""The glossary: which names a title has, what papers are found by it, how it follows its file and its curators."""

from hashlib import sha256
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.folding import fold
from catalog.models import GlossaryEntry, GlossaryMention, Paper, Run, Source, TitleAlias
from search import glossary
from search.embed import embed_changed
from search.glossary import FILE, Names, embedded_text, read_file, write_entries
from search.index import follow_glossary, refresh_words
from search.models import Embedding, IndexState, PaperText, Posting
from search.queries import search
from search.question import read
from search.ranking import rank
from search.receivers import fill_index
from search.spelling import did_you_mean
from tests.factories import make_paper, make_staff

SHIPPED = FILE  # before tests put an empty one in its place

PAGED = "Stores cached tensors in blocks like virtual memory, so that less of it is wasted."
SINK = "First tokens on which models put needless weight; keeping them lets a stream go on."


def make_entry(name: str, meaning: str, *others: str, **fields: object) -> GlossaryEntry:
    return GlossaryEntry.objects.create(
        name=name, meaning=meaning, others=list(others), is_curated=True, **fields
    )


def named(title: str, *names: str) -> list[str]:
    """Those of the names that stand in a title, in their order there."""
    return [
        names[entry] for entry in Names((n, [name]) for n, name in enumerate(names)).find(title)
    ]


@pytest.mark.parametrize(
    ("title", "name", "is_there"),
    [
        ("PagedAttention for Serving", "PagedAttention", True),
        ("Serving with PagedAttention", "PagedAttention", True),
        ("PagedAttention-based Serving", "PagedAttention", True),
        ("PagedAttention's Limits", "PagedAttention", True),
        ("pagedattention for Serving", "PagedAttention", False),
        ("Mamba-2 at Scale", "Mamba", False),
        ("Mamba-2 at Scale", "Mamba-2", True),
        ("CAKE: Cascading Eviction", "CAKE", True),
        ("A Piece of Cake", "CAKE", False),
        ("Attention Sinks Explained", "attention sink", True),
        ("ATTENTION SINKS", "attention sink", True),
        ("AttentionSink: Streams", "attention sink", True),
        ("Attention with a Sink", "attention sink", False),
        ("On Chunking and Chunks", "chunking", True),
        ("Hallucinations of Models", "hallucination", True),
        ("Linear-Time Sequence Modeling", "linearizing", False),
        ("Person Re-Identification", "personalization", False),
        ("On Compression: Memory in Little Room", "compressive memory", False),
        ("Sparse - Attention or Not", "sparse attention", False),
        ("Lost in the Middle: How Models Use Context", "lost in the middle", True),
        ("KV-Cache Compression", "KV cache", True),
        ("缓存与效果：从MHA到MLA", "MLA", True),
        ("", "attention sink", False),
    ],
)
def test_a_name_of_one_word_with_capitals_stands_as_written_any_other_in_every_form(
    title, name, is_there
):
    assert named(title, name) == ([name] if is_there else [])


def test_written_names_come_first_then_longer_terms_and_of_terms_at_one_place_only_the_longest():
    names = ("KV cache", "KV cache compression", "language model", "SnapKV")
    assert named("Compressing a Language Model: KV Cache Compression after SnapKV", *names) == [
        "SnapKV",
        "KV cache compression",
        "language model",
    ]


@pytest.mark.parametrize(
    ("text", "is_called"),
    [
        ("QuEST", True),
        ("quest", True),
        ("QUEST", True),
        ("Quest", False),
        ("QuESTs", True),
        ("q", False),
        ("", False),
        ("?", False),
    ],
)
def test_who_types_capitals_means_them(text, is_called):
    assert (Names([(7, ["QuEST"])]).called(text) == 7) is is_called


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=12), max_size=6))
def test_any_title_and_any_names_are_read(title, names):
    found = named(title, *names)
    assert len(found) == len(set(found)) or len(names) != len(set(names))


def test_the_file_is_well_formed_and_says_each_thing_once():
    entries = list(read_file(SHIPPED))
    assert len(entries) > 800
    for entry in entries:
        assert all(0 < len(name) <= 80 and fold(name) for name in entry.names), entry
        assert entry.meaning.endswith("."), entry
        assert 40 <= len(entry.meaning) <= 400, entry
        assert 10 <= len(entry.meaning.split()) <= 36, entry
    keys = [fold(entry.names[0]) for entry in entries]
    assert keys == sorted(keys)
    names = [name for entry in entries for name in dict.fromkeys(map(fold, entry.names))]
    assert len(names) == len(set(names)), "two entries share a name"


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Mamba: Linear-Time Sequence Modeling with Selective State Spaces", {"Mamba"}),
        (
            "ChunkKV: Semantic-Preserving KV Cache Compression",
            {"ChunkKV", "KV Cache Compression"},
        ),
        ("Circuit Complexity Bounds for RoPE-based Models", {"RoPE", "Circuit complexity"}),
        ("XKV: Personalized KV Cache Memory Reduction", {"KV Cache"}),
        ("Fnet: Mixing tokens with fourier transforms", {"FNet"}),
    ],
)
def test_entries_of_the_file_are_not_found_where_their_stem_means_another_thing(title, names):
    entries = list(read_file(SHIPPED))
    found = Names((n, one.names) for n, one in enumerate(entries)).find(title)
    assert {entries[number].names[0] for number in found} == names


@pytest.mark.django_db
class TestEntries:
    def write(self, folder: Path, *lines: str) -> int:
        file = folder / "glossary.tsv"
        file.write_text("".join(f"{line}\n" for line in lines))
        return write_entries(file)

    def test_the_shipped_file_is_written_once(self):
        assert write_entries(SHIPPED) == GlossaryEntry.objects.count() > 800
        assert write_entries(SHIPPED) == 0

    def test_what_nobody_has_touched_follows_the_file(self, tmp_path):
        assert (
            self.write(tmp_path, f"attention sink\t{SINK}", f"Paging | PagedAttention\t{PAGED}")
            == 2
        )
        assert GlossaryEntry.objects.get(name="Paging").others == ["PagedAttention"]
        assert self.write(tmp_path, f"attention sink\t{PAGED}") == 2
        assert [(one.name, one.meaning) for one in GlossaryEntry.objects.all()] == [
            ("attention sink", PAGED)
        ]

    def test_a_migration_brings_it_so_that_what_is_imported_next_is_found_by_it(
        self, monkeypatch, tmp_path, make_indexed
    ):
        (tmp_path / "glossary.tsv").write_text(f"PagedAttention\t{PAGED}\n")
        monkeypatch.setattr(glossary, "FILE", tmp_path / "glossary.tsv")
        fill_index(sender=None)
        paper = make_indexed("Serving with PagedAttention")
        assert search("virtual").hits[0].paper_id == paper.pk

    def test_what_a_curator_has_touched_stays(self, tmp_path):
        mine = make_entry("Attention Sink", "Mine.", is_active=False)
        assert self.write(tmp_path, f"attention sink\t{SINK}") == 0
        mine.refresh_from_db()
        assert (mine.name, mine.meaning, mine.is_active) == ("Attention Sink", "Mine.", False)

    def test_what_a_curator_edits_at_that_moment_stays(self, tmp_path):
        self.write(tmp_path, f"attention sink\t{SINK}", f"paging\t{SINK}")

        class Edited:
            """A file that is read just as a curator saves both entries."""

            def read_text(self, encoding: str) -> str:
                GlossaryEntry.objects.update(meaning="Mine.", is_curated=True)
                return f"attention sink\t{PAGED}\n"

        assert write_entries(Edited()) == 0  # type: ignore[arg-type]
        assert set(GlossaryEntry.objects.values_list("name", "meaning")) == {
            ("attention sink", "Mine."),
            ("paging", "Mine."),
        }


@pytest.mark.django_db
class TestFinding:
    def test_a_paper_is_found_by_what_its_name_means_and_says_so(self, make_indexed):
        make_entry("PagedAttention", PAGED)
        paper = make_indexed("Efficient Serving with PagedAttention")
        make_indexed("Efficient Serving of Models")
        hit = search("virtual memory").hits[0]
        assert hit.paper_id == paper.pk
        assert hit.reason.startswith(
            "glossary: Stores cached tensors in blocks like virtual memory"
        )
        assert ("virtual", True) in hit.why or ("virtual memory", True) in hit.why

    def test_a_paper_is_found_by_the_short_name_that_its_title_does_not_say(self, make_indexed):
        make_entry("YOCO", "Reuses one cache in all upper layers.", "You Only Cache Once", "reuse")
        paper = make_indexed("You Only Cache Once: Decoders")
        make_indexed("Reuse of Decoders")
        hit = search("yoco").hits[0]
        assert (hit.paper_id, hit.reason) == (paper.pk, "glossary: YOCO")

    def test_the_meaning_is_in_no_phrase_and_no_field(self, make_indexed):
        make_entry("PagedAttention", PAGED)
        make_indexed("Efficient Serving with PagedAttention")
        assert (
            not search('"virtual memory" paging').hits or search('"virtual memory" paging').relaxed
        )
        assert not search("abstract:virtual").hits
        assert not search("title:virtual").hits

    def test_what_a_title_says_weighs_as_without_the_glossary(self, make_indexed):
        before = make_indexed("Blocks of PagedAttention")
        weights = dict(
            Posting.objects.filter(paper=before)
            .exclude(fields=0)
            .values_list("term__text", "weight")
        )
        make_entry("PagedAttention", PAGED)
        refresh_words([before.pk])
        after = Posting.objects.filter(paper=before)
        assert (
            weights.items()
            <= dict(after.exclude(fields=0).values_list("term__text", "weight")).items()
        )
        assert after.get(term__text="virtual").fields == 16

    def test_a_title_that_has_the_words_comes_before_one_that_only_means_them(self, make_indexed):
        make_entry("PagedAttention", PAGED)
        meant = make_indexed("Serving with PagedAttention")
        said = make_indexed("Virtual Memory in Blocks for Long Texts of Many Users")
        assert [one.paper_id for one in rank(read("virtual memory blocks"))] == [said.pk, meant.pk]

    def test_a_word_that_only_the_glossary_has_is_no_slip(self, make_indexed):
        for number in range(3):
            make_indexed(f"Sensors {number}")
        assert did_you_mean("tensors") == "sensors"
        make_entry("PagedAttention", PAGED)
        make_indexed("Serving with PagedAttention")
        assert did_you_mean("tensors") is None

    def test_a_name_in_another_title_of_the_paper_counts(self, make_indexed):
        make_entry("PagedAttention", PAGED)
        paper = make_paper("Efficient Memory Management")
        TitleAlias.objects.create(paper=paper, title="vLLM and PagedAttention", source=Source.LIST)
        refresh_words([paper.pk])
        assert GlossaryMention.objects.get().paper == paper

    def test_at_most_four_entries_of_a_title_count(self, make_indexed):
        for name in ("AaA", "BbB", "CcC", "DdD", "EeE"):
            make_entry(name, f"{name} is explained here in a sentence.")
        paper = make_indexed("EeE, DdD, CcC, BbB and AaA")
        said = GlossaryMention.objects.filter(paper=paper).order_by("place")
        assert [one.entry.name for one in said] == ["EeE", "DdD", "CcC", "BbB"]

    def test_entries_that_are_not_used_find_nothing(self, make_indexed):
        make_entry("PagedAttention", PAGED, is_active=False)
        make_indexed("Efficient Serving with PagedAttention")
        assert not GlossaryMention.objects.exists()

    def test_the_page_of_a_query_that_is_a_name_says_what_it_means(self, client, make_indexed):
        entry = make_entry("Attention Sink", SINK, "StreamingLLM")
        make_indexed("Attention Sinks in Streams")
        for query in ("attention sinks", "Attention-Sink", "attentionsink", "streamingllms"):
            page = client.get(reverse("search"), {"q": query}).content.decode()
            assert f'<a href="{entry.get_absolute_url()}">Attention Sink</a>: First tokens' in page
        assert (
            "First tokens"
            not in client.get(reverse("search"), {"q": "sink"}).content.decode().split("<ol")[0]
        )


@pytest.mark.django_db
class TestFollowing:
    def test_papers_follow_a_change_of_the_glossary_and_nothing_is_done_twice(self, make_indexed):
        paper, other = make_indexed("Serving with PagedAttention"), make_indexed("Sinks")
        assert follow_glossary() == 0
        entry = make_entry("PagedAttention", PAGED)
        assert follow_glossary() == 1
        assert search("virtual").hits[0].paper_id == paper.pk
        assert follow_glossary() == 0
        GlossaryEntry.objects.filter(pk=entry.pk).update(meaning="Looks up pages of a table.")
        assert follow_glossary() == 1
        assert not Posting.objects.filter(term__text="virtual").exists()
        entry.delete()
        assert follow_glossary() == 1
        assert not Posting.objects.filter(fields=16).exists()
        assert Posting.objects.filter(paper=other).exists()

    def test_what_an_older_version_wrote_is_all_read_once(self, make_indexed):
        paper = make_indexed("Nothing of It")
        Posting.objects.filter(paper=paper).delete()
        PaperText.objects.update(terms_hash="of an older version")
        assert follow_glossary() == 1
        assert Posting.objects.filter(paper=paper).exists()
        PaperText.objects.update(terms_hash="of nobody")
        make_entry("PagedAttention", PAGED)
        assert follow_glossary() == 0

    def test_a_refresh_of_all_reads_the_file(self, monkeypatch, tmp_path, make_indexed):
        paper = make_indexed("Serving with PagedAttention")
        (tmp_path / "glossary.tsv").write_text(f"PagedAttention\t{PAGED}\n")
        monkeypatch.setattr(glossary, "FILE", tmp_path / "glossary.tsv")
        assert refresh_words() == 1
        assert GlossaryMention.objects.get().paper == paper
        assert IndexState.objects.get().glossary
        assert refresh_words() == 0

    def test_a_paper_without_an_abstract_is_embedded_with_the_meaning(self, make_indexed):
        make_indexed("Serving with PagedAttention")
        make_indexed("PagedAttention Again", abstract="We page.")
        assert embed_changed("test").new == 2
        before = dict(Embedding.objects.values_list("paper", "text_hash"))
        make_entry("PagedAttention", PAGED)
        done = embed_changed("test")
        assert (done.changed, done.words) == (1, 2)
        after = dict(Embedding.objects.values_list("paper", "text_hash"))
        told = Paper.objects.get(abstract="")
        assert {paper for paper in after if after[paper] != before[paper]} == {told.pk}

    @pytest.mark.parametrize(
        "paper",
        [
            {"title": "Serving with PagedAttention"},
            {"title": "Plain"},
            {"title": "PagedAttention", "abstract": "We page."},
        ],
    )
    def test_a_paper_that_is_not_here_yet_is_read_as_one_that_is(self, make_indexed, paper):
        make_entry("PagedAttention", PAGED)
        make_indexed(**paper)
        embed_changed("test")
        text = embedded_text(paper["title"], paper.get("abstract", ""))
        assert Embedding.objects.get().text_hash == sha256(text.encode()).hexdigest()

    def test_a_glossary_that_cannot_be_followed_is_a_failed_run(
        self, monkeypatch, tmp_path, make_indexed
    ):
        (tmp_path / "glossary.tsv").write_text("PagedAttention\t\n")
        monkeypatch.setattr(glossary, "FILE", tmp_path / "glossary.tsv")
        with pytest.raises(IntegrityError):
            embed_changed("test")
        run = Run.objects.get()
        assert run.status == Run.Status.FAILED
        assert "glossary_entry_has_meaning" in run.message

    def test_a_merged_paper_has_no_mentions(self, make_indexed):
        make_entry("PagedAttention", PAGED)
        kept, paper = make_indexed("Other"), make_indexed("Serving with PagedAttention")
        Paper.objects.filter(pk=paper.pk).update(merged_into=kept)
        refresh_words([paper.pk])
        assert not GlossaryMention.objects.exists()


@pytest.mark.django_db
class TestCurating:
    @pytest.fixture
    def curator(self, client):
        client.force_login(
            make_staff(
                *(
                    "add_glossaryentry",
                    "change_glossaryentry",
                    "delete_glossaryentry",
                    "view_glossaryentry",
                    "view_glossarymention",
                )
            )
        )
        return client

    def test_an_edited_entry_is_the_curators_from_then_on(self, curator, tmp_path):
        (tmp_path / "glossary.tsv").write_text(f"attention sink\t{SINK}\n")
        write_entries(tmp_path / "glossary.tsv")
        entry = GlossaryEntry.objects.get()
        answer = curator.post(
            reverse("admin:catalog_glossaryentry_change", args=[entry.pk]),
            {
                "name": "attention sink",
                "others": "sinks\r\nfirst, second tokens\r\n\r\n",
                "meaning": "Mine.",
                "is_active": "on",
            },
        )
        assert answer.status_code == 302
        assert write_entries(tmp_path / "glossary.tsv") == 0
        entry.refresh_from_db()
        assert (entry.others, entry.meaning, entry.is_curated) == (
            ["sinks", "first, second tokens"],
            "Mine.",
            True,
        )

    def test_an_entry_is_added(self, curator):
        answer = curator.post(
            reverse("admin:catalog_glossaryentry_add"),
            {"name": "YOCO", "others": "", "meaning": "Mine.", "is_active": "on"},
        )
        assert answer.status_code == 302
        entry = GlossaryEntry.objects.get()
        assert (entry.key, entry.is_curated) == ("yoco", True)

    NEEDS, THERE = "A name needs letters", "There is an entry of this name"

    @pytest.mark.parametrize(
        ("name", "others", "said"),
        [
            ("…", "", NEEDS),
            ("∞/∞", "", NEEDS),
            ("good", "?!\nfine", NEEDS),
            ("ATTENTION SINK", "", THERE),
            ("", "", "This field is required"),
        ],
    )
    def test_a_name_that_no_title_can_have_or_that_is_there_is_refused_in_a_line(
        self, curator, name, others, said
    ):
        make_entry("Attention Sink", SINK)
        mine = make_entry("Mine", SINK)
        asked = {"name": name, "others": others, "meaning": "Mine.", "is_active": "on"}
        for address in (
            reverse("admin:catalog_glossaryentry_add"),
            reverse("admin:catalog_glossaryentry_change", args=[mine.pk]),
        ):
            page = curator.post(address, asked)
            assert page.status_code == 200
            assert said in page.content.decode()
            assert "Constraint" not in page.content.decode()
        mine.refresh_from_db()
        assert (mine.name, GlossaryEntry.objects.count()) == ("Mine", 2)

    def test_what_stemma_brings_is_not_deleted_and_what_a_curator_made_is(
        self, curator, make_indexed
    ):
        brought = GlossaryEntry.objects.create(name="Brought", meaning="With Stemma.")
        made = make_entry("PagedAttention", PAGED)
        make_indexed("Serving with PagedAttention")
        for entry in (brought, made):
            curator.post(
                reverse("admin:catalog_glossaryentry_delete", args=[entry.pk]), {"post": "yes"}
            )
        assert list(GlossaryEntry.objects.all()) == [brought]
        assert not GlossaryMention.objects.exists()

    def test_several_are_deleted_together_only_if_none_of_them_was_brought(
        self, curator, make_indexed, django_assert_max_num_queries
    ):
        brought = GlossaryEntry.objects.create(name="Brought", meaning="With Stemma.")
        made = make_entry("PagedAttention", PAGED)
        for number in range(30):
            make_indexed(f"Serving {number} with PagedAttention")
        page = reverse("admin:catalog_glossaryentry_changelist")
        action = {"action": "delete_selected", "_selected_action": [made.pk, brought.pk]}
        assert curator.post(page, {**action, "post": "yes"}).status_code == 403
        with django_assert_max_num_queries(25):
            asked = curator.post(page, {**action, "_selected_action": [made.pk]})
        assert "PagedAttention" in asked.content.decode()
        assert "Serving 7" not in asked.content.decode()
        curator.post(page, {**action, "_selected_action": [made.pk], "post": "yes"})
        assert list(GlossaryEntry.objects.all()) == [brought]

    def test_what_is_renamed_does_not_come_back_under_its_old_name(
        self, curator, monkeypatch, tmp_path
    ):
        (tmp_path / "glossary.tsv").write_text(f"attention sink\t{SINK}\n")
        monkeypatch.setattr(glossary, "FILE", tmp_path / "glossary.tsv")
        write_entries()
        entry = GlossaryEntry.objects.get()
        address = reverse("admin:catalog_glossaryentry_change", args=[entry.pk])
        for name in ("first tokens", "First Tokens", "sinks of attention"):
            given = {"name": name, "others": "", "meaning": SINK, "is_active": "on"}
            assert curator.post(address, given).status_code == 302
        assert write_entries() == 0
        used = dict(GlossaryEntry.objects.values_list("name", "is_active"))
        assert used == {"sinks of attention": True, "attention sink": False}
