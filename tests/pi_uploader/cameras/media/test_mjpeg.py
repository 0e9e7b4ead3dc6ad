"""JPEGs that come one after the other, in any blocks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.cameras.media import mjpeg
from pi_uploader.cameras.media.mjpeg import JpegSplitter
from tests.support.pictures import jpeg

PICTURES = [jpeg(32, 24, seed=number) for number in range(4)]


@given(st.lists(st.integers(0, sum(map(len, PICTURES))), max_size=30))
def test_the_blocks_in_which_they_come_change_nothing(cuts: list[int]) -> None:
    content, splitter = b"".join(PICTURES), JpegSplitter()
    edges = sorted({0, *cuts, len(content)})
    found = [
        picture
        for start, end in pairwise(edges)
        for picture in splitter.split(content[start:end], float(end))
    ]
    assert [one.content for one in found] == PICTURES
    assert all(one.is_key for one in found)


def test_a_picture_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would fill the memory."""
    monkeypatch.setattr(mjpeg, "MAX_PICTURE_BYTES", 100)
    with pytest.raises(ValueError, match="a picture has more than 100 bytes"):
        list(JpegSplitter().split(bytes(101), 0.0))
