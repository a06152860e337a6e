import pytest

from catalog.exports.names import Name, split_name


@pytest.mark.parametrize(
    ("printed", "name", "inverted"),
    [
        ("Tri Dao", Name("Dao", "Tri"), "Dao, Tri"),
        (
            "Laurens van der Maaten",
            Name("Maaten", "Laurens", "van der"),
            "van der Maaten, Laurens",
        ),
        (
            "Martin Luther King Jr.",
            Name("King", "Martin Luther", "", "Jr."),
            "King, Martin Luther, Jr.",
        ),
        ("Kamradt, G.", Name("Kamradt", "G."), "Kamradt, G."),
        ("王小明", Name("王小明"), "王小明"),
        ("DeepSeek-AI", Name("DeepSeek-AI"), "DeepSeek-AI"),
        ("Gemini Team", Name("Gemini Team"), "Gemini Team"),
        ("Smith and Sons", Name("Smith and Sons"), "Smith and Sons"),
        ("A, B, C and D", Name("A, B, C and D"), "A, B, C and D"),
        ("van Dyke", Name("Dyke", "van"), "Dyke, van"),
        ("", Name(""), ""),
    ],
)
def test_names_are_told_apart(printed, name, inverted):
    assert split_name(printed) == name
    assert split_name(printed).inverted == inverted


def test_an_inverted_name_keeps_its_parts():
    assert split_name(split_name("Laurens van der Maaten").inverted).inverted == (
        "van der Maaten, Laurens"
    )
