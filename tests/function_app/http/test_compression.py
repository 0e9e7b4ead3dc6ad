"""Compressed responses."""

import gzip

import pytest

from function_app.http.compression import MIN_BYTES, compress
from function_app.http.responses import Response

LONG = Response(200, b"night " * MIN_BYTES, "text/html", {"ETag": '"x"'})


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_long_body_is_compressed_for_who_accepts_it(is_kept: bool) -> None:
    found = compress(LONG, {"Accept-Encoding": "br, gzip;q=0.8"}, is_kept)
    assert gzip.decompress(found.body) == LONG.body
    assert len(found.body) < len(LONG.body) / 10
    assert found.headers == {
        "ETag": '"x"',
        "Vary": "Accept-Encoding",
        "Content-Encoding": "gzip",
    }


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0.0", "br", "gzipped"])
def test_nobody_else_gets_it(accepted: str) -> None:
    found = compress(LONG, {"Accept-Encoding": accepted})
    assert found.body == LONG.body
    assert "Content-Encoding" not in found.headers
    assert found.headers["Vary"] == "Accept-Encoding"


def test_a_short_body_stays_as_it_is() -> None:
    short = Response(200, b"x" * (MIN_BYTES - 1))
    assert compress(short, {"Accept-Encoding": "gzip"}).body == short.body
