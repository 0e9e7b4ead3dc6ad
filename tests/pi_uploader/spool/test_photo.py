"""A file name holds all that is known of a photo; a file is opened only if its bytes are right."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pi_uploader.spool import (
    DamagedPhotoError,
    Spool,
    SpooledPhoto,
    UnreadablePhotoError,
)
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.photo import (
    MAX_SIZE_IN_MEMORY,
    cameras_and_sizes,
    open_verified,
    parse_file_name,
    parse_shard,
)
from pi_uploader.spool.recovery import PARTIAL
from tests.support.file_names import file_names, spooled_photos
from tests.support.spool_photos import name, put

FILE_NAME = f"0000042117~{name(1)}~motion+first~synced~483112~{'ab' * 32}.jpg"


@given(spooled_photos)
def test_a_file_name_holds_the_whole_photo(photo: SpooledPhoto) -> None:
    assert parse_file_name(photo.file_name) == photo
    assert parse_shard(photo.path.parts[0]) is not None
    assert len(photo.file_name + PARTIAL) <= 255  # what Linux allows


@pytest.mark.parametrize(
    "file_name",
    [
        "",
        "photo.jpg",
        FILE_NAME + ".partial",
        FILE_NAME.replace("motion", "magic"),
        FILE_NAME.replace("synced", "perhaps"),
        FILE_NAME.replace(".jpg", ".gif"),
        FILE_NAME.replace("20261120", "20261320"),
        FILE_NAME[1:],
        FILE_NAME.replace("+first", "+nomotion+first"),
        FILE_NAME.replace("+first", "+further+first"),
        FILE_NAME.replace("+first", "+box.0.0.500"),
        FILE_NAME.replace("+first", "+box.0.0.0.500"),
        FILE_NAME.replace("+first", "+box.600.0.500.500"),
        FILE_NAME.replace("+first", "+box.01.0.500.500"),
    ],
)
def test_another_name_is_no_photo(file_name: str) -> None:
    assert parse_file_name(FILE_NAME) is not None
    assert parse_file_name(file_name) is None


@given(st.lists(file_names))
@example([FILE_NAME.replace("20261120", day) for day in ("19691231", "20260229", "20240229")])
@example([FILE_NAME + "\n", "\n" + FILE_NAME, FILE_NAME, f"{FILE_NAME}~", FILE_NAME * 2])
@example(
    [
        FILE_NAME.replace("~sync", f"+box.{box}~sync")
        for box in ("1.2.3.4", "600.0.500.9", "1.2.0.4")
    ]
)
@example([FILE_NAME.replace("T12", "T24"), FILE_NAME.replace("~synced", "~synced@0000abcd-5")])
def test_what_is_counted_is_what_is_parsed(names: list[str]) -> None:
    photos = [photo for photo in map(parse_file_name, names) if photo]
    assert cameras_and_sizes(names) == [(photo.name.camera, photo.size) for photo in photos]


@pytest.mark.parametrize("shard", ["", "1", "0000000x", "99999999", "000000001"])
def test_another_name_is_no_folder_of_photos(shard: str) -> None:
    assert parse_shard(shard) is None


@pytest.mark.parametrize("size", [96, MAX_SIZE_IN_MEMORY, MAX_SIZE_IN_MEMORY + 1])
def test_other_bytes_are_damage(size: int, tmp_path: Path) -> None:
    photo = put(Spool(tmp_path), 1, size=size)
    path = tmp_path / "waiting" / photo.path
    whole = path.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for content in (b"", b"other bytes", flipped, whole[:-1], whole + b"x", whole * 2):
        path.write_bytes(content)
        with pytest.raises(DamagedPhotoError, match="not those that the camera delivered"):
            open_verified(path, photo, Disk())


@pytest.mark.parametrize("size", [96, MAX_SIZE_IN_MEMORY, MAX_SIZE_IN_MEMORY + 1])
def test_a_whole_photo_is_opened_at_its_beginning(size: int, tmp_path: Path) -> None:
    photo = put(Spool(tmp_path), 1, size=size)
    path = tmp_path / "waiting" / photo.path
    with open_verified(path, photo, Disk()) as file:
        assert file.read() == path.read_bytes()
        assert file.seek(0) == file.tell() == 0


def test_of_a_small_photo_the_bytes_that_were_compared_are_sent(tmp_path: Path) -> None:
    """Whatever becomes of the file in between."""
    photo = put(Spool(tmp_path), 1, size=MAX_SIZE_IN_MEMORY)
    path = tmp_path / "waiting" / photo.path
    whole = path.read_bytes()
    with open_verified(path, photo, Disk()) as file:
        path.write_bytes(b"x" * MAX_SIZE_IN_MEMORY)
        assert file.read() == whole


def test_a_folder_in_its_place_is_unreadable_and_a_missing_file_is_missing(tmp_path: Path) -> None:
    photo = put(Spool(tmp_path), 1)
    path = tmp_path / "waiting" / photo.path
    path.unlink()
    with pytest.raises(FileNotFoundError):
        open_verified(path, photo, Disk())
    path.mkdir()
    with pytest.raises(UnreadablePhotoError):
        open_verified(path, photo, Disk())
