"""Every path of a spool fails permanently, at every kind of call: no other photo is lost or held up
by that, and nothing is lost without a record."""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from photo_wire.alert import LOSS
from pi_uploader.client.backend import BackendClient
from pi_uploader.clock import BootTime
from pi_uploader.spool import Quota, Spool, SpooledPhoto, SpoolError
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support import faults
from tests.support.disks import NEEDS_SPACE, FailingPathDisk, Fault, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.oracle import HOLDING, entries
from tests.support.spool_photos import content, name, put
from tests.support.store import Store

pytestmark = pytest.mark.slow

SIZE = 96
FOLDER_SIZE = 2  # photos
TAKEN = BootTime("00000000", 1)  # in an earlier boot, so that it is named at once
TWO_HOURS = 7200.0


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _small_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pi_uploader.spool.photo.SHARD_SIZE", FOLDER_SIZE)


@dataclass
class Outcome:
    """Photos by their SHA-256. `somewhere`: on the card, in the backend, or on record as lost."""

    captured: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    somewhere: set[str] = field(default_factory=set)
    reported_photos: set[str] = field(default_factory=set)  # losses and photos in quarantine
    unreadable: list[Path] = field(default_factory=list)


def run_device(
    folder: Path, disk: FailingPathDisk, server: FaultServer, client: BackendClient
) -> Outcome:
    """Put, evict, name, keep, quarantine and send photos, beside a partial file."""
    outcome = Outcome()
    place, runtime = folder / "spool", folder / "run"
    before = Spool(place, FailingPathDisk())  # which does not flush
    left = put(before, 0, taken=TAKEN)
    file = before.undated_folder / left.path
    file.rename(file.with_name(file.name + ".partial"))
    outcome.captured.add(left.sha256)

    def capture(numbers: range) -> None:
        spool = Spool(place, disk, Quota(6 * SIZE, reserve=0), keep_bytes=SIZE, runtime=runtime)
        for number in numbers:
            outcome.captured.add(sha256_of(number))
            with suppress(SpoolError):
                put(spool, number, taken=TAKEN if number % 4 == 2 else None)
        spool.archive.purge(None)

    capture(range(1, 9))
    server.store = Store()
    server.handler = faults.for_photo({str(name(6))}, faults.status(422))
    now = 0.0
    uploader = Uploader(
        Spool(place, disk, runtime=runtime),
        client,
        UploadOptions(keep=True),
        clock=FakeClock(seconds=lambda: now),
        chance=lambda: 0.0,
    )
    for numbers in (range(9, 12), range(0)):
        until = now + TWO_HOURS
        while now < until:
            is_idle = uploader.step() > 0
            now += 1200 if is_idle else 400
        capture(numbers)
    outcome.stored = {one.receipt.sha256 for one in server.store.photos.values()}
    alerts = server.store.alerts.values()
    outcome.reported_photos = {str(one.details.get("sha256")) for one in alerts}
    reported = {str(one.details["sha256"]) for one in alerts if one.kind == LOSS}
    records = {photo.sha256 for _, photo in entries(place, ("lost", "reported"))}
    in_memory = {photo.sha256 for _, photo in entries(folder, ("run",))}
    outcome.lost = (reported | records | in_memory) - outcome.stored
    on_card = {
        photo.sha256
        for path, photo in entries(place, (*HOLDING, "kept"))
        if path.read_bytes() == content_of(photo)
    }
    partial = {left.sha256} if list(place.rglob("*.partial")) else set()
    outcome.somewhere = outcome.stored | outcome.lost | on_card | partial
    outcome.unreadable = [path for path, _ in Spool(place, disk).unreadable_folders()]
    return outcome


def sha256_of(number: int) -> str:
    return hashlib.sha256(content(number)).hexdigest()


CONTENT = {sha256_of(number): content(number) for number in range(12)}


def content_of(photo: SpooledPhoto) -> bytes:
    return CONTENT[photo.sha256]


def problems(expected: Outcome, outcome: Outcome) -> list[str]:
    """Return what the fault must not cause."""
    found = []
    if missing := outcome.captured - outcome.somewhere:
        found.append(f"{len(missing)} photos are lost without a record")
    if pending := outcome.lost - outcome.reported_photos:
        found.append(f"{len(pending)} losses are not reported")
    if len(outcome.lost) > len(expected.lost) + 1:
        found.append(f"{len(outcome.lost)} photos are lost instead of {len(expected.lost)}")
    held_up = (expected.stored | expected.lost) - (
        outcome.stored | outcome.lost | outcome.reported_photos
    )
    if len(held_up) > 1 and not outcome.unreadable:
        found.append(f"{len(held_up)} photos are held up, and that is not reported")
    return found


@pytest.mark.parametrize(
    ("error", "kinds"),
    [(errno.EIO, frozenset(Kind) | {"read"}), (errno.ENOSPC, NEEDS_SPACE)],
    ids=["EIO", "ENOSPC"],
)
@pytest.mark.timeout(900)
def test_every_path_may_fail_permanently_at_every_kind_of_call(
    error: int, kinds: frozenset[Kind | str], tmp_path: Path, server: FaultServer
) -> None:
    """A second run has paths that the first one did not have, such as those of the folder after a
    bad one; they are of the same kinds."""
    # One for all: it reads the system's certificates.
    client = BackendClient(server.base_url, "key")
    whole = FailingPathDisk()
    expected = run_device(tmp_path / "whole", whole, server, client)
    assert expected.captured == expected.somewhere
    assert len(expected.lost) >= 2
    wrong: dict[str, list[str]] = {}
    operations = sorted({(one.kind, one.path) for one in whole.met if one.kind in kinds})
    for number, (kind, path) in enumerate(operations):
        place = tmp_path / f"{number}"
        fault = Fault(kind, place / path.relative_to(tmp_path / "whole"))
        disk = FailingPathDisk(fault, error)
        try:
            found = problems(expected, run_device(place, disk, server, client))
        except OSError as refused:
            found = [f"raises {refused!r}"]
        if found:
            wrong[f"{kind} {path.relative_to(tmp_path / 'whole')}"] = found
    print(f"{len(operations)} faults, of which {len(wrong)} did harm")
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())
