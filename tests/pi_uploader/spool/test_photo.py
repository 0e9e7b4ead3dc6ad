"""A file name holds all that is known of a photo; a file is opened only if its bytes are right."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.clock import BootTime
from pi_uploader.spool import (
    DamagedPhotoError,
    PhotoInfo,
    Spool,
    SpooledPhoto,
    UnreadablePhotoError,
)
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.photo import MAX_SEQUENCE, open_verified, parse_file_name, parse_shard
from tests.support.spool_photos import name, put

FILE_NAME = f"0000042117~{name(1)}~motion+first~synced~483112~{'ab' * 32}.jpg"

boot_times = st.builds(
    BootTime, st.from_regex("[0-9a-f]{8}", fullmatch=True), st.integers(0, 10**15 - 1)
)
infos = st.builds(
    PhotoInfo,
    st.integers(0, 10_000).map(name),
    st.sampled_from(Media),
    st.sampled_from(Trigger),
    st.sampled_from(ClockStatus),
    is_first=st.booleans(),
    boot_time=st.none() | boot_times,
)
photos = st.builds(
    SpooledPhoto,
    st.integers(0, MAX_SEQUENCE),
    infos,
    st.integers(0, 10**12 - 1),
    st.from_regex("[0-9a-f]{64}", fullmatch=True),
)


@given(photos)
def test_a_file_name_holds_the_whole_photo(photo: SpooledPhoto) -> None:
    assert parse_file_name(photo.file_name) == photo
    assert parse_shard(photo.path.parts[0]) is not None


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
    ],
)
def test_another_name_is_no_photo(file_name: str) -> None:
    assert parse_file_name(FILE_NAME) is not None
    assert parse_file_name(file_name) is None


@pytest.mark.parametrize("shard", ["", "1", "0000000x", "99999999", "000000001"])
def test_another_name_is_no_folder_of_photos(shard: str) -> None:
    assert parse_shard(shard) is None


@pytest.mark.parametrize("content", [b"", b"other bytes", b"x" * 96, b"x" * 10_000])
def test_other_bytes_are_damage(content: bytes, tmp_path: Path) -> None:
    photo = put(Spool(tmp_path), 1)
    path = tmp_path / "waiting" / photo.path
    path.write_bytes(content)
    with pytest.raises(DamagedPhotoError, match="not those that the camera delivered"):
        open_verified(path, photo, Disk())


def test_a_folder_in_its_place_is_unreadable_and_a_missing_file_is_missing(tmp_path: Path) -> None:
    photo = put(Spool(tmp_path), 1)
    path = tmp_path / "waiting" / photo.path
    path.unlink()
    with pytest.raises(FileNotFoundError):
        open_verified(path, photo, Disk())
    path.mkdir()
    with pytest.raises(UnreadablePhotoError):
        open_verified(path, photo, Disk())
