"""Whatever happens, in whatever order: captured = stored + spooled + quarantined + losses.

The real spool on real files, the real uploader on a clock that the rules set, and a server that
fails as they say. hypothesis looks for an order in which a photo is in no place, or in two.
"""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import parse_name
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.client.backend import BackendClient
from pi_uploader.clock import SYSTEM_CLOCK
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto, SpoolError
from pi_uploader.spool.admin import requeue
from pi_uploader.upload.time_correction import DEFER_SECONDS
from pi_uploader.upload.uploader import Uploader
from tests.support import faults
from tests.support.disks import NEEDS_SPACE, FailingDisk, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer, Handler, store_photo
from tests.support.oracle import entries, whereabouts
from tests.support.spool_photos import content, name
from tests.support.store import Response

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),  # a hundred examples take four minutes on a busy machine
    pytest.mark.usefixtures("quick_client"),
]

SIZE = 96
ROOM = 8  # photos
HANDLERS: list[Handler] = [
    store_photo,
    store_photo,
    faults.status(400),
    faults.status(401),
    faults.status(422),
    faults.status(503, retry_after="30"),
    faults.status(500),
    faults.redirect("/login"),
    faults.login_page,
    faults.store_then_cut(),
    faults.cut_request(10),
    faults.truncated_receipt,
    faults.receipt_of_another_photo,
    faults.receipt_with_another_hash,
    faults.store_and_close,
    faults.respond_with(Response(204)),
]


class KilledError(BaseException):
    """The process ends here, without a chance to clean up."""


class KillingDisk(FailingDisk):
    """Kills the process at its operation number `at`."""

    def perform(self, kind: Kind, operation: Callable[..., Any], *arguments: Any) -> Any:
        if self._fails(kind):
            raise KilledError
        return operation(*arguments)


class DeviceStateMachine(RuleBasedStateMachine):
    """A device, its backend, and what is known of its photos. Photos that were being taken when the
    process was killed may exist or not, but only once."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.server = FaultServer()
        self.server.listen()
        self.now = 0.0
        self.wall_clock = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        self.is_clock_set = True
        self.number = 0
        self.captured: set[str] = set()  # by the SHA-256 of their bytes
        self.in_progress: set[str] = set()
        self.damaged: set[str] = set()  # before they were stored
        self.refused: set[str] = set()  # by a disk that took not even the record of the loss
        self.disk = FailingDisk(error=errno.ENOSPC, kinds=NEEDS_SPACE, lasting=True)

    @initialize()
    def start(self) -> None:
        self.capturing = Spool(self.folder, self.disk, Quota(ROOM * SIZE, reserve=0))
        self.uploading = Spool(self.folder, quota=Quota(ROOM * SIZE, reserve=0))
        self.uploader = Uploader(
            self.uploading,
            BackendClient(self.server.base_url, "key"),
            clock=FakeClock(
                seconds=lambda: self.now,
                wall=lambda: self.wall_clock,
                is_set=lambda: self.is_clock_set,
            ),
            chance=lambda: 0.5,
        )

    # --- what happens to the device

    @rule(
        trigger=st.sampled_from([Trigger.MOTION, Trigger.SCHEDULE]),
        first=st.booleans(),
        count=st.integers(1, 3),
    )
    def take(self, trigger: Trigger, first: bool, count: int) -> None:
        for _ in range(count):
            sha256, put = self.next_photo(trigger, first)
            self.captured.add(sha256)
            try:
                put(self.capturing)
            except SpoolError:
                if self.disk.at is not None:
                    self.refused.add(sha256)
            if self.disk.at is None:
                self.refused.clear()  # each put records first what could not be

    def next_photo(
        self, trigger: Trigger, first: bool
    ) -> tuple[str, Callable[[Spool], SpooledPhoto]]:
        """Return the hash of the next photo, and a function that puts it into a spool."""
        self.number += 1
        number, taken = self.number, None if self.is_clock_set else SYSTEM_CLOCK.since_boot()
        clock = ClockStatus.SYNCED if self.is_clock_set else ClockStatus.UNSYNCED
        bytes_ = content(number, SIZE)

        def put(spool: Spool) -> SpooledPhoto:
            return spool.put(
                bytes_,
                PhotoInfo(
                    name(number), Media.JPEG, trigger, clock, is_first=first, boot_time=taken
                ),
            )

        return hashlib.sha256(bytes_).hexdigest(), put

    @precondition(lambda self: self.disk.at is None and not self.refused)
    @rule(at=st.integers(0, 12))
    def kill_while_putting(self, at: int) -> None:
        sha256, put = self.next_photo(Trigger.MOTION, False)
        self.in_progress.add(sha256)
        disk = KillingDisk()
        killed = Spool(self.folder, disk, Quota(ROOM * SIZE, reserve=0))
        killed.recover()
        disk.operations, disk.at = 0, at
        with suppress(KilledError):
            put(killed)
            self.captured.add(sha256)
        self.start()

    @precondition(lambda self: self.disk.at is None and not self.refused)
    @rule()
    def kill(self) -> None:
        self.start()

    @rule()
    def fill_the_disk(self) -> None:
        self.disk.operations, self.disk.at = 0, 0

    @rule()
    def make_room_on_the_disk(self) -> None:
        self.disk.at = None

    @rule(chance=st.randoms(use_true_random=False))
    def damage_a_file(self, chance: Random) -> None:
        if waiting := list(entries(self.folder, ["waiting"])):
            path, photo = chance.choice(waiting)
            path.write_bytes(b"\0" + path.read_bytes()[1:])
            if photo.sha256 not in self.stored():
                self.damaged.add(photo.sha256)

    @rule()
    def requeue(self) -> None:
        list(requeue(self.uploading))

    # --- clocks

    @rule(years=st.sampled_from([-50, -1, 1, 50]))
    def step_the_wall_clock(self, years: int) -> None:
        year = min(max(self.wall_clock.year + years, 1970), 2090)
        self.wall_clock = self.wall_clock.replace(year=year)

    @rule()
    def boot_without_a_clock(self) -> None:
        self.is_clock_set = False

    @rule()
    def set_the_clock(self) -> None:
        self.is_clock_set = True

    # --- uploading

    @rule(handler=st.sampled_from(HANDLERS))
    def change_the_server(self, handler: Handler) -> None:
        self.server.handler = handler

    @rule(steps=st.integers(1, 6), patient=st.booleans())
    def upload(self, steps: int, patient: bool) -> None:
        for _ in range(steps):
            self.now += self.uploader.seconds_until_send() if patient else 1.0
            self.uploader.step()

    @rule()
    def report_losses(self) -> None:
        self.now += max(REPORT_SECONDS, self.uploader.seconds_until_send())
        self.uploader.step()

    # --- what has to hold

    @invariant()
    def each_photo_is_somewhere_and_nowhere_twice(self) -> None:
        places, stored = whereabouts(self.folder), self.stored()
        found = stored | places.keys()
        assert self.captured - self.refused <= found <= self.captured | self.in_progress
        assert all(len(folders) == 1 for folders in places.values())
        # One whose receipt was lost may wait, be in quarantine or be evicted; never reported.
        assert not stored & {one for one, folders in places.items() if folders == ["reported"]}

    @invariant()
    def the_backend_has_each_photo_once_and_complete(self) -> None:
        assert self.server.store.duplicates == 0
        assert self.server.store.conflicts == 0
        assert not self.damaged & self.stored()

    @invariant()
    def newest_and_oldest_are_those_of_a_plain_list(self) -> None:
        sequences = [photo.sequence for _, photo in entries(self.folder, ["waiting"])]
        newest, oldest = self.uploading.newest(), self.uploading.oldest()
        assert (newest and newest.sequence) == max(sequences, default=None)
        assert (oldest and oldest.sequence) == min(sequences, default=None)

    def stored(self) -> set[str]:
        """Return the hashes of the photos that the backend has."""
        return {one.receipt.sha256 for one in self.server.store.photos.values()}

    def teardown(self) -> None:
        try:
            if hasattr(self, "uploader"):
                self.settle()
        finally:
            self.server.__exit__()
            shutil.rmtree(self.folder)

    def settle(self) -> None:
        """End all faults: then every photo is uploaded, every loss reported, and all are accounted
        for."""
        self.disk.at, self.is_clock_set, self.server.handler = None, True, store_photo
        self.take(Trigger.MOTION, True, 1)
        for _ in range(5 * ROOM):
            self.now += max(
                REPORT_SECONDS, DEFER_SECONDS / ROOM, self.uploader.seconds_until_send()
            )
            self.uploader.step()
        places, stored = whereabouts(self.folder), self.stored()
        assert {folders[0] for folders in places.values()} <= {"quarantine", "reported"}
        assert {one.name for one in self.reported()} <= set(
            map(parse_name, self.server.store.alerts)
        )
        captured = self.captured | (self.in_progress & (places.keys() | stored))
        both = stored & places.keys()  # in quarantine, though only its receipt was lost
        assert len(captured) == len(stored) + len(places) - len(both)
        assert both <= {one for one, folders in places.items() if folders == ["quarantine"]}

    def reported(self) -> list[SpooledPhoto]:
        return [photo for _, photo in entries(self.folder, ["reported"])]


DeviceStateMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDeviceStateMachine = DeviceStateMachine.TestCase
