"""A spool that an earlier version wrote is read by this one: nothing is lost, nothing is doubled.

tests/golden/record_spool.py has recorded it, with that version's own program.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from photo_wire.alert import LOSS, QUARANTINE, SPOOL_FILLING
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.photo_log import RECEIPTS_FILE, PhotoLog
from pi_uploader.spool import Spool
from pi_uploader.spool.admin import count_spool, requeue, verify
from pi_uploader.upload.limits import MonthlyQuota
from pi_uploader.upload.state import read_state, state_file
from tests.golden.exchanges import FOLDER
from tests.support.fault_server import FaultServer
from tests.support.uploading import Device

RECORDED = sorted(FOLDER.glob("spool-*"))
IN_SPOOL = ("waiting", "undated", "quarantine", "lost")


@pytest.fixture(params=RECORDED, ids=lambda folder: folder.name)
def recorded(request: pytest.FixtureRequest) -> Path:
    """The folder of a version."""
    folder: Path = request.param
    return folder


@pytest.fixture
def spool_folder(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the spool that the version wrote."""
    return shutil.copytree(recorded / "spool", tmp_path / "spool")


def ids_in(folder: Path, *parts: str) -> list[str]:
    """The ids in the names of the files below these folders, read without the spool's code."""
    files = (file for part in parts for file in (folder / part).rglob("*") if file.is_file())
    return sorted(file.name.split("~")[1] for file in files)


def pi_uploader(spool_folder: Path, *args: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", *args],
        env={"PATH": os.environ["PATH"], "CAMERA_SPOOL": str(spool_folder), "HOME": "/nowhere"},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        timeout=90,
    ).stdout


def test_a_spool_is_recorded_with_one_of_everything() -> None:
    """Else the tests here would prove little."""
    assert RECORDED
    for folder in RECORDED:
        assert {part.name for part in (folder / "spool").iterdir()} >= {
            *(*IN_SPOOL, "reported", "kept"),
            *("alerts.json", "data-sent.json", "receipts.log", "upload.json"),
        }
        assert len(list((folder / "spool" / "waiting").iterdir())) > 1
        assert len(list((folder / "spool" / "waiting").rglob("*.partial"))) == 2


def test_status_prints_what_the_version_printed(recorded: Path, spool_folder: Path) -> None:
    now = json.loads(pi_uploader(spool_folder, "status", "--json"))
    before = json.loads((recorded / "status.json").read_text())
    assert {name: now[name] for name in before} == before


def test_list_prints_what_the_version_printed(recorded: Path, spool_folder: Path) -> None:
    lines = (recorded / "list.jsonl").read_text().splitlines()
    now = pi_uploader(spool_folder, "spool", "list", "--json").splitlines()
    assert list(map(json.loads, now)) == list(map(json.loads, lines))


def test_every_photo_that_waits_is_whole(spool_folder: Path) -> None:
    assert list(verify(Spool(spool_folder))) == []


def test_requeue_takes_all_but_the_damaged_one(spool_folder: Path) -> None:
    rejected = ids_in(spool_folder, "quarantine/rejected-422")
    assert [str(photo.name) for photo in requeue(Spool(spool_folder))] == rejected
    assert ids_in(spool_folder, "quarantine") == ids_in(spool_folder, "quarantine/damaged")


def test_every_photo_is_uploaded_and_every_loss_reported(spool_folder: Path) -> None:
    """By the real uploader, after the partial files are recovered and quarantine is requeued."""
    before = {part: ids_in(spool_folder, part) for part in IN_SPOOL}
    [damaged] = ids_in(spool_folder, "quarantine/damaged")
    torn = set(torn_partials(spool_folder))
    assert len(torn) == 1
    hashes = dict(hashes_in(spool_folder))
    kept = count_spool(spool_folder).kept
    with FaultServer() as server:
        server.store.deleted.update(receipts_in(spool_folder))  # the backend knows these photos
        device = Device(spool_folder, server)
        device.spool.recover()
        assert len(list(requeue(device.spool))) == 1
        device.try_all(60)
        for _ in range(5):  # the reports' own pauses
            device.now += 600
            device.uploader.step()
        stored, alerts = server.store.photos, server.store.alerts
        losses = {name for name, alert in alerts.items() if alert.kind == LOSS}
        quarantined = {name for name, alert in alerts.items() if alert.kind == QUARANTINE}
        assert (server.store.repeats, server.store.duplicates) == (0, 0)
    waited = {*before["waiting"], *before["undated"], *before["quarantine"]}
    assert tags(stored) == tags(waited - torn - {damaged})
    assert losses == {*before["lost"], *torn}
    assert quarantined == {damaged}
    hashes_by_tag = {tag_of(name): sha256 for name, sha256 in hashes.items()}
    assert all(one.receipt.sha256 == hashes_by_tag[tag_of(name)] for name, one in stored.items())
    left = count_spool(spool_folder)
    assert (left.waiting, left.quarantined, left.unreported, left.kept) == (0, 1, 0, kept)


def tag_of(name: str) -> str:
    """Return the random digits of an id. Its time is worked out anew, and may be another one by a
    millisecond, where a photo without a time was recorded in this boot of this machine."""
    return name.rpartition("-")[2]


def tags(names: Iterable[str]) -> list[str]:
    return sorted(map(tag_of, names))


def torn_partials(folder: Path) -> Iterator[str]:
    """The ids of the partial files that are not as long as their names say."""
    for file in (folder / "waiting").rglob("*.partial"):
        _, name, _, _, size, _ = file.name.split("~")
        if file.stat().st_size != int(size):
            yield name


def hashes_in(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.glob("*/*/*~*"):
        *_, name, _, _, _, rest = file.name.split("~")
        yield name, rest.partition(".")[0]


def test_a_kept_photo_that_the_backend_has_lost_is_sent_again(spool_folder: Path) -> None:
    """The receipts and the archive are read, too."""
    kept = {file.stem for file in (spool_folder / "kept").rglob("*.jpg")}
    assert kept < set(receipts_in(spool_folder))
    with FaultServer() as server:  # it stored none of the photos with receipts
        device = Device(spool_folder, server)
        for _ in range(60):
            device.try_once()
            device.now += 600
        assert kept < server.store.photos.keys()
        assert server.store.repeats == 0
    assert count_spool(spool_folder).kept == 0


def receipts_in(folder: Path) -> list[str]:
    return [line.split("~")[1] for line in (folder / "receipts.log").read_text().splitlines()]


def test_the_state_files_are_read(spool_folder: Path) -> None:
    state: dict[str, Any] = read_state(state_file(spool_folder))
    assert state["last_receipt"]
    assert state["problem"]
    assert len(PhotoLog(spool_folder / RECEIPTS_FILE).photos()) == 3
    assert [one.kind for one in AlertOutbox(spool_folder / "alerts.json").pending()] == [
        SPOOL_FILLING
    ]


def test_the_bytes_of_the_month_are_read(spool_folder: Path) -> None:
    """A quota of just these bytes is used up in that month, and not in the next one."""
    file = spool_folder / "data-sent.json"
    sent = json.loads(file.read_text())
    month = datetime.strptime(sent["month"], "%Y-%m").replace(tzinfo=UTC)
    assert sent["bytes"] > 0
    assert MonthlyQuota(file, sent["bytes"]).reserve(1, month) is None
    assert MonthlyQuota(file, sent["bytes"]).reserve(1, month.replace(year=2099)) is not None
