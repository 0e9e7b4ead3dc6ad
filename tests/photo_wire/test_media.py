"""Kinds of photo are found by their Content-Type and by their suffix."""

import pytest

from photo_wire.media import Media


@pytest.mark.parametrize("media", Media)
def test_each_kind_is_found_by_both(media: Media) -> None:
    assert Media.of_content_type(media.content_type) is media
    assert Media.of_suffix(media.suffix) is media


def test_case_and_parameters_are_ignored() -> None:
    assert Media.of_content_type(" Image/JPEG ; charset=binary") is Media.JPEG


def test_others_are_none() -> None:
    assert Media.of_content_type("image/png") is None
    assert Media.of_content_type("") is None
    assert Media.of_suffix(".jpg") is None
