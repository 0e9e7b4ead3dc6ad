"""Values in messages are short and cannot change a log or a terminal."""

from photo_wire.errors import WireError, printable, quoted


def test_an_error_names_its_field() -> None:
    error = WireError("X-Photo-Id", "is not a photo's name")
    assert (str(error), error.field) == ("X-Photo-Id: is not a photo's name", "X-Photo-Id")


def test_a_quoted_value_is_escaped_and_cut() -> None:
    assert quoted("a\nü") == r"'a\n\xfc'"
    assert quoted("a" * 100, max_length=3) == "'aaa...'"


def test_a_printable_text_keeps_letters_and_escapes_controls() -> None:
    assert printable("ü\n\x1b") == r"ü\n\x1b"
    assert printable("a\nb", keep="\n") == "a\nb"
    assert printable("abcdef", max_length=2) == "ab..."
