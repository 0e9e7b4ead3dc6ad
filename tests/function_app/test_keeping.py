"""How long photos are kept: deletion, retention and repair, and that a stop at any point does no
harm."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.maintenance import retention
from function_app.maintenance.deletion import TOMBSTONE_TTL, delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import Cleanup, clean_up
from function_app.maintenance.timers import log as timers_log
from function_app.maintenance.timers import log_cleanup
from function_app.retention_policy import RetentionPolicy, parse_retention
from function_app.services import Services
from function_app.storage.models import Photo, State
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import View
from photo_wire.alert import MISSING
from photo_wire.media import Media
from tests.function_app.api import Api, name_of, photo_headers
from tests.function_app.memory_store import memory_services
from tests.support.interruptions import until_done
from tests.support.pictures import jpeg
from tests.support.stored_photos import BODY, KEPT, NOW, everything, is_consistent, stored


def test_a_photo_is_deleted_whole(own: Services) -> None:
    """Bytes, thumbnail and rows; another photo stays."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    own.thumbnails.write(gone, b"small")
    delete(gone, own)
    delete(gone, own)
    assert own.index.query(View("gate"), 10) == [stays]
    assert list(own.blobs.list_photos("gate")) == [stays]
    assert list(own.thumbnails.list_names("gate")) == []


def test_what_a_person_deleted_does_not_come_back(own: Services) -> None:
    """Its device sends it again, the repair comes by: a mark stands for it, and in the end goes."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    delete(gone, own, deleted_at=NOW)
    mark = replace(gone, deleted_at=NOW)
    assert own.blobs.add(gone, BODY) == mark
    assert own.blobs.read(gone, 0, len(BODY)) is None
    assert own.blobs.find(gone.name, gone.media) is None
    assert own.blobs.find_or_tombstone(gone.name, gone.media) == mark
    for is_full in (False, True):
        done = reconcile(own, NOW + timedelta(days=1), everything=is_full)
        assert (done.photos, done.listed, done.unlisted, done.unrecognized) == (1, 0, 0, 0)
    assert list(own.blobs.list_photos("gate")) == [stays, mark]
    reconcile(own, NOW + TOMBSTONE_TTL + timedelta(days=1))
    assert list(own.blobs.list_photos("gate")) == [stays]
    assert own.index.query(View(), 10) == [stays]
    assert own.alerts.newest(10, None) == []


def test_repair_finishes_a_deletion_and_calls_it_no_loss(own: Services) -> None:
    """Stopped when the mark had been made, and nothing else was done."""
    gone, stays = stored(own, "gate", 2), stored(own, "gate", 1)
    own.thumbnails.write(gone, b"small")
    own.blobs.write_tombstone(gone, NOW)
    assert reconcile(own, NOW).unlisted == 1
    assert own.index.query(View(), 10) == [stays]
    assert list(own.thumbnails.list_names("gate")) == []
    assert own.alerts.newest(10, None) == []


@pytest.mark.parametrize("deleted_at", [None, NOW], ids=["by retention", "by a person"])
def test_a_deletion_that_was_stopped_is_finished_by_the_next(
    own: Services, deleted_at: datetime | None
) -> None:
    """Wherever it was stopped, the photo is listed until all of it is gone."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    own.thumbnails.write(gone, b"small")

    def again(stopping: Services) -> None:
        photo = own.index.get(gone.name)
        if photo is None:
            assert is_consistent(own)
            return
        delete(photo, stopping, deleted_at)

    assert until_done(again, own) >= 3
    assert is_consistent(own)
    assert own.index.query(View(), 10) == [stays]


def test_retention_deletes_what_is_older_than_its_camera_s_time(own: Services) -> None:
    """By the day it was received; a dry run says the same and deletes nothing."""
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


def test_a_late_photo_of_long_ago_is_kept_its_time(own: Services) -> None:
    """It was in the spool for months: its time began when it came in."""
    old = name_of("gate", NOW - timedelta(days=200))
    photo = Photo(old, Media.JPEG, "ab" * 32, len(BODY), NOW - timedelta(days=1))
    own.blobs.add(photo, BODY)
    own.index.add(photo, photo.received_at)
    assert clean_up(own, NOW, 100).deleted == {}
    later = NOW + timedelta(days=30)
    assert clean_up(own, later, 100).deleted == {"gate": 1}


def test_a_run_has_a_cap_and_the_next_goes_on(own: Services) -> None:
    """The oldest go first."""
    photos = [stored(own, "gate", 40 - n) for n in range(5)]
    assert clean_up(own, NOW, 2).overdue_by == timedelta(days=8)  # 38 old, and kept for 30
    assert own.index.query(View(oldest_first=True), 10) == photos[2:]
    assert dict(clean_up(own, NOW, 2).deleted) == {"gate": 2}
    done = clean_up(own, NOW, 2)
    assert (dict(done.deleted), done.more) == ({"gate": 1}, False)


def test_cameras_take_turns(own: Services) -> None:
    """Where not all can be deleted, each camera has its share, whatever its name is."""
    for n in range(5):
        stored(own, "gate", 40 + n)
    for n in range(2):
        stored(own, "entry", 130 + n)
        stored(own, "shed", 130 + n)
    assert dict(clean_up(own, NOW, 6).deleted) == {"gate": 2, "entry": 2, "shed": 2}
    done = clean_up(own, NOW, 6)
    assert (dict(done.deleted), done.more) == ({"gate": 3}, False)


def test_a_run_goes_on_until_nothing_is_due(own: Services) -> None:
    """However many photos that is: more than a step's."""
    many = retention.PAGE_SIZE + 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: stored(own, "gate", 31 + n / 1000), range(many)))
    stays = stored(own, "gate", 1)
    assert clean_up(own, NOW) == Cleanup({"gate": many}, None)
    assert own.index.query(View(), 10) == [stays]


def test_a_run_ends_when_its_time_is_over(own: Services, caplog: pytest.LogCaptureFixture) -> None:
    """Between two steps, by the clock that it is given; how far behind it is stands in the log."""
    for camera in (f"gate-{n}" for n in range(9)):  # one more than take their turns together
        for n in range(2):
            stored(own, camera, 122 + n)
    ticks = iter([0, 0, 10])
    done = clean_up(own, NOW, seconds=10, clock=lambda: next(ticks))
    assert (len(done.deleted), done.overdue_by) == (8, timedelta(days=3))
    with caplog.at_level(logging.INFO):
        log_cleanup(done)
        log_cleanup(clean_up(own, NOW))
    told = [
        (one.levelname, one.getMessage()) for one in caplog.records if one.name == timers_log.name
    ]
    assert [level for level, _ in told] == ["INFO", "WARNING", "INFO"]
    assert "3.0 days" in told[1][1]


def test_a_cleanup_that_was_stopped_goes_on(own: Services) -> None:
    """Stopped after each of its changes in turn, it leaves what it should and no more."""
    for n in range(3):
        stored(own, "gate", 40 + n)
    stays = stored(own, "gate", 3)
    until_done(lambda stopping: clean_up(stopping, NOW, 100), own)
    assert is_consistent(own)
    assert own.index.query(View(), 10) == [stays]


def test_repair_makes_the_index_say_what_the_blobs_say(own: Services) -> None:
    """Blobs without rows are listed, rows without blobs are taken off and told, thumbnails without
    a photo are removed, what came just now is left alone."""
    whole = stored(own, "gate", 1)
    unlisted = stored(own, "gate", 2, listed=False)
    bare = stored(own, "gate", 3)
    own.blobs.remove(bare)
    orphan = name_of("gate", NOW - timedelta(days=5))
    own.thumbnails.write(replace(whole, name=orphan), b"small")
    own.thumbnails.write(whole, b"small")
    arriving = stored(own, "gate", 0.01, listed=False)
    done = reconcile(own, NOW)
    assert (done.photos, done.listed, done.unlisted, done.thumbnails) == (3, 1, 1, 1)
    assert own.index.query(View("gate"), 10) == [whole, unlisted]
    assert list(own.thumbnails.list_names("gate")) == [whole.name]
    (told,) = own.alerts.newest(10, None)
    assert (told.alert.name, told.alert.kind) == (bare.name, MISSING)
    assert own.blobs.read(arriving, 0, 3) == BODY[:3]
    again = reconcile(own, NOW)
    assert (again.listed, again.unlisted, again.thumbnails) == (0, 0, 0)


def test_the_whole_index_is_rebuilt_from_the_blobs(own: Services) -> None:
    """Every list of every camera is what it was."""
    photos = [stored(own, camera, n) for camera in ("gate", "entry") for n in range(1, 4)]
    before = everything(own)
    for photo in photos[:5]:
        own.index.unlist(photo, State.EXPIRED)
    reconcile(own, NOW, everything=True)
    assert everything(own) == before


def test_a_repair_that_was_stopped_goes_on(own: Services) -> None:
    """And ends as if it had not been."""
    stored(own, "gate", 2, listed=False)
    bare = stored(own, "gate", 3)
    own.blobs.remove(bare)
    stored(own, "entry", 4, listed=False)
    until_done(lambda stopping: reconcile(stopping, NOW), own)
    assert is_consistent(own)
    assert [one.alert.name for one in own.alerts.newest(10, None)] == [bare.name]


def test_the_tally_counts_what_is_there(own: Services) -> None:
    """By camera and day, what came just now too; after deletions, and counted anew."""
    photos = [stored(own, "gate", n / 2, f"{n:08x}") for n in reversed(range(6))][::-1]
    stored(own, "entry", 0)

    def counted() -> dict[str, Count]:
        return {camera: tally.total for camera, tally in own.index.count_photos(NOW).items()}

    expected = {"entry": Count(1, len(BODY)), "gate": Count(6, 6 * len(BODY))}
    assert counted() == expected
    assert counted() == expected
    days = own.index.count_photos(NOW)["gate"].days
    assert {day: count.photos for day, count in days.items()} == {
        photos[0].name.captured_at.date(): 1,
        photos[1].name.captured_at.date(): 2,
        photos[3].name.captured_at.date(): 2,
        photos[5].name.captured_at.date(): 1,
    }
    delete(photos[0], own)
    delete(photos[3], own)
    expected["gate"] = Count(4, 4 * len(BODY))
    assert counted() == expected
    own.index.invalidate_counts("gate", NOW)
    assert counted() == expected


@given(
    st.lists(st.tuples(st.sampled_from("cdt"), st.integers(0, 30), st.integers(0, 9)), max_size=30)
)
def test_however_photos_come_and_go_the_tally_is_right(
    story: list[tuple[str, int, int]],
) -> None:
    """Photos come, are deleted, and somebody asks, in any order, as time goes on."""
    backend, now, here = memory_services(KEPT), NOW, dict[int, Photo]()
    for number, (what, minutes, which) in enumerate(story):
        now += timedelta(minutes=minutes)
        if what == "c":
            name = name_of("gate", now - timedelta(days=which % 3), f"{number:08x}")
            here[number] = Photo(
                name, Media.JPEG, "ab" * 32, which + 1, name_of("x", now).captured_at
            )
            backend.index.add(here[number], now)
        elif what == "d" and here:
            delete(here.pop(list(here)[which % len(here)]), backend)
        else:
            total = sum((one.total for one in backend.index.count_photos(now).values()), Count())
            assert total == Count(len(here), sum(photo.size for photo in here.values()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120d", RetentionPolicy(timedelta(days=120))),
        ("forever", RetentionPolicy(None)),
        (
            "90d, gate=30d,site = forever",
            RetentionPolicy(timedelta(days=90), {"gate": timedelta(days=30), "site": None}),
        ),
    ],
)
def test_retention_is_read(text: str, expected: RetentionPolicy) -> None:
    assert parse_retention(text) == expected


@pytest.mark.parametrize("text", ["", "0d", "120", "4 months", "gate=30d", "30d, gate", "30d,"])
def test_anything_else_is_no_retention(text: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        parse_retention(text)


def test_photos_are_deleted_over_http(api: Api, camera: str) -> None:
    """One, and many at once; who did it is in the access log. Reading tokens delete nothing."""
    names = [name_of(camera, tag=f"{n:08x}") for n in range(4)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    path = f"/api/photos/{names[0]}"
    assert api.read(path, method="DELETE").status_code == 403
    assert api.ask(path, admin, "DELETE").status_code == 204
    assert api.ask(path, admin, "DELETE").status_code == 404
    said = {"ids": [str(name) for name in names[:3]]}
    reply = api.ask("/api/photos/delete", admin, "POST", json=said)
    assert reply.json() == {"deleted": said["ids"][1:], "unknown": said["ids"][:1]}
    assert [one["id"] for one in api.listed(camera)] == [str(names[3])]
    receipt = api.put(jpeg(), photo_headers(names[0]))  # its device had never heard of it
    assert (receipt.status_code, receipt.json()["id"]) == (200, str(names[0]))
    assert api.read(f"{path}/content").status_code == 404
    assert [one["id"] for one in api.listed(camera)] == [str(names[3])]
    log = api.ask("/api/accesses?limit=200", admin).json()["accesses"]
    deleted = [one["which"] for one in log if one["what"] == "deleted" and camera in one["which"]]
    assert sorted(deleted) == said["ids"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/cleanup/run", {"most": 0}),
        ("/api/cleanup/run", {"most": True}),
        ("/api/cleanup/run", {"dry_run": "yes"}),
        ("/api/cleanup/run", {"days": 3}),
        ("/api/repair/run", {"cameras": "gate"}),
        ("/api/repair/run", {"cameras": ["No Such"]}),
        ("/api/repair/run", {"cameras": []}),
        ("/api/repair/run", {"everything": 1}),
        ("/api/photos/delete", {"ids": []}),
        ("/api/photos/delete", {"ids": ["gate"]}),
        ("/api/photos/delete", {"ids": None}),
        ("/api/photos/delete", {"ids": [{}]}),
    ],
)
def test_a_malformed_order_is_told(api: Api, path: str, said: dict[str, object]) -> None:
    """400, naming the field, and nothing happens."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    reply = api.ask(path, admin, "POST", json=said)
    assert reply.status_code == 400
    assert next(iter(said)) in reply.json()["detail"]


def test_cleanup_and_repair_run_over_http(api: Api, camera: str) -> None:
    """With the numbers of what they did, and on record."""
    api.put(jpeg(), photo_headers(name_of(camera)))
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    done = api.ask("/api/cleanup/run", admin, "POST", json={"dry_run": True}).json()
    assert done.keys() == {"deleted", "more", "dry_run"}
    done = api.ask("/api/repair/run", admin, "POST", json={"cameras": [camera]}).json()
    assert done["cameras"] == [camera]
    assert done["photos"] == 1
