"""The keys of channels and of what they remember, which are persisted."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from function_app.storage import notification_keys as keys
from tests.photo_wire.strategies import cameras, moments

MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PHOTO = "gate-20261120T120000000Z-0123abcd"
people = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
ids = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)


def test_the_persisted_keys_stay() -> None:
    assert keys.channel_key("ada", "0123456789abcdef") == "ada~0123456789abcdef"
    assert keys.NEWEST_CHANNEL == "~"
    assert keys.event_id(PHOTO, None) == PHOTO
    assert keys.event_id(PHOTO, "silent") == f"{PHOTO}~silent"
    assert keys.unknown_event_id(PHOTO) == f"{PHOTO}~~unknown"
    assert keys.rate_key("gate", "motion") == "R-gate~motion"
    digest = "9f86d081884c7d659a2feaa0c55ad015"  # of SHA-256
    assert keys.unqueued_key(MOMENT, "test") == f"001795176000000~{digest}"


@given(people, people, ids)
def test_a_persons_channels_lie_between_two_keys(owner: str, other: str, channel: str) -> None:
    after, end = keys.channels_of(owner)
    key = keys.channel_key(other, channel)
    assert (after < key < end) == (other == owner)
    assert keys.owner_and_channel(key) == (other, channel)
    assert key < keys.NEWEST_CHANNEL


@given(cameras, cameras, people)
def test_the_groups_of_a_camera_lie_between_two_keys(camera: str, other: str, group: str) -> None:
    after, end = keys.rates_of(camera)
    key = keys.rate_key(other, group)
    assert (after < key < end) == (other == camera)
    assert (keys.camera_of_rate_key(key), keys.group_of_rate_key(key)) == (other, group)


@given(moments, moments)
def test_the_message_that_waits_longest_has_the_lowest_key(one: datetime, other: datetime) -> None:
    first, last = sorted((one, other))
    assert keys.unqueued_key(first, "a")[:15] <= keys.unqueued_key(last, "a")[:15]
