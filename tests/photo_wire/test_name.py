"""A photo has one name: made, told, parsed back, and everything else refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.name import PhotoName, check_camera, new_name, parse_name
from tests.photo_wire.strategies import names

EXAMPLE = "entry-20261120T120134567Z-5f3a9c2e"


def test_a_name_says_camera_time_and_tag() -> None:
    moment = datetime(2026, 11, 20, 12, 1, 34, 567_891, tzinfo=UTC)
    assert str(new_name("entry", moment, "5f3a9c2e")) == EXAMPLE


def test_a_name_is_in_utc_whatever_the_zone_of_the_moment() -> None:
    vienna = timezone(timedelta(hours=1))
    assert (
        str(new_name("entry", datetime(2026, 11, 20, 13, 1, 34, 567_000, vienna), "5f3a9c2e"))
        == EXAMPLE
    )


def test_two_photos_of_one_millisecond_have_two_names() -> None:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    assert len({str(new_name("entry", moment)) for _ in range(100)}) == 100


@given(names)
def test_every_name_comes_back_from_its_text(name: PhotoName) -> None:
    assert parse_name(str(name)) == name


@given(st.text())
def test_any_other_text_is_refused_with_a_wire_error(text: str) -> None:
    with pytest.raises(WireError, match="is not a photo's name"):
        parse_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE + "\n",
        EXAMPLE.upper(),
        EXAMPLE.replace("entry", "../entry"),
        EXAMPLE.replace("entry", "-entry"),
        EXAMPLE.replace("entry", "e" * 33),
        EXAMPLE.replace("5f3a9c2e", "5f3a9c2"),
        EXAMPLE.replace("5f3a9c2e", "5F3A9C2E"),
        EXAMPLE.replace("20261120", "20261131"),
        EXAMPLE.replace("T120134567", "T250134567"),
        EXAMPLE.replace("T120134567", "T12013456\u0667"),
        EXAMPLE.replace("20261120", "19691231"),
        "20261120T120134567Z-5f3a9c2e",
    ],
)
def test_what_only_looks_like_a_name_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        parse_name(text)


@pytest.mark.parametrize(
    "camera", ["", "Entry", "front door", "-gate", "a" * 33, "tor\u00e4", "a/b", "a.b"]
)
def test_a_camera_cannot_be_called_anything(camera: str) -> None:
    with pytest.raises(WireError, match="camera"):
        check_camera(camera)
