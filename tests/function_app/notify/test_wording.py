"""What notifications say: every kind of alert has a title, what happened, and the next step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app import timer_watch
from function_app.auth import unknown_device
from function_app.notify.events import alert_event, photo_event, sign_in_event
from function_app.notify.rules import Rule
from function_app.notify.wording import Reader, Text, describe, duration
from function_app.storage.models import UNKNOWN, Photo, Sender, StoredAlert
from photo_wire import alert as wire
from photo_wire.alert import BACK, CLOCK, LOSS, MAX_REASON, SILENT, UNDELIVERED, Alert, Detail
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Label
from photo_wire.name import new_name
from tests.support.samples import photo_of

NOW = datetime(2026, 11, 28, 13, 3, 30, tzinfo=UTC)
AT = NOW - timedelta(seconds=8)
READER = Reader(Rule(zone="Europe/Berlin"), NOW, sees_all=True)
KINDS = {
    value
    for name, value in vars(wire).items()
    if name.isupper() and isinstance(value, str) and not name.startswith(("_", "ALERTS_"))
} | {timer_watch.KIND, unknown_device.ALERT_KIND}


def photo(late: timedelta = timedelta(seconds=3), **changes: object) -> Photo:
    one = replace(photo_of("gate", AT), received_at=AT + late, trigger="motion")
    return replace(one, **changes)  # type: ignore[arg-type]


def photo_text(one: Photo, more: int = 0, reader: Reader = READER) -> Text:
    return describe(photo_event(one), more, reader)


def alert_text(alert: Alert, reader: Reader = READER, together: Alert | None = None) -> Text:
    return describe(alert_event(StoredAlert(alert, NOW, together=together)), 0, reader)


def test_a_photo_says_where_what_and_when_in_the_persons_zone() -> None:
    one = photo()
    assert photo_text(one) == ("gate: motion", "14:03:22", f"/photos/{one.name}")
    assert photo_text(one, 14).body == "14:03:22, and 14 more"
    assert photo_text(one, reader=replace(READER, rule=Rule())).body == "13:03:22"
    yesterday = replace(READER, now=NOW + timedelta(days=1))
    assert photo_text(one, reader=yesterday).body == "2026-11-28 14:03:22"


def test_the_title_says_what_a_photo_shows() -> None:
    """The three that the model is surest of, each once."""
    found = [("dog", 0.6), ("person", 0.93), ("person", 0.7), ("car", 0.5), ("cat", 0.4)]
    one = photo(labels=tuple(Label(word, score) for word, score in found))
    assert photo_text(one).title == "Person, dog, car at gate"
    clip = replace(one, media=Media.MP4, labels=one.labels[:1])
    assert photo_text(clip).title == "Dog at gate (clip)"


@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_has_words(trigger: Trigger) -> None:
    title = photo_text(photo(trigger=trigger.value)).title
    assert title.startswith("gate: ")
    assert title != "gate: new photo"
    assert (
        photo_text(photo(trigger=None)).title
        == photo_text(photo(trigger="later")).title
        == "gate: new photo"
    )


def test_a_clip_is_called_so() -> None:
    assert photo_text(photo(media=Media.MP4)).title == "gate: motion (clip)"


def test_a_photo_says_how_late_it_came_and_why_if_that_is_known() -> None:
    late = photo(timedelta(hours=3, minutes=10))
    assert photo_text(late).body == "14:03:22; came 3 h late: it waited on the device"
    offline = replace(READER, was_offline=True)
    assert (
        photo_text(late, reader=offline).body
        == "14:03:22; came 3 h late: the site had no connection"
    )
    old = photo_text(photo(timedelta(days=3)), 14)
    assert old.title == "gate: 15 photos from before"
    assert "came 3 days late" in old.body


def test_a_photo_says_what_is_doubtful() -> None:
    assert photo_text(photo(clock="unsynced")).body.endswith("the time is uncertain")
    unknown = photo(sender=Sender("pi", UNKNOWN))
    assert photo_text(unknown).body.endswith("sent by a device that nobody approved")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_alert_has_a_title_a_sentence_and_a_next_step(kind: str) -> None:
    """No kind falls back to what an unknown one says."""
    reason, since = "something happened on the device", "2026-11-28T10:00:00.000Z"
    details: dict[str, Detail] = {
        "devices": "pi",
        "since": since,
        "minutes": 190,
        "waiting": 3,
    }
    text = alert_text(Alert(new_name("gate", AT), kind, reason, details))
    unknown = alert_text(Alert(new_name("gate", AT), "a-later-kind", reason))
    assert unknown.title == "gate: a-later-kind"
    assert text.title
    assert text.title != f"gate: {kind}"
    assert text.body.endswith(".")
    assert text.body.count(". ") >= 1 or kind == timer_watch.KIND  # whose reason has both
    assert text.path.startswith("/")


def test_the_kinds_are_found() -> None:
    assert len(KINDS) == 11
    assert {LOSS, SILENT, BACK, CLOCK, "timer-stalled", "unknown-device", "not-told"} <= KINDS


def test_a_silence_names_all_devices_only_to_those_who_see_all() -> None:
    own = Alert(new_name("gate", AT), SILENT, "r", {"devices": "pi-1", "since": "x"})
    together = replace(own, details={"devices": "pi-1, pi-2"})
    assert alert_text(own, together=together).title == "Several devices: no reports"
    viewer = replace(READER, sees_all=False)
    assert alert_text(own, viewer, together).title == "pi-1: no reports"
    assert "pi-2" not in alert_text(own, viewer, together).body


def test_only_a_channel_that_failed_has_an_owner_who_can_test_it() -> None:
    reason, lost = "somebody was not told", Alert(new_name("backend", AT), UNDELIVERED, "lost")
    failed = replace(lost, reason=reason, details={"channel": "c1", "person": "anna"})
    assert "Its owner can test it" in alert_text(failed).body
    assert (alert_text(lost).body, alert_text(lost).path) == (
        "Lost. Look under Alerts.",
        "/alerts",
    )


def test_a_sign_in_says_where_and_what_to_do() -> None:
    text = describe(sign_in_event("anna", "192.0.2.0/24", "Firefox", AT), 0, READER)
    assert text.title == "Somebody signed in as you"
    assert "14:03:22, from 192.0.2.0/24, with Firefox" in text.body
    assert "change your password" in text.body


def test_the_longest_reason_fits_into_a_push_message() -> None:
    """senders/ has up to 3,072 bytes for all of it."""
    for kind in KINDS:
        text = alert_text(Alert(new_name("gate", AT), kind, "\u00e4" * MAX_REASON))
        assert len("".join(text).encode()) < 1500


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "1 min"), (59, "59 min"), (190, "3 h"), (2000, "33 h"), (3000, "2 days")],
)
def test_durations(minutes: int, text: str) -> None:
    assert duration(timedelta(minutes=minutes)) == text
