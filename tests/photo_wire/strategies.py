"""Anything that the wire allows, for hypothesis."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from photo_wire.command import Command, Kind
from photo_wire.headers import ClockStatus, PhotoHeaders, Trigger
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.motion import MAX_LABELS, Box, Label, Motion
from photo_wire.name import PhotoName, new_name
from photo_wire.receipt import Receipt

moments = st.datetimes(
    min_value=datetime(1970, 1, 1),
    max_value=datetime(9999, 12, 31, 23, 59, 59),
    timezones=st.just(UTC),
).map(to_milliseconds)
cameras = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
names = st.builds(new_name, cameras, moments, st.from_regex(r"[0-9a-f]{8}", fullmatch=True))
command_ids = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
command_kinds = st.sampled_from([kind.value for kind in Kind]) | st.from_regex(
    r"[a-z][a-z0-9_-]{0,31}", fullmatch=True
)
commands = st.builds(
    Command,
    command_ids,
    command_kinds,
    moments,
    st.none() | cameras,
    st.none() | moments,
    st.none() | st.integers(1, 1000),
    st.none() | names,
)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
receipts = st.builds(Receipt, names, hashes, st.integers(0, 2**40), moments)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
labels = st.builds(
    Label,
    st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    st.integers(0, 100).map(lambda n: n / 100),
)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A part of a picture, in whole thousandths of it."""
    left, top = draw(st.integers(0, 999)), draw(st.integers(0, 999))
    width, height = draw(st.integers(1, 1000 - left)), draw(st.integers(1, 1000 - top))
    return Box(left / 1000, top / 1000, width / 1000, height / 1000)


motions = st.builds(Motion, st.none() | boxes())


@st.composite
def headers(draw: st.DrawFn) -> PhotoHeaders:
    """What a client may say, from nothing to everything, without contradicting itself."""
    name: PhotoName | None = draw(st.none() | names)
    return PhotoHeaders(
        name=name,
        camera=draw(st.none() | (st.just(name.camera) if name else cameras)),
        captured_at=draw(st.none() | (st.just(name.captured_at) if name else moments)),
        trigger=draw(st.none() | st.sampled_from(Trigger)),
        clock=draw(st.none() | st.sampled_from(ClockStatus)),
        content_type=draw(st.none() | st.sampled_from([kind.content_type for kind in Media])),
        sha256=draw(st.none() | hashes),
        waiting=draw(st.none() | st.integers(0, 10**9 - 1)),
        motion=draw(st.none() | motions),
        labels=tuple(draw(st.lists(labels, max_size=MAX_LABELS, unique_by=lambda one: one.word))),
    )
