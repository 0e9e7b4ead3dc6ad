"""What fits, and what is evicted first when something does not."""

from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import Box, Motion
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto, SpoolError, Usage
from pi_uploader.spool.quota import EvictionPriority, eviction_priority
from tests.support.spool_photos import content, name

SIZE = 96


def put(
    spool: Spool,
    number: int,
    trigger: Trigger,
    is_first: bool = False,
    motion: Motion | None = None,
) -> SpooledPhoto:
    info = PhotoInfo(
        name(number),
        Media.JPEG,
        trigger,
        ClockStatus.SYNCED,
        is_first=is_first,
        motion=motion,
    )
    return spool.put(content(number, SIZE), info)


@pytest.mark.parametrize(
    ("trigger", "is_first", "motion", "priority"),
    [
        (Trigger.SCHEDULE, True, None, EvictionPriority.SCHEDULED),
        (Trigger.MOTION, False, None, EvictionPriority.IN_EVENT),
        (Trigger.GPIO, False, None, EvictionPriority.IN_EVENT),
        (Trigger.MOTION, True, None, EvictionPriority.FIRST_OF_EVENT),
        (Trigger.DEMAND, True, None, EvictionPriority.FIRST_OF_EVENT),
        (Trigger.MOTION, True, Motion(Box(0, 0, 1, 1)), EvictionPriority.FIRST_OF_EVENT),
        (Trigger.MOTION, True, Motion(), EvictionPriority.WITHOUT_MOTION),
    ],
)
def test_the_priority_follows_from_trigger_event_and_motion(
    trigger: Trigger,
    is_first: bool,
    motion: Motion | None,
    priority: EvictionPriority,
    tmp_path: Path,
) -> None:
    assert eviction_priority(put(Spool(tmp_path), 1, trigger, is_first, motion)) is priority


def test_quarantined_photos_are_evicted_first_then_the_lowest_priority_then_the_oldest(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path, quota=Quota(max_bytes=5 * SIZE, reserve=0))
    first = put(spool, 1, Trigger.MOTION, is_first=True)
    in_event = [put(spool, number, Trigger.MOTION) for number in (2, 3)]
    scheduled = put(spool, 4, Trigger.SCHEDULE)
    rejected = put(spool, 5, Trigger.MOTION, is_first=True)
    spool.quarantine(rejected, "rejected-422")
    evicted: list[SpooledPhoto] = []
    for number in range(6, 11):
        put(spool, number, Trigger.MOTION, is_first=True)
        lost = {loss.photo for loss in spool.losses.unreported()}
        evicted += sorted(lost - set(evicted), key=lambda photo: photo.sequence)
    assert evicted == [rejected, scheduled, *in_event, first]


def test_a_photo_never_evicts_one_of_higher_priority(tmp_path: Path) -> None:
    spool = Spool(tmp_path, quota=Quota(max_bytes=SIZE, reserve=0))
    waiting = put(spool, 1, Trigger.MOTION, is_first=True)
    with pytest.raises(SpoolError):
        put(spool, 2, Trigger.SCHEDULE)
    assert list(spool.waiting_photos()) == [waiting]
    assert [loss.photo.name for loss in spool.losses.unreported()] == [name(2)]


@pytest.mark.parametrize(
    ("size", "free", "missing"), [(10, 110, 0), (10, 109, 1), (10, 100, 10), (10, 0, 10)]
)
def test_in_the_reserve_the_spool_only_stops_growing(size: int, free: int, missing: int) -> None:
    assert Quota(reserve=100).missing_bytes(size, free) == missing


@pytest.mark.parametrize(("free", "missing"), [(None, 0), (17, 0), (16, 1), (0, 1)])
def test_inodes_have_a_reserve_too(free: int | None, missing: int) -> None:
    assert Quota(reserve_inodes=16).missing_inodes(free) == missing


def test_usage_is_bounded_by_quota_and_disk() -> None:
    assert Quota(max_bytes=50, reserve=10).usage(40, 100) == Usage(40, 50)
    assert Quota(max_bytes=500, reserve=10).usage(40, 100) == Usage(40, 130)
    assert Usage(0, 0).share == 0
