import pytest

from catalog.keys import read_key, read_keys


@pytest.mark.parametrize(
    "text", ["", "-1", "0", "1.5", " 7", "²", "٣", "9" * 19, "1" * 5000, "7\x00"]
)
def test_what_is_no_number_of_a_row_is_none(text):
    assert read_key(text) is None


def test_numbers_of_rows_are_read_in_order_each_once():
    assert read_keys(["7", "x", "3", "007", "9" * 18]) == [7, 3, int("9" * 18)]
