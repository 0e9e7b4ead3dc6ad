"""The capture time of a photo that is posted without one, by what its file states."""

import struct
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api import Api
from tests.support.pictures import box, dng, jpeg_with_exif, mp4

ORIGINAL, OFFSET, SUBSECONDS, GPS_DATE, GPS_TIME = 0x9003, 0x9011, 0x9291, 29, 7


def test_a_posted_photo_gets_the_time_of_its_exif(api: Api, phone: dict[str, str]) -> None:
    """And its clock is "exif". The same photo posted again gets the same receipt."""
    body = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34", OFFSET: "+02:00"}, seed=81)
    replies = [api.ask("/api/photos", phone, "POST", data=body) for _ in range(2)]
    assert [one.status_code for one in replies] == [201, 200]
    assert replies[0].text == replies[1].text
    photo = api.read(f"/api/photos/{replies[0].json()['id']}").json()
    assert (photo["captured_at"], photo["clock"]) == ("2026-11-20T12:01:34.000Z", "exif")


def test_a_stated_time_overrides_exif(api: Api, phone: dict[str, str]) -> None:
    body = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"}, seed=82)
    headers = {**phone, "X-Captured-At": "2026-11-19T00:00:00Z"}
    replies = api.ask("/api/photos", headers, "POST", data=body).json()
    photo = api.read(f"/api/photos/{replies['id']}").json()
    assert (photo["captured_at"], photo["clock"]) == ("2026-11-19T00:00:00.000Z", None)


@pytest.mark.parametrize("hours", [1, 24 * 365 * 100])
def test_a_future_exif_time_is_ignored(api: Api, phone: dict[str, str], hours: int) -> None:
    """The zone is missing, or the clock is wrong."""
    then = datetime.now(UTC) + timedelta(hours=hours)
    body = jpeg_with_exif({ORIGINAL: f"{then:%Y:%m:%d %H:%M:%S}"}, seed=83)
    replies = api.ask("/api/photos", phone, "POST", data=body).json()
    assert api.read(f"/api/photos/{replies['id']}").json()["clock"] == "server"


def test_a_device_s_photo_gets_its_arrival_time(api: Api, camera: str) -> None:
    """A Pi's clock may not be set, and old clients do not state that."""
    body = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"}, seed=84)
    stored = api.put(body, {"X-Camera-Id": camera}).json()
    assert api.read(f"/api/photos/{stored['id']}").json()["clock"] == "server"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_posted_raw_picture_gets_the_time_of_its_exif(
    api: Api, phone: dict[str, str], order: str
) -> None:
    """A DNG has its EXIF in its own directories."""
    raw = dng(85, order)
    exif = struct.pack(order + "HHHIII", 1, ORIGINAL, 2, 20, len(raw) + 18, 0)
    pointer = struct.pack(order + "HHII", 0x8769, 4, 1, len(raw))
    neutral = struct.pack(order + "HHI", 50728, 5, 3)
    body = raw.replace(raw[raw.index(neutral) :][:12], pointer) + exif + b"2026:11:20 14:01:34\0"
    reply = api.ask("/api/photos", phone, "POST", data=body)
    assert reply.status_code == 201, reply.text
    photo = api.read(f"/api/photos/{reply.json()['id']}").json()
    assert (photo["captured_at"], photo["clock"]) == ("2026-11-20T14:01:34.000Z", "exif")


def test_a_posted_clip_gets_the_time_of_its_header(api: Api, phone: dict[str, str]) -> None:
    """Which is that of its beginning."""
    header = struct.pack(">4xI", 3_878_020_894).ljust(100, b"\0")
    body = mp4(86).replace(box(b"mvhd", bytes(100)), box(b"mvhd", header))
    reply = api.ask("/api/photos", phone, "POST", data=body)
    photo = api.read(f"/api/photos/{reply.json()['id']}").json()
    assert (photo["captured_at"], photo["clock"]) == ("2026-11-20T12:01:34.000Z", "exif")
