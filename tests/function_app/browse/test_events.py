"""Events: photos that lie close together in time."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.browse.events import events
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg

PICTURE = jpeg(640, 480, seed=5)


def put(api: Api, name: PhotoName, content: bytes = PICTURE, kind: str = "image/jpeg") -> PhotoName:
    headers = {**photo_headers(name), "Content-Type": kind}
    assert api.put(content, headers).status_code == 201
    return name


def test_photos_close_together_are_one_event(api: Api, camera: str) -> None:
    """With its start, its end and its first photo; the newest event first."""
    seconds = [0, 30, 60, 500, 1000, 1059]
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in seconds]
    found = api.read(f"/api/events?camera={camera}").json()
    assert found["next_cursor"] is None
    assert [one["photos"] for one in found["events"]] == [
        [str(names[4]), str(names[5])],
        [str(names[3])],
        [str(name) for name in names[:3]],
    ]
    last = found["events"][-1]
    assert (last["count"], last["cover"], last["is_whole"]) == (3, str(names[0]), True)
    assert (last["start"], last["end"]) == (
        "2026-11-20T12:01:34.567Z",
        "2026-11-20T12:02:34.567Z",
    )
    merged = api.read(f"/api/events?camera={camera}&gap=600").json()["events"]
    assert [one["count"] for one in merged] == [6]


@pytest.mark.parametrize("query", ["", "camera=gate&gap=0", "camera=gate&order=oldest", "gap=5"])
def test_a_malformed_query_is_rejected(api: Api, query: str) -> None:
    assert api.read(f"/api/events?{query}").status_code == 400


def test_an_event_on_two_pages_is_whole_on_neither(api: Api, camera: str) -> None:
    """So the rest does not look like an event of its own."""
    for n in range(5):
        put(api, name_of(camera, MOMENT + timedelta(seconds=n)))
    query = f"/api/events?camera={camera}&limit=2"
    cuts, cursor = [], ""
    for _ in range(3):
        page = api.read(query + cursor).json()
        cuts += [(one["count"], one["is_whole"]) for one in page["events"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (cuts, page["next_cursor"]) == ([(2, False), (2, False), (1, False)], None)


@given(st.sets(st.integers(0, 500), max_size=40), st.integers(1, 60), st.integers(1, 12))
def test_all_pages_together_show_every_photo_once(seconds: set[int], gap: int, limit: int) -> None:
    """In events that end at each pause and nowhere else, unless one is larger than a page: then it
    is not whole."""
    left = [
        Photo(name_of("gate", MOMENT + timedelta(seconds=n)), Media.JPEG, "", 1, MOMENT)
        for n in sorted(seconds, reverse=True)
    ]
    expected, seen = list(left), list[Photo]()
    far = timedelta(seconds=gap)
    whole = events(left, far)
    while left:
        after = seen[-1].name if seen else None
        shown = events(left[:limit], far, after, left[limit].name if left[limit:] else None)
        for event in shown:
            times = [photo.name.captured_at for photo in event.photos]
            pauses = [later - earlier for later, earlier in pairwise(times)]
            assert all(pause <= far for pause in pauses)
            assert event.is_whole is (event.photos in [one.photos for one in whole])
            seen += event.photos
        left = left[sum(len(event.photos) for event in shown) :]
    assert seen == expected
