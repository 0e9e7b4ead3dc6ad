"""The text of a receiver's answer: few, printable, and without a secret."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.notify.senders.send_process.answer_text import (
    MAX_LENGTH,
    excerpt,
    without_secrets,
)

ADDRESS = "https://me:s3cretpass@hooks.example/services/T1JJ3T3L2/tok-en_12345?key=abcd1234"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (
            b'{"error": "no such field: camera"}',
            "application/json",
            '{"error": "no such field: camera"}',
        ),
        (b"bad\r\n\r\n  request\x00\x1b[31m", "text/plain; charset=utf-8", "bad request [31m"),
        (
            b"<html><style>b { }</style><h1>Bad</h1><script>alert(1)</script> request",
            "text/html",
            "Bad request",
        ),
        (b"<script>alert(", "text/html", ""),
        (b"<p>cut <a href=", "text/html", "cut"),
        ("\u202egnp.exe äß".encode(), "text/plain", "gnp.exe äß"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"GIF89a", "image/gif", ""),
        (b"", "text/plain", ""),
    ],
)
def test_the_beginning_of_an_answer_in_one_line(body: bytes, content_type: str, text: str) -> None:
    assert excerpt(body, content_type) == text


@given(body=st.binary(max_size=4000), kind=st.sampled_from(["text/plain", "text/html"]))
def test_any_answer_is_short_and_printable(body: bytes, kind: str) -> None:
    text = excerpt(body, kind)
    assert len(text) <= MAX_LENGTH
    assert text.isprintable()


@given(
    before=st.text(max_size=20),
    secret=st.sampled_from(["s3cretpass", "T1JJ3T3L2", "tok-en_12345", "12345", "abcd1234"]),
    form=st.sampled_from([str, str.lower, str.upper, quote]),
)
def test_no_part_of_an_address_is_in_the_words(before: str, secret: str, form: object) -> None:
    assert callable(form)
    text = without_secrets(f"{before}: {form(secret)} is unknown", ADDRESS)
    assert secret.lower() not in text.lower()
    assert text.endswith(" is unknown")


def test_other_words_stay() -> None:
    text = without_secrets("Cannot POST /services/T1JJ3T3L2: no such hook", ADDRESS)
    assert text == "Cannot POST /***/***: no such hook"
