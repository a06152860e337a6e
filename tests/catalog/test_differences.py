from catalog.differences import difference, stretches


def told(before, after):
    return [(piece.kind, piece.text) for piece in difference(before, after)]


def test_words_that_went_and_came_stand_between_those_that_stayed():
    assert told("A study of long texts", "A study of very long books") == [
        ("same", "A study of "),
        ("came", "very "),
        ("same", "long "),
        ("went", "texts"),
        ("came", "books"),
    ]


def test_words_in_a_row_that_all_changed_are_one_piece():
    assert told("by Someone Else, 2020", "by Zihang Dai, 2020") == [
        ("same", "by "),
        ("went", "Someone Else"),
        ("came", "Zihang Dai"),
        ("same", ", 2020"),
    ]


def test_all_of_a_text_that_came_or_went_is_told():
    assert told("", "") == []
    assert told("", "a b") == [("came", "a b")]
    assert told("a b", "") == [("went", "a b")]
    assert told("same", "same") == [("same", "same")]


def test_very_long_texts_are_compared_as_wholes():
    assert [kind for kind, _ in told("a " * 4000, "b " * 4000)] == ["went", "came"]


def test_texts_side_by_side_can_be_compared_without_capitals():
    found = stretches("Ring Attention", "ring attention again", str.lower)
    assert [(one.before, one.after, one.is_same) for one in found] == [
        ("Ring Attention", "ring attention", True),
        ("", " again", False),
    ]
