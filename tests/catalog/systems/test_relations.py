"""From texts to systems and relations."""

from collections.abc import Collection, Sequence

from catalog.systems.relations import Derived, Named, Pair, Reading, Text

KEEP = Text(1, "KeepCache: Less Cache for More", "We propose KeepCache, a cache.", (2023, 5))


def derive(
    *texts: Text, cites: Collection[Pair] = (), trusted: Sequence[Named] = ()
) -> list[tuple[int, int, str]]:
    reading = Reading(texts, trusted)
    found: list[Derived] = reading.relations(
        [*reading.systems, *trusted], lambda asked: set(asked) & set(cites)
    )
    return sorted((one.subject, one.object, str(one.kind)) for one in found)


def names(*texts: Text) -> list[tuple[int, str]]:
    return [(one.paper, one.name) for one in Reading(texts).systems]


def other(abstract: str, dated: tuple[int, ...] = (2024, 1), *, paper: int = 2) -> Text:
    return Text(paper, "Another paper on memory", abstract, dated)


def test_a_later_paper_speaks_of_it():
    assert derive(KEEP, other("Methods like KeepCache forget.")) == [(2, 1, "mentions")]


def test_the_words_are_kept():
    later = other("Books are long. Methods like KeepCache forget. Ours does not.")
    reading = Reading([KEEP, later])
    (one,) = reading.relations(reading.systems, lambda asked: set())
    assert one.note == "Methods like KeepCache forget."
    assert one.system == (1, "keepcache")


def test_an_earlier_paper_does_not():
    assert derive(KEEP, other("Methods like KeepCache forget.", (2022,))) == []


def test_a_paper_without_a_date_does_only_when_it_cites():
    undated = other("Methods like KeepCache forget.", ())
    assert derive(KEEP, undated) == []


def test_a_paper_of_the_same_year_may():
    assert derive(KEEP, other("Methods like KeepCache forget.", (2023,))) == [(2, 1, "mentions")]


def test_a_mention_adds_nothing_to_what_more_is_said_of():
    text = other("Methods like KeepCache forget. Our method outperforms KeepCache.")
    assert derive(KEEP, text) == [(2, 1, "compares")]


def test_two_systems_of_one_name_stay_two_and_a_citation_decides():
    twin = Text(3, "KeepCache: Goods in Store", "We stock goods.", (2023, 6))
    later = other("Methods like KeepCache forget.")
    assert names(KEEP, twin) == [(1, "KeepCache"), (3, "KeepCache")]
    assert derive(KEEP, twin, later) == []
    assert derive(KEEP, twin, later, cites={(2, 1)}) == [(2, 1, "mentions")]
    assert derive(KEEP, twin, later, cites={(2, 1), (2, 3)}) == []


def test_a_paper_with_a_system_of_that_name_means_its_own():
    own = other("We propose KeepCache, a store of goods.")
    assert derive(KEEP, own) == []


def test_who_applies_it_did_not_introduce_it():
    applied = other("We introduce KeepCache to video, and KeepCache works.")
    assert names(KEEP, applied) == [(1, "KeepCache")]


def test_a_name_that_was_there_before_needs_a_citation():
    before = other("The KeepCache of our processor is large.", (2019,), paper=3)
    later = other("Methods like KeepCache forget.")
    assert derive(KEEP, before, later) == []
    assert derive(KEEP, before, later, cites={(2, 1)}) == [(2, 1, "mentions")]


def test_short_acronyms_need_a_citation():
    short = Text(1, "KVX: Less Cache", "", (2023,))
    later = other("Methods like KVX forget.")
    assert derive(short, later) == []
    assert derive(short, later, cites={(2, 1)}) == [(2, 1, "mentions")]


def test_who_spells_an_acronym_out_means_something_else():
    system = Text(1, "KEEPS: Less Cache", "", (2023,))
    assert derive(system, other("The method KEEPS is known.")) == [(2, 1, "mentions")]
    spelled = other("The Kernel for Every Eager Program Start (KEEPS) is known.")
    assert derive(system, spelled) == []


def test_ordinary_words_are_no_names_unless_the_abstract_writes_them_so():
    ordinary = [
        Text(number, "On focus", "All focus is on focus.", (2020,)) for number in range(10, 20)
    ]
    assert names(Text(1, "Focus: Less Cache", "Caches are large.", (2023,)), *ordinary) == []
    meant = Text(1, "Focus: Less Cache", "We propose Focus, a cache. With Focus, less is kept.", (2023,))  # fmt: skip
    assert names(meant, *ordinary) == [(1, "Focus")]
    assert derive(meant, other("Methods such as Focus forget."), *ordinary) == []


def test_coined_words_are_found_within_sentences_only():
    system = Text(1, "Memformo: Less Cache", "We propose Memformo, a cache.", (2023,))
    assert derive(system, other("Methods such as Memformo forget.")) == [(2, 1, "mentions")]
    assert derive(system, other("The Memformo Network is a firm.")) == []


def test_a_version_extends_the_latest_before_it():
    second = Text(2, "KeepCache-2: Even Less", "", (2024, 2))
    third = Text(3, "KeepCache3: Nothing Left", "", (2025, 1))
    plus = Text(4, "KeepCache++: A Bit More", "", (2023, 9))
    assert derive(KEEP, second, third) == [(2, 1, "extends"), (3, 2, "extends")]
    assert derive(KEEP, plus) == [(4, 1, "extends")]


def test_aliases_of_curators_are_taken_at_their_word():
    trusted = Named(1, "KeepCache", ("KC",), "", in_title=True, is_trusted=True)
    later = other("Our method outperforms KC by far.")
    assert derive(KEEP, later, trusted=[trusted]) == [(2, 1, "compares")]
