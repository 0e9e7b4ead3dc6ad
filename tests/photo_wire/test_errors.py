"""Values in messages are short and cannot change a log or a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from photo_wire.errors import WireError, as_sentence, printable, quoted


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


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("the disk is full", "The disk is full."),
        ("Method not allowed.", "Method not allowed."),
        ("is it plugged in?", "Is it plugged in?"),
        ("no such device!", "No such device!"),
        ("it waits...", "It waits..."),
        ("übertemperatur…", "Übertemperatur…"),
    ],
)
def test_a_problem_becomes_a_sentence_with_one_end(problem: str, sentence: str) -> None:
    assert as_sentence(problem) == sentence


@given(st.text())
def test_a_sentence_stays_as_it_is_and_markup_stays_markup(problem: str) -> None:
    sentence = as_sentence(problem)
    assert as_sentence(sentence) == sentence
    of_markup = as_sentence(escape(problem))
    assert isinstance(of_markup, Markup)
    assert of_markup == escape(sentence)
