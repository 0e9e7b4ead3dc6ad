"""Lists of the photos on a device, and what may be deleted."""

import random
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photo_wire.motion import Motion
from photo_wire.name import PhotoName, new_name, parse_name
from pi_uploader.clock import BootTime
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.serve.photos import DevicePhotos
from pi_uploader.spool import Spool
from pi_uploader.spool.disk import Disk
from tests.support.spool_photos import name, put


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Six photos: two wait, one is undated, one in quarantine, two are kept."""
    spool = Spool(tmp_path / "spool")
    photos = {number: put(spool, number) for number in (3, 1, 5, 2, 0)}
    put(spool, 4, taken=BootTime("0a0b0c0d", 7))
    spool.remove(photos[1], keep=True)
    spool.remove(photos[5], keep=True)
    spool.quarantine(photos[2], "damaged")
    (spool.folder / "kept" / "entry" / "2026-11-20" / "notes.txt").touch()
    (spool.folder / "waiting" / "00000000" / "a~b~c").touch()
    return spool


@pytest.fixture
def photos(spool: Spool) -> DevicePhotos:
    return DevicePhotos(spool.folder)


def test_the_newest_come_first_wherever_they_are(photos: DevicePhotos) -> None:
    found = photos.newest(9)
    assert [one.name for one in found] == [name(number) for number in range(5, -1, -1)]
    places = [one.describe()["place"] for one in found]
    assert places == ["kept", "undated", "waiting", "quarantine", "kept", "waiting"]
    assert found[2].describe() == {
        "id": str(name(3)),
        "camera": "entry",
        "captured_at": "2026-11-20T12:01:37.567Z",
        "content_type": "image/jpeg",
        "size": 96,
        "place": "waiting",
        "trigger": "motion",
        "motion": None,
    }


def test_a_photo_says_what_its_file_name_does_of_motion(spool: Spool, photos: DevicePhotos) -> None:
    """In lists, and by its id."""
    put(spool, 9, motion=Motion())
    for found in (photos.newest(1)[0], photos.find(name(9))):
        assert found.is_stub
        assert found.describe()["motion"] == {"box": None}


def test_pages_together_are_the_list(photos: DevicePhotos) -> None:
    every: list[PhotoName] = []
    before = None
    while page := photos.newest(2, before=before):
        every += [one.name for one in page]
        before = every[-1]
    assert every == [one.name for one in photos.newest(100)]


def test_the_photos_of_one_camera(spool: Spool, photos: DevicePhotos) -> None:
    """Not of one whose name begins in the same way."""
    put(spool, 7, camera="entry-2")
    assert [one.name.camera for one in photos.newest(1)] == ["entry-2"]
    assert len(photos.newest(100, "entry")) == 6
    assert [str(one.name) for one in photos.newest(100, "entry-2")] == [str(name(7, "entry-2"))]
    assert photos.newest(100, "gate") == []


@pytest.mark.parametrize("number", range(6))
def test_every_photo_is_found(photos: DevicePhotos, number: int) -> None:
    assert photos.find(name(number)).name == name(number)


def test_a_photo_that_is_elsewhere_is_not_found(photos: DevicePhotos) -> None:
    with pytest.raises(RequestProblemError) as problem:
        photos.find(name(9))
    assert problem.value.status == 404


def test_only_a_kept_photo_can_be_deleted(spool: Spool, photos: DevicePhotos) -> None:
    for number in range(6):
        if number in (1, 5):
            photos.delete(name(number))
        else:
            with pytest.raises(RequestProblemError, match="was not uploaded yet") as problem:
                photos.delete(name(number))
            assert problem.value.status == 409
    assert [one.name for one in photos.newest(9)] == [name(number) for number in (4, 3, 2, 0)]
    assert len(list(spool.waiting_photos())) == 2


def test_a_device_without_photos(tmp_path: Path) -> None:
    photos = DevicePhotos(tmp_path / "no such folder")
    assert photos.newest(5) == []
    assert photos.first_of_each_hour(datetime(2026, 11, 28, tzinfo=UTC)) == []
    assert not (tmp_path / "no such folder").exists()


@pytest.mark.parametrize(("day", "hours"), [(24, 24), (25, 25), (29, 23)])
def test_the_first_photo_of_each_hour(tmp_path: Path, day: int, hours: int) -> None:
    """Also of the days that are an hour longer or shorter."""
    berlin = ZoneInfo("Europe/Berlin")
    month = 3 if day == 29 else 10
    midnight = datetime(2026, month, day, tzinfo=berlin)
    folder = tmp_path / "kept" / "gate"
    first = []
    for number in range(-3 * 4, 28 * 4):  # every quarter of an hour, over both ends of the day
        moment = datetime.fromtimestamp(midnight.timestamp() + number * 900 + 60, UTC)
        photo = new_name("gate", moment)
        (folder / f"{moment:%Y-%m-%d}").mkdir(parents=True, exist_ok=True)
        (folder / f"{moment:%Y-%m-%d}" / f"{photo}.jpg").touch()
        if number % 4 == 0 and moment.astimezone(berlin).date() == midnight.date():
            first.append(photo)
    found = DevicePhotos(tmp_path).first_of_each_hour(midnight, "gate")
    assert [one.name for one in found] == first
    assert len(first) == hours


def test_a_time_that_is_none_stops_no_list_of_hours(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "gate" / "2026-11-20"
    folder.mkdir(parents=True)
    for time in ("120134567Z", "250134567Z", "996099999Z"):
        (folder / f"gate-20261120T{time}-0000002a.jpg").touch()
    (found,) = DevicePhotos(tmp_path).first_of_each_hour(datetime(2026, 11, 20, tzinfo=UTC))
    assert found.name.captured_at.hour == 12


def test_a_photo_that_is_deleted_a_moment_before(spool: Spool) -> None:
    class Late(Disk):
        """A disk on which the archive deletes each file before the page does."""

        def remove(self, path: Path) -> None:
            super().remove(path)
            super().remove(path)

    with pytest.raises(RequestProblemError) as problem:
        DevicePhotos(spool.folder, Late()).delete(name(1))
    assert problem.value.status == 404


def test_names_from_anywhere_stop_no_list(tmp_path: Path) -> None:
    rng = random.Random(7)
    folders = ["waiting/00000000", "quarantine/x", "kept/gate/2026-11-20", "kept/..odd/day"]
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
        for _ in range(50):
            text = "".join(rng.choices("~-.gate20261120TZ\xff", k=rng.randint(1, 60)))
            (tmp_path / folder / f"x{text}").touch()
    (tmp_path / "kept" / "file").touch()
    assert DevicePhotos(tmp_path).newest(100) == []


def test_a_link_is_no_kept_photo(tmp_path: Path) -> None:
    """Nothing outside of the folder can be read or deleted through it."""
    photo = parse_name("gate-20261120T120134567Z-0000002a")
    folder = tmp_path / "kept" / "gate" / "2026-11-20"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("a secret")
    (folder / f"{photo}.jpg").symlink_to(tmp_path / "secret")
    with pytest.raises(RequestProblemError):
        DevicePhotos(tmp_path).find(photo)
