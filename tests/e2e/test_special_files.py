"""Whatever lies in place of a photo or of a small file holds up no photo.

A damaged file system shows pipes, devices and files of any size where there were others.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_uploader.alerts.missing_photo_monitor import MISSING_FILE, RECEIPTS_FILE, PhotoLog
from pi_uploader.capture.start_backoff import StartBackoff
from pi_uploader.spool import Spool
from pi_uploader.spool.admin import verify
from pi_uploader.spool.export import export
from pi_uploader.status import status
from pi_uploader.upload.limits import MonthlyQuota
from pi_uploader.upload.state import UploadState, read_state
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import put
from tests.support.uploading import Device

Odd = Callable[[Path], object]
NO_WIDTH = 1 << 40  # bytes of a file that has none on the disk


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(NO_WIDTH)


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


ODD: dict[str, Odd] = {
    "pipe": os.mkfifo,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "huge": sparse,
    "folder": Path.mkdir,
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
}
STATE_FILES = (RECEIPTS_FILE, MISSING_FILE, "alerts.json", "upload.json")
IN_PLACE_OF_SMALL_FILES = [(name, odd) for name in STATE_FILES for odd in ODD]


@pytest.mark.parametrize(
    ("name", "odd"),
    [*IN_PLACE_OF_SMALL_FILES, ("writers.lock", "pipe"), ("writers.lock", "huge")],
)
def test_in_place_of_a_small_file_it_costs_no_photo(name: str, odd: str, tmp_path: Path) -> None:
    ODD[odd](tmp_path / name)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(3)
        device.try_all(max_tries=4)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos}
    read_state(tmp_path / "upload.json")


@pytest.mark.parametrize("odd", ["pipe", "endless device", "huge", "link to nowhere"])
def test_the_log_of_receipts_takes_the_place_of_what_cannot_be_read(
    odd: str, tmp_path: Path
) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(2)]
    file = tmp_path / RECEIPTS_FILE
    ODD[odd](file)
    log = PhotoLog(file)
    for photo in photos:
        log.add(photo)
    assert PhotoLog(file).photos() == photos[::-1]


def test_a_line_that_is_no_text_costs_only_itself(tmp_path: Path) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(3)]
    file = tmp_path / RECEIPTS_FILE
    lines = [photo.file_name.encode() for photo in photos]
    file.write_bytes(b"\n".join([lines[0], b"\xff\xfe\0", lines[1], b"\x80", lines[2], b""]))
    assert PhotoLog(file).photos() == photos[::-1]


@pytest.mark.parametrize("odd", [*ODD.values(), deep])
def test_in_place_of_what_is_counted_it_counts_as_nothing(odd: Odd, tmp_path: Path) -> None:
    for name in ("budget.json", "upload.json", "failed-capture-starts"):
        odd(tmp_path / name)
    MonthlyQuota(tmp_path / "budget.json", monthly_bytes=1)
    UploadState(tmp_path / "upload.json")
    assert StartBackoff({"STATE_DIRECTORY": str(tmp_path)}).next_delay() == 0


@pytest.mark.parametrize("odd", ODD)
def test_in_place_of_a_photo_it_is_set_aside_and_the_others_go(odd: str, tmp_path: Path) -> None:
    """The newest photo is sent first; `verify` and `export` come to their end, too."""
    spool = Spool(tmp_path)
    photos = [put(spool, number) for number in range(3)]
    file = spool.folder / "waiting" / photos[2].path
    file.unlink()
    ODD[odd](file)
    assert [photo for photo, _ in verify(spool)] == [photos[2]]
    if odd not in ("huge", "link to nowhere"):  # these would be copied, and are not there
        exported = list(export(spool, tmp_path / "copies"))
        assert len(exported) == 2
    status(tmp_path)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.try_all(max_tries=4)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos[:2]}
    [(_, aside)] = device.spool.quarantined_photos()
    assert aside == photos[2]
