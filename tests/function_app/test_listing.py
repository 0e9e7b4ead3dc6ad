"""Pages of the list: what may be asked, and that walking them shows everything once."""

from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.gallery.listing import Listing, page, parse_listing
from function_app.storage.records import Photo
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.function_app.api import MOMENT, name_of
from tests.function_app.memory_store import MemoryIndex
from tests.wire.strategies import names

FEW_NAMES = st.builds(
    lambda camera, second, tag: name_of(camera, MOMENT + timedelta(seconds=second), f"{tag:08x}"),
    st.sampled_from(["entry", "gate"]),
    st.integers(0, 5),
    st.integers(0, 3),
)


def index_of(listed: set[PhotoName]) -> MemoryIndex:
    index = MemoryIndex()
    for name in listed:
        index.add(Photo(name, Media.JPEG, "ab" * 32, 5, MOMENT))
    return index


def cursor_after(name: PhotoName) -> str:
    """The cursor of a page that ends with this photo."""
    older = name_of(name.camera, name.captured_at - timedelta(hours=1))
    return str(page(Listing(limit=1), index_of({name, older}))["next_cursor"])


def test_without_parameters_the_newest_fifty_are_meant() -> None:
    """Of all cameras."""
    assert parse_listing({}) == Listing(limit=50, camera=None, after=None)


@given(st.sets(FEW_NAMES), st.integers(1, 200), st.sampled_from([None, "entry", "gate", "none"]))
def test_walking_all_pages_shows_everything_once(
    listed: set[PhotoName], limit: int, camera: str | None
) -> None:
    """Newest first, no page larger than asked for, none empty but the only one."""
    index = index_of(listed)
    params = {"limit": str(limit), **({"camera": camera} if camera else {})}
    seen: list[str] = []
    while True:
        found = page(parse_listing(params), index)
        photos = cast(list[dict[str, str]], found["photos"])
        assert len(photos) <= limit
        seen += [photo["id"] for photo in photos]
        if found["next_cursor"] is None:
            break
        assert len(photos) == limit
        params["cursor"] = str(found["next_cursor"])
    mine = [name for name in listed if camera in (None, name.camera)]
    mine.sort(key=lambda name: (-name.captured_at.timestamp(), str(name)))
    assert seen == [str(name) for name in mine]


def test_a_photo_shows_all_that_is_known() -> None:
    """And null where nothing is."""
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
def test_anything_else_is_malformed(params: dict[str, str]) -> None:
    """With a sentence that names the parameter."""
    with pytest.raises(WireError, match="(?i)" + next(iter(params))):
        parse_listing(params)


@given(names)
def test_a_cursor_says_where_the_next_page_begins(name: PhotoName) -> None:
    """In the view of all cameras and in that of its own, and in no other camera's."""
    if name.captured_at < MOMENT:
        name = name_of(name.camera)
    cursor = cursor_after(name)
    assert parse_listing({"cursor": cursor}).after == name
    assert parse_listing({"cursor": cursor, "camera": name.camera}).after == name
    with pytest.raises(WireError, match="cursor"):
        parse_listing({"cursor": cursor, "camera": "another-camera-0-0"})


@given(st.text())
def test_any_cursor_gets_an_answer(cursor: str) -> None:
    """A place in the list, or 400."""
    try:
        listing = parse_listing({"cursor": cursor})
    except WireError:
        return
    assert listing.after is not None
