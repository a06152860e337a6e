import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lists.records import ListRefused
from ingest.lists.repair import MAX_BYTES, decode, repair


def mojibake(text: str) -> str:
    return text.encode().decode("mac_roman")


@pytest.mark.parametrize(
    "line",
    [
        "Łukasz Kaiser",
        "苏剑林(Jianlin Su)",
        "∞Bench",
        "📜 Papers",
        "Ömer “quoted” – dash",
        "Σ² ≤ ½",
    ],
)
def test_utf8_read_as_mac_roman_is_mended_and_counted(line):
    repaired = repair(f"plain\n{mojibake(line)}\nplain")
    assert repaired.text.split("\n")[1] == line
    assert repaired.repaired_lines == 1


@pytest.mark.parametrize(
    "line", ["Łukasz Kaiser", "苏剑林", "café – naïve", "André Martins ∞", "É"]
)
def test_sound_text_is_left_alone(line):
    repaired = repair(line)
    assert (repaired.text, repaired.repaired_lines) == (line, 0)


def test_other_mishaps_of_encoding_are_mended_too():
    broken = "Erdős".encode().decode("latin-1")
    assert repair(f"by {broken}").text == "by Erdős"


@pytest.mark.parametrize(
    ("line", "mended", "kind"),
    [
        ("[a](hhttps://x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](htttp://x.org/a)", "[a](http://x.org/a)", "url-repaired"),
        ("[a](htps://x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](ttps://x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](\\https://x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](https:/x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](https//x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        ("[a](https://https://x.org/a)", "[a](https://x.org/a)", "url-repaired"),
        (
            "[![s](https://img.shields.io/github/stars/o/r](https://github.com/o/r)",
            "[![s](https://img.shields.io/github/stars/o/r)](https://github.com/o/r)",
            "badge-repaired",
        ),
    ],
)
def test_broken_links_are_mended_and_told_with_their_line(line, mended, kind):
    repaired = repair(f"first\n{line}")
    assert repaired.text == f"first\n{mended}"
    assert [(problem.line, problem.kind) for problem in repaired.problems] == [(2, kind)]
    assert repaired.repaired_lines == 0  # that figure counts damaged characters


@pytest.mark.parametrize(
    "line",
    [
        "[a](https://x.org/http/https/a)",
        "[a](https://web.archive.org/web/2020/https://x.org/)",
        "[![s](https://img.shields.io/github/stars/o/r)](https://github.com/o/r)",
        "see http and https",
    ],
)
def test_sound_links_are_left_alone(line):
    assert repair(line).text == line
    assert not repair(line).problems


def test_html_that_hides_text_is_blanked_and_lines_stay_in_place():
    text = "<!-- a\nb -->\n<details><summary>Old</summary>\n- [a](https://x.org)\n</details>"
    assert repair(text).text.split("\n") == ["", "", "", "- [a](https://x.org)", ""]


def test_an_open_comment_does_not_swallow_the_rest():
    repaired = repair("one\n<!-- two\nthree")
    assert "three" in repaired.text
    assert [(p.line, p.kind) for p in repaired.problems] == [(2, "comment-open")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("naïve\n".encode("latin-1"), "not UTF-8 (line 1)"),
        (b"ok\nok\n\xff\xfa", "not UTF-8 (line 3)"),
        ("# List\n".encode("utf-16"), "UTF-16"),
        (b"\n<!DOCTYPE html><html></html>", "web page"),
        (b"<html lang=en>", "web page"),
        (b"\xef\xbb\xbf<!-- saved -->\n<!DOCTYPE html>", "web page"),
        (b"<head><meta charset=utf-8></head><body><ul>", "web page"),
        (b"a" * (MAX_BYTES + 1), "MB"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(data, words):
    with pytest.raises(ListRefused) as refusal:
        decode(data)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_line_without_end_is_refused():
    with pytest.raises(ListRefused, match="Line 2"):
        repair("a\n" + "[" * 100_000)


def test_a_byte_order_mark_is_no_text():
    assert decode("\ufeff# List".encode()) == "# List"


@given(st.text())
def test_no_text_crashes_the_repair_and_lines_keep_their_number(text):
    if any(char in text for char in "\r<"):
        return
    assert repair(text).text.count("\n") == text.count("\n")


@given(st.text(alphabet=st.characters(min_codepoint=0xA1, max_codepoint=0x2FFF), min_size=1))
def test_whatever_was_read_as_mac_roman_comes_back(text):
    if text.splitlines() != [text]:
        return
    assert repair(mojibake(text)).text == text
