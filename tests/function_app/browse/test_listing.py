"""Pages of the list of photos: parameters, filters and cursors."""

from base64 import b64decode
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import cast
from zoneinfo import ZoneInfo

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.browse.listing import PARAMETERS, Hours, Listing, page, read_listing
from function_app.http.route import Inputs
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.motion import Label, Motion
from photo_wire.name import PhotoName
from tests.photo_wire.strategies import names
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import MemoryIndex

FEW_NAMES = st.builds(
    lambda camera, second, tag: name_of(camera, MOMENT + timedelta(seconds=second), f"{tag:08x}"),
    st.sampled_from(["entry", "gate"]),
    st.integers(0, 5),
    st.integers(0, 3),
)


def parse_listing(params: dict[str, str]) -> Listing:
    request = func.HttpRequest("GET", "http://x/api/photos", params=params, body=b"")
    return read_listing(Inputs(query=PARAMETERS).read(request))


def index_of(listed: set[PhotoName]) -> MemoryIndex:
    index = MemoryIndex()
    for name in listed:
        index.add(Photo(name, Media.JPEG, "ab" * 32, 5, MOMENT), MOMENT)
    return index


def cursor_after(name: PhotoName) -> str:
    """The cursor of a page that ends with this photo."""
    older = name_of(name.camera, name.captured_at - timedelta(hours=1))
    return str(page(Listing(limit=1), index_of({name, older}))["next_cursor"])


def test_the_default_is_the_newest_fifty() -> None:
    """Of all cameras."""
    assert parse_listing({}) == Listing(limit=50, view=View(), after=None)


def all_pages(
    params: dict[str, str], index: MemoryIndex, cameras: frozenset[str] | None = None
) -> list[list[str]]:
    """The ids on each page of a list."""
    pages: list[list[str]] = []
    while True:
        found = page(parse_listing(params), index, cameras)
        pages.append([photo["id"] for photo in cast(list[dict[str, str]], found["photos"])])
        if found["next_cursor"] is None:
            return pages
        params = {**params, "cursor": str(found["next_cursor"])}


@given(
    st.sets(FEW_NAMES),
    st.integers(1, 200),
    st.sampled_from([None, "entry", "gate", "none"]),
    st.sampled_from(["newest", "oldest"]),
)
def test_all_pages_together_show_every_photo_once(
    listed: set[PhotoName], limit: int, camera: str | None, order: str
) -> None:
    """In order; each page is full, except the last."""
    params = {"limit": str(limit), "order": order, **({"camera": camera} if camera else {})}
    pages = all_pages(params, index_of(listed))
    assert all(len(one) == limit for one in pages[:-1])
    assert len(pages[-1]) <= limit
    sign = 1 if order == "oldest" else -1
    mine = [name for name in listed if camera in (None, name.camera)]
    mine.sort(key=lambda name: (sign * name.captured_at.timestamp(), str(name)))
    assert list(chain.from_iterable(pages)) == [str(name) for name in mine]


@given(
    st.sets(FEW_NAMES),
    st.integers(1, 5),
    st.sampled_from([None, frozenset({"entry"}), frozenset()]),
    st.sampled_from(
        [
            {},
            {"trigger": "gpio"},
            {"time_from": "12:01", "time_to": "12:02"},
            {"label": "person"},
            {"stubs": "include"},
            {"stubs": "only", "label": "person"},
        ]
    ),
)
def test_a_filtered_list_shows_every_match_once(
    listed: set[PhotoName],
    limit: int,
    cameras: frozenset[str] | None,
    filters: dict[str, str],
) -> None:
    """However few a page holds; no photo of another camera, and stubs only if it says so."""
    index = MemoryIndex()
    kinds = {None: (False,), "include": (False, True), "only": (True,)}[filters.get("stubs")]
    expected = []
    for name in sorted(listed, key=lambda name: (-name.captured_at.timestamp(), str(name))):
        trigger = "gpio" if name.tag[-1] == "1" else "motion"
        is_stub, is_person = name.captured_at.second % 2 == 1, name.tag[-1] == "2"
        photo = Photo(
            name,
            Media.JPEG,
            "ab" * 32,
            5,
            MOMENT,
            trigger,
            motion=Motion() if is_stub else None,
            labels=(Label("person", 0.9), Label("dog", 0.5)) if is_person else (),
        )
        index.add(photo, MOMENT)
        is_seen = cameras is None or name.camera in cameras
        is_in_hours = "time_from" not in filters or name.captured_at.minute == 1
        is_wanted = is_stub in kinds and (is_person or "label" not in filters)
        if is_seen and is_wanted and is_in_hours and filters.get("trigger") in (None, trigger):
            expected.append(str(name))
    pages = all_pages({"limit": str(limit), **filters}, index, cameras)
    assert list(chain.from_iterable(pages)) == expected
    assert all(len(one) <= limit for one in pages)


@given(
    st.sets(FEW_NAMES, max_size=8),
    st.integers(1, 60),
    st.sampled_from(["newest", "oldest"]),
    st.booleans(),
)
@settings(max_examples=2 * settings().max_examples // 5)
def test_a_cursor_does_not_reveal_hidden_photos(
    mine: set[PhotoName], limit: int, order: str, at_one_moment: bool
) -> None:
    """Even if most photos are of a hidden camera. Each visible photo is shown once."""
    step = timedelta(milliseconds=not at_one_moment)
    hidden = {name_of("secret", MOMENT + n * step + timedelta(seconds=2)) for n in range(150)}
    hidden |= {name_of("secret", MOMENT + timedelta(seconds=2), f"{n:08x}") for n in range(40)}
    index, cameras = index_of(mine | hidden), frozenset({"entry", "gate"})
    params, shown = {"limit": str(limit), "order": order}, list[str]()
    for _ in range(200):
        found = page(parse_listing(params), index, cameras)
        shown += [photo["id"] for photo in cast(list[dict[str, str]], found["photos"])]
        cursor = cast(str | None, found["next_cursor"])
        if cursor is None:
            break
        assert b"secret" not in b64decode(cursor + "==", b"-_")
        params["cursor"] = cursor
    assert cursor is None
    sign = 1 if order == "oldest" else -1
    expected = sorted(mine, key=lambda name: (sign * name.captured_at.timestamp(), str(name)))
    assert shown == [str(name) for name in expected]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Auckland", "UTC"]),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_hours_follow_local_time(moment: datetime, zone: str, first: time, end: time) -> None:
    """In summer and winter, and over midnight."""
    clock = moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    hours, rest = Hours(first, end, ZoneInfo(zone)), Hours(end, first, ZoneInfo(zone))
    if first == end:
        return
    begins, ends = first.strftime("%H:%M"), end.strftime("%H:%M")
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    assert hours.contain(moment) == inside
    assert rest.contain(moment) != inside


def test_the_json_of_a_photo() -> None:
    """With null for what is not known."""
    (photo,) = cast(list[object], page(Listing(), index_of({name_of("gate")}))["photos"])
    assert photo == {
        "id": "gate-20261120T120134567Z-5f3a9c2e",
        "camera": "gate",
        "captured_at": "2026-11-20T12:01:34.567Z",
        "received_at": "2026-11-20T12:01:34.567Z",
        "trigger": None,
        "clock": None,
        "content_type": "image/jpeg",
        "sha256": "ab" * 32,
        "size": 5,
        "site": None,
        "device": None,
        "standing": None,
        "protected": False,
        "motion": None,
        "labels": [],
    }


@pytest.mark.parametrize(
    "params",
    [
        {"page": "2"},
        {"Limit": "2"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": ""},
        {"limit": "-1"},
        {"limit": "1.0"},
        {"limit": "٣"},
        {"limit": "9" * 5000},
        {"camera": ""},
        {"trigger": "thought"},
        {"from": "yesterday"},
        {"to": "2026-11-31T00:00:00Z"},
        {"time_from": "24:00"},
        {"time_to": "noon"},
        {"zone": "Europe/Nowhere"},
        {"zone": "../../etc/passwd"},
        {"order": "random"},
        {"camera": "Gate"},
        {"camera": "a~"},
        {"camera": "a' or 'a' eq 'a"},
        {"cursor": ""},
        {"cursor": "none"},
        {"cursor": "AAAA"},
        {"cursor": "Ä"},
        {"cursor": "gate-20261120T120134567Z-5f3a9c2e"},
    ],
)
def test_malformed_parameters_are_rejected(params: dict[str, str]) -> None:
    """The error names the parameter."""
    with pytest.raises(WireError, match="(?i)" + next(iter(params))):
        parse_listing(params)


@given(names)
def test_a_cursor_is_valid_in_its_own_views_alone(name: PhotoName) -> None:
    """In the list of all cameras and of its own, not of another camera."""
    if name.captured_at < MOMENT:
        name = name_of(name.camera)
    cursor = cursor_after(name)
    assert parse_listing({"cursor": cursor}).after == name
    assert parse_listing({"cursor": cursor, "camera": name.camera}).after == name
    with pytest.raises(WireError, match="cursor"):
        parse_listing({"cursor": cursor, "camera": "another-camera-0-0"})


@given(st.text())
def test_any_cursor_is_read_or_rejected(cursor: str) -> None:
    """A position in the list, or 400."""
    try:
        listing = parse_listing({"cursor": cursor})
    except WireError:
        return
    assert listing.after is not None
