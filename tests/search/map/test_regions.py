"""Regions of a map: how it is divided, and what gives each part its name."""

import numpy

from search.map.regions import divide, name


def islands(count: int, each: int) -> numpy.ndarray:
    chance = numpy.random.default_rng(0)
    middles = numpy.array([[100 * (n % 4), 100 * (n // 4)] for n in range(count)])
    return numpy.repeat(middles, each, axis=0) + chance.standard_normal((count * each, 2))


def test_each_level_holds_every_paper_once_and_divides_the_one_above():
    spots = islands(12, 50)
    regions = divide(spots)
    assert {region.level for region in regions} == {0, 1}
    for level in (0, 1):
        papers = numpy.concatenate([one.papers for one in regions if one.level == level])
        assert sorted(papers.tolist()) == list(range(600))
    for region in regions:
        if region.parent is not None:
            around = regions[region.parent]
            assert around.level == region.level - 1
            assert set(region.papers.tolist()) <= set(around.papers.tolist())


def test_a_map_of_few_papers_is_one_region_and_of_none_has_none():
    assert divide(numpy.empty((0, 2))) == []
    assert [len(region.papers) for region in divide(islands(1, 7))] == [7]
    assert [len(region.papers) for region in divide(numpy.zeros((3, 2)))] == [3]


def test_a_region_has_the_name_of_the_topic_that_holds_the_same_papers():
    regions = divide(islands(2, 15))
    assert len(regions) == 2
    left = set(regions[0].papers.tolist())
    titles = ["About something"] * 30
    name(regions, titles, {7: set(list(left)[:-1]), 8: set(range(30)), 9: {min(left)}})
    assert regions[0].topic == 7
    assert regions[1].topic == 8  # the best that is left


def test_terms_are_what_titles_here_have_and_others_have_not():
    regions = divide(islands(2, 15))
    here = set(regions[0].papers.tolist())
    titles = [
        f"A method for the KV-Cache of language models, part {n}"
        if n in here
        else f"Graph networks for language models, part {n}"
        for n in range(30)
    ]
    name(regions, titles, {})
    assert regions[0].terms[0] == "KV-cache"
    assert "graph networks" in regions[1].terms
    assert not any("language" in term for region in regions for term in region.terms)


def test_chinese_titles_give_no_terms_since_they_have_no_words_between_spaces():
    regions = divide(islands(1, 4))
    name(
        regions,
        ["Transformer升级之路", "Transformer升级之路：旋转", "长文本 attention", "attention"],
        {},
    )
    assert regions[0].terms == []
