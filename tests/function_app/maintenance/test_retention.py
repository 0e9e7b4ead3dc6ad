"""Retention: which photos a run deletes, in which order, and that a stop does no harm."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from function_app.maintenance import retention
from function_app.maintenance.retention import Cleanup, clean_up
from function_app.maintenance.timers import log as timers_log
from function_app.maintenance.timers import log_cleanup
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.interruptions import until_done
from tests.support.stored_photos import BODY, NOW, is_consistent, stored


def test_photos_older_than_the_policy_of_their_camera_are_deleted(own: Services) -> None:
    """By the day they were received; a dry run reports the same and deletes nothing."""
    young = [stored(own, "gate", 29), stored(own, "entry", 119)]
    stored(own, "gate", 31)
    for n in range(3):
        stored(own, "entry", 121 + n)
    for dry_run in (True, False):
        done = clean_up(own, NOW, 100, dry_run)
        assert (dict(done.deleted), done.more) == ({"gate": 1, "entry": 3}, False)
    assert own.index.query(View(), 10) == young
    assert clean_up(own, NOW, 100).deleted == {}
    assert is_consistent(own)


def test_the_age_of_a_photo_counts_from_its_upload(own: Services) -> None:
    """It was in the spool for months."""
    old = name_of("gate", NOW - timedelta(days=200))
    photo = Photo(old, Media.JPEG, "ab" * 32, len(BODY), NOW - timedelta(days=1))
    own.blobs.add(photo, BODY)
    own.index.add(photo, photo.received_at)
    assert clean_up(own, NOW, 100).deleted == {}
    later = NOW + timedelta(days=30)
    assert clean_up(own, later, 100).deleted == {"gate": 1}


def test_a_run_deletes_a_limited_number_and_the_next_continues(own: Services) -> None:
    """The oldest go first."""
    photos = [stored(own, "gate", 40 - n) for n in range(5)]
    assert clean_up(own, NOW, 2).overdue_by == timedelta(days=8)  # 38 old, and kept for 30
    assert own.index.query(View(oldest_first=True), 10) == photos[2:]
    assert dict(clean_up(own, NOW, 2).deleted) == {"gate": 2}
    done = clean_up(own, NOW, 2)
    assert (dict(done.deleted), done.more) == ({"gate": 1}, False)


def test_cameras_take_turns(own: Services) -> None:
    """If not all photos can be deleted, each camera has its share, whatever its name is."""
    for n in range(5):
        stored(own, "gate", 40 + n)
    for n in range(2):
        stored(own, "entry", 130 + n)
        stored(own, "shed", 130 + n)
    assert dict(clean_up(own, NOW, 6).deleted) == {"gate": 2, "entry": 2, "shed": 2}
    done = clean_up(own, NOW, 6)
    assert (dict(done.deleted), done.more) == ({"gate": 3}, False)


def test_a_run_continues_until_no_photo_is_due(
    own: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beyond one page."""
    many = 21
    monkeypatch.setattr(retention, "PAGE_SIZE", many - 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: stored(own, "gate", 31 + n / 1000), range(many)))
    stays = stored(own, "gate", 1)
    assert clean_up(own, NOW) == Cleanup({"gate": many}, None)
    assert own.index.query(View(), 10) == [stays]


def test_a_run_stops_after_its_time(own: Services, caplog: pytest.LogCaptureFixture) -> None:
    """Between two pages, by the clock that it is given; the log says how far behind it is."""
    for camera in (f"gate-{n}" for n in range(9)):  # one more than take their turns together
        for n in range(2):
            stored(own, camera, 122 + n)
    ticks = iter([0, 0, 10])
    done = clean_up(own, NOW, seconds=10, clock=lambda: next(ticks))
    assert (len(done.deleted), done.overdue_by) == (8, timedelta(days=3))
    with caplog.at_level(logging.INFO):
        log_cleanup(done)
        log_cleanup(clean_up(own, NOW))
    records = [record for record in caplog.records if record.name == timers_log.name]
    assert [record.levelname for record in records] == ["INFO", "WARNING", "INFO"]
    assert "3.0 days" in records[1].getMessage()


def test_an_interrupted_run_is_continued_by_the_next(own: Services) -> None:
    """Stopped after each of its changes in turn, it leaves exactly what it should."""
    for n in range(3):
        stored(own, "gate", 40 + n)
    stays = stored(own, "gate", 3)
    until_done(lambda stopping: clean_up(stopping, NOW, 100), own)
    assert is_consistent(own)
    assert own.index.query(View(), 10) == [stays]
