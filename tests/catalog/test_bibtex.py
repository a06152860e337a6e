import pytest
from bibtexparser.entrypoint import parse_string

from catalog.bibtex import bibtex, citation_key
from tests.factories import make_paper, make_venue

pytestmark = pytest.mark.django_db


def fields_of(paper) -> dict[str, str]:
    library = parse_string(bibtex(paper))
    assert not library.failed_blocks
    return {field.key: field.value for field in library.entries[0].fields}


def test_the_key_is_family_name_year_and_first_telling_word():
    paper = make_paper("The Efficient Transformers: A Survey", authors=["Yi Tay"], year=2020)
    assert citation_key(paper) == "tay2020efficient"


@pytest.mark.parametrize(
    ("author", "title", "key"),
    [
        ("Łukasz Kaiser", "Reformer", "kaiser2020reformer"),
        ("王小明", "基于稀疏注意力", "anon2020paper"),
        ("u/bloc97", "NTK-Aware Scaled RoPE", "ubloc972020ntk"),
        ("Kamradt, G.", "A Needle", "kamradt2020needle"),
    ],
)
def test_keys_are_plain_ascii(author, title, key):
    assert citation_key(make_paper(title, authors=[author], year=2020)) == key


def test_a_conference_paper_names_its_proceedings():
    venue = make_venue("ICLR", kind="conference")
    paper = make_paper("Reformer", venue=venue, year=2020, distinction="Oral")
    assert bibtex(paper).startswith("@inproceedings{")
    assert fields_of(paper) | {"booktitle": "ICLR", "note": "Oral"} == fields_of(paper)


def test_a_journal_paper_is_an_article():
    paper = make_paper("Routing", venue=make_venue("TACL", kind="journal"), year=2021)
    assert bibtex(paper).startswith("@article{")
    assert fields_of(paper)["journal"] == "TACL"


def test_a_preprint_carries_its_eprint():
    paper = make_paper("Sinks", venue=make_venue("arXiv", kind="preprint"), arxiv="2309.17453")
    fields = fields_of(paper)
    assert bibtex(paper).startswith("@misc{")
    assert (fields["eprint"], fields["archivePrefix"]) == ("2309.17453", "arXiv")
    assert fields["url"] == "https://arxiv.org/abs/2309.17453"
    assert "howpublished" not in fields


def test_capitals_that_a_style_would_lower_are_braced():
    title = fields_of(make_paper("FlashAttention for LLMs in Long-Context Models: O(n^2) Cost"))[
        "title"
    ]
    assert "{FlashAttention}" in title
    assert "{LLMs}" in title
    assert "Long-Context Models" in title


def test_special_characters_cannot_break_out_of_the_entry():
    paper = make_paper(r"100% of {braces} & \input{x} _a_ #1", authors=["André F. T. Martins"])
    fields = fields_of(paper)
    assert r"\input{x}" not in fields["title"]
    assert r"100\% of \{braces\} \&" in fields["title"]
    assert r"Andr\'e" in fields["author"]


def test_chinese_names_and_teams_stay_whole():
    paper = make_paper("T", authors=["王小明", "Research and Development Team"])
    assert fields_of(paper)["author"] == "王小明 and {Research and Development Team}"
