"""A special file in place of a photo or of a state file holds up no photo.

A damaged file system shows pipes, devices and files of any size where there were others.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from photo_wire.signature import SIGNATURE
from pi_uploader.agent.agent import JOURNAL_FILE
from pi_uploader.agent.pause import PAUSE_FILE
from pi_uploader.alerts.photo_log import MISSING_FILE, RECEIPTS_FILE, PhotoLog
from pi_uploader.capture.arming import FILE_NAME as ARMED_FILE
from pi_uploader.capture.arming import DisarmedCameras
from pi_uploader.capture.start_backoff import StartBackoff
from pi_uploader.identity import Identity
from pi_uploader.identity.counter import COUNTER_FILE
from pi_uploader.identity.key_file import KEY_FILE
from pi_uploader.spool import Spool
from pi_uploader.spool.admin import verify
from pi_uploader.spool.export import export
from pi_uploader.status import spool_status
from pi_uploader.upload.limits import MonthlyQuota
from pi_uploader.upload.state import UploadState, read_state
from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import put
from tests.support.uploading import Device
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("quick_client")

MakeFile = Callable[[Path], object]
SPARSE_SIZE = 1 << 40  # bytes of a file that has none on the disk


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE_SIZE)


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


SPECIAL: dict[str, MakeFile] = {
    "pipe": os.mkfifo,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "huge": sparse,
    "folder": Path.mkdir,
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
}
STATE_FILES = (RECEIPTS_FILE, MISSING_FILE, "alerts.json", "upload.json")
IN_PLACE_OF_STATE_FILES = [(name, special) for name in STATE_FILES for special in SPECIAL]


@pytest.mark.parametrize(
    ("name", "special"),
    [*IN_PLACE_OF_STATE_FILES, ("writers.lock", "pipe"), ("writers.lock", "huge")],
)
def test_in_place_of_a_state_file_it_costs_no_photo(
    name: str, special: str, tmp_path: Path
) -> None:
    SPECIAL[special](tmp_path / name)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(3)
        device.try_all(max_tries=4)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos}
    read_state(tmp_path / "upload.json")


@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("name", [KEY_FILE, COUNTER_FILE])
def test_in_place_of_the_devices_key_or_counter_it_costs_no_photo(
    name: str, special: str, tmp_path: Path
) -> None:
    """Without a key they are unsigned."""
    SPECIAL[special](tmp_path / name)
    with FaultServer() as server:
        device = Device(tmp_path, server, identity=Identity.open(tmp_path, {}, "gate"))
        photos = device.take(3)
        device.try_all(max_tries=4)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos}
    are_signed = [SIGNATURE in request.headers for request in server.requests]
    assert are_signed == [name == COUNTER_FILE] * 3


@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("name", [JOURNAL_FILE, PAUSE_FILE, ARMED_FILE])
def test_in_place_of_the_files_of_commands_it_stops_no_heartbeat(
    name: str, special: str, tmp_path: Path
) -> None:
    """Nothing counts as paused or disarmed. What was open is not executed: it may have been."""
    spool = tmp_path / "spool"
    spool.mkdir()
    SPECIAL[special](spool / name)
    assert DisarmedCameras(spool).find("gate") is None
    with AgentBackend() as backend:
        device = AgentDevice(tmp_path, backend)
        assert not device.pause.remaining()
        command = backend.ask("pause", camera=None)
        with device.running():
            wait_for(lambda: backend.final(command), what="its result")
        result = backend.final(command)
    assert result
    is_damaged = name == JOURNAL_FILE and special != "link to nowhere"  # which is like no file
    is_blocked = name == PAUSE_FILE and special == "folder"
    assert result.state == ("expired" if is_damaged else "refused" if is_blocked else "done")
    assert (device.pause.remaining() > 0) == (result.state == "done")


@pytest.mark.parametrize("special", ["pipe", "endless device", "huge", "link to nowhere"])
def test_the_log_of_receipts_replaces_what_cannot_be_read(special: str, tmp_path: Path) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(2)]
    file = tmp_path / RECEIPTS_FILE
    SPECIAL[special](file)
    log = PhotoLog(file)
    for photo in photos:
        log.add(photo)
    assert PhotoLog(file).photos() == photos[::-1]


def test_an_invalid_line_costs_only_itself(tmp_path: Path) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(3)]
    file = tmp_path / RECEIPTS_FILE
    lines = [photo.file_name.encode() for photo in photos]
    file.write_bytes(b"\n".join([lines[0], b"\xff\xfe\0", lines[1], b"\x80", lines[2], b""]))
    assert PhotoLog(file).photos() == photos[::-1]


@pytest.mark.parametrize("special", [*SPECIAL.values(), deep])
def test_in_place_of_a_counter_it_counts_as_zero(special: MakeFile, tmp_path: Path) -> None:
    for name in ("quota.json", "upload.json", "failed-capture-starts"):
        special(tmp_path / name)
    MonthlyQuota(tmp_path / "quota.json", monthly_bytes=1)
    UploadState(tmp_path / "upload.json")
    assert StartBackoff({"STATE_DIRECTORY": str(tmp_path)}).next_delay() == 0


@pytest.mark.parametrize("special", SPECIAL)
def test_in_place_of_a_photo_it_goes_to_quarantine_and_the_others_are_sent(
    special: str, tmp_path: Path
) -> None:
    """The newest photo is sent first; `verify` and `export` end, too."""
    spool = Spool(tmp_path)
    photos = [put(spool, number) for number in range(3)]
    file = spool.folder / "waiting" / photos[2].path
    file.unlink()
    SPECIAL[special](file)
    assert [photo for photo, _ in verify(spool)] == [photos[2]]
    if special not in ("huge", "link to nowhere"):  # these would be copied, and are not there
        exported = list(export(spool, tmp_path / "copies"))
        assert len(exported) == 2
    spool_status(tmp_path)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.try_all(max_tries=4)
        assert server.store.photos.keys() == {str(photo.name) for photo in photos[:2]}
    [(_, quarantined)] = device.spool.quarantined_photos()
    assert quarantined == photos[2]
