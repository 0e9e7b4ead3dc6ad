"""What notifications say, in each language: every kind has a title, what happened, and the next
step."""

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app import timer_watch
from function_app.auth import unknown_device
from function_app.auth.sign_in_places import OTHER_PROGRAM
from function_app.auth.unknown_device import unknown_device_alert
from function_app.localization.translation import LANGUAGES, Language
from function_app.notify.events import (
    PHOTO,
    SIGN_IN,
    TEST,
    Event,
    alert_event,
    photo_event,
    sign_in_event,
)
from function_app.notify.rules import Rule
from function_app.notify.wording import Reader, Text, describe
from function_app.storage.models import EXIF_CLOCK, UNKNOWN, Photo, Sender, StoredAlert
from photo_wire import alert as wire
from photo_wire.alert import (
    BACK,
    CLOCK,
    DISK,
    LOSS,
    MAX_REASON,
    MISSING,
    QUARANTINE,
    SILENT,
    SPOOL_FILLING,
    UNDELIVERED,
    Alert,
    Detail,
)
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Label
from photo_wire.name import new_name
from tests.support.samples import photo_of

NOW = datetime(2026, 11, 28, 13, 3, 30, tzinfo=UTC)
AT = NOW - timedelta(seconds=8)
READERS = {one: Reader(Rule(zone="Europe/Berlin", language=one), NOW, True) for one in LANGUAGES}
READER, GERMAN = READERS["en"], READERS["de"]
KINDS = {
    value
    for name, value in vars(wire).items()
    if name.isupper() and isinstance(value, str) and not name.startswith(("_", "ALERTS_"))
} | {timer_watch.KIND, unknown_device.ALERT_KIND}
SINCE = "2026-11-28T10:00:00.000Z"
KEY = "A" * 43 + "="


def photo(late: timedelta = timedelta(seconds=3), **changes: object) -> Photo:
    one = replace(photo_of("gate", AT), received_at=AT + late, trigger="motion")
    return replace(one, **changes)  # type: ignore[arg-type]


def photo_text(one: Photo, more: int = 0, reader: Reader = READER) -> Text:
    return describe(photo_event(one), more, reader)


def alert_text(alert: Alert, reader: Reader = READER, together: Alert | None = None) -> Text:
    return describe(alert_event(StoredAlert(alert, NOW, together=together)), 0, reader)


def alert(kind: str, reason: str, **details: Detail) -> Alert:
    return Alert(new_name("gate", AT), kind, reason, details)


class Message(NamedTuple):
    """What a notification says."""

    title: str
    body: str


class Case(NamedTuple):
    """An alert, and what it says to people of each language."""

    alert: Alert
    english: Message
    german: Message


CASES = (
    Case(
        alert(LOSS, "no-room"),
        Message(
            "gate: A photo was lost",
            "Taken: 14:03:22. The device had no more room. Check the device's connection, and the "
            "space that its photos may use.",
        ),
        Message(
            "gate: Ein Foto ging verloren",
            "Aufgenommen: 14:03:22. Das Gerät hatte keinen Platz mehr. Prüfen Sie die Verbindung "
            "des Geräts und den Platz, den seine Fotos haben.",
        ),
    ),
    Case(
        alert(QUARANTINE, "rejected-422"),
        Message(
            "gate: A photo is in quarantine",
            "Taken: 14:03:22. It was sent, and rejected twice (status 422). It stays on the "
            "device. Run there: sudo pi-uploader spool list. To send it again: sudo pi-uploader "
            "spool requeue.",
        ),
        Message(
            "gate: Ein Foto ist in Quarantäne",
            "Aufgenommen: 14:03:22. Es wurde gesendet und zweimal abgelehnt (Status 422). Es "
            "bleibt auf dem Gerät. Starten Sie dort: sudo pi-uploader spool list. Um es noch "
            "einmal zu senden: sudo pi-uploader spool requeue.",
        ),
    ),
    Case(
        alert(MISSING, "its bytes are gone from the store"),
        Message(
            "gate: A stored photo is gone",
            "Taken: 14:03:22. Its bytes are gone from the store. Find out in the storage "
            "account's log who deleted it, or restore it from a backup.",
        ),
        Message(
            "gate: Ein gespeichertes Foto ist weg",
            "Aufgenommen: 14:03:22. Seine Daten sind nicht mehr im Speicher. Sehen Sie im "
            "Protokoll des Speicherkontos nach, wer es gelöscht hat, oder holen Sie es aus einer "
            "Sicherung zurück.",
        ),
    ),
    Case(
        alert(SPOOL_FILLING, "the photos use 81% of the allowed space on the device"),
        Message(
            "gate: The device's disk is filling",
            "The photos use 81% of the allowed space on the device. Check the device's connection "
            "before it is full.",
        ),
        Message(
            "gate: Der Datenträger des Geräts wird voll",
            "Die Fotos brauchen 81\N{NO-BREAK SPACE}% des erlaubten Platzes auf dem Gerät. Prüfen "
            "Sie die Verbindung des Geräts, bevor er voll ist.",
        ),
    ),
    Case(
        alert(DISK, "the device's disk is read-only, and every new photo is lost"),
        Message(
            "gate: Trouble with the device's disk",
            "The device's disk is read-only, and every new photo is lost. On the device, run: "
            "sudo pi-uploader doctor.",
        ),
        Message(
            "gate: Störung am Datenträger des Geräts",
            "Auf den Datenträger des Geräts lässt sich nichts schreiben, und jedes neue Foto geht "
            "verloren. Starten Sie auf dem Gerät: sudo pi-uploader doctor.",
        ),
    ),
    Case(
        alert(CLOCK, "photos were taken while the clock was not set, 4 so far"),
        Message(
            "gate: The device's clock is wrong",
            "Photos were taken while the clock was not set, 4 so far. Check that the device "
            "reaches a time server.",
        ),
        Message(
            "gate: Die Uhr des Geräts geht falsch",
            "Fotos wurden aufgenommen, während die Uhr nicht gestellt war, bisher 4. Prüfen Sie, "
            "ob das Gerät einen Zeitserver erreicht.",
        ),
    ),
    Case(
        alert(SILENT, "the device pi has sent no report since ...", devices="pi", since=SINCE),
        Message(
            "No reports from pi",
            "No report came from pi since 11:00:00. Check power and Wi-Fi there.",
        ),
        Message(
            "Keine Meldung von pi",
            "Von pi kam keine Meldung seit 11:00:00. Prüfen Sie dort Strom und WLAN.",
        ),
    ),
    Case(
        alert(BACK, "the device pi is back after ...", devices="pi", minutes=3000, waiting=1234),
        Message(
            "pi: back",
            "No report came from pi for 2 days 2 h. 1,234 photos wait and come now. Nothing to do.",
        ),
        Message(
            "pi: wieder da",
            "Von pi kam 2 Tage 2 Std. lang keine Meldung. 1.234 Fotos warten und kommen jetzt. "
            "Nichts zu tun.",
        ),
    ),
    Case(
        alert(
            timer_watch.KIND,
            f"the watch for silent devices has not run since {SINCE}: restart the app, and until "
            "it runs again nobody is alerted if a device falls silent",
        ),
        Message(
            "A timer of Nightjar has stopped",
            "The watch for silent devices has not run since 28 Nov 2026, 11:00: restart the app, "
            "and until it runs again nobody is alerted if a device falls silent.",
        ),
        Message(
            "Ein Zeitgeber von Nightjar steht",
            "Die Suche nach Geräten, die sich nicht melden, ist nicht gelaufen seit 28. Nov. 2026, "
            "11:00: Starten Sie die App neu; bis dahin wird niemand gewarnt, wenn ein Gerät sich "
            "nicht mehr meldet.",
        ),
    ),
    Case(
        replace(
            unknown_device_alert("gate", ("pi", KEY), "a new key signs for it", NOW).alert,
            details={"device": "pi", "fingerprint": "0123abcd"},
        ),
        Message(
            "gate: A device waits for an owner's approval",
            "A new key signs for it: until an owner approves, such photos are stored and marked. "
            "Compare the fingerprint 0123abcd with the device's. Approve or reject it under "
            "Devices.",
        ),
        Message(
            "gate: Ein Gerät wartet auf die Zulassung durch einen Eigentümer",
            "Ein neuer Schlüssel signiert dafür: Bis ein Eigentümer das zulässt, werden solche "
            "Fotos gespeichert und gekennzeichnet. Vergleichen Sie den Fingerabdruck 0123abcd mit "
            "dem des Geräts. Lassen Sie es unter Geräte zu, oder lehnen Sie es ab.",
        ),
    ),
    Case(
        alert(
            UNDELIVERED,
            "a channel of vera (webhook) was not told: Kontakt (tried for 24 h: nothing listens "
            "there (connection refused); check the port, and that the receiver is running)",
            channel="c1",
            person="vera",
        ),
        Message(
            "Nightjar: Somebody was not told",
            "A channel of vera (webhook) was not told: Kontakt (tried for 24 h: nothing listens "
            "there (connection refused); check the port, and that the receiver is running). Its "
            "owner can test it under Notifications.",
        ),
        Message(
            "Nightjar: Jemand bekam eine Mitteilung nicht",
            "Ein Ort für Mitteilungen von vera (webhook) hat nicht bekommen: Kontakt (24 Std. lang "
            "versucht: dort hört niemand zu (Verbindung abgelehnt); prüfen Sie den Port, und ob "
            "der Empfänger läuft). Wem er gehört, kann ihn unter Mitteilungen prüfen.",
        ),
    ),
    Case(
        alert("a-later-kind", "a word of a later version"),
        Message("gate: a-later-kind", "A word of a later version. Look under Alerts."),
        Message("gate: a-later-kind", "A word of a later version. Sehen Sie unter Warnungen nach."),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert.kind)
def test_an_alert_says_what_happened_and_what_to_do(case: Case) -> None:
    """In whole sentences of the person's language."""
    for reader, message in ((READER, case.english), (GERMAN, case.german)):
        text = alert_text(case.alert, reader)
        assert (text.title, text.body) == message
        assert text.path.startswith("/")


@pytest.mark.parametrize("kind", [PHOTO, SIGN_IN, TEST])
def test_an_alert_is_described_as_one_whatever_its_kind(kind: str) -> None:
    """Devices name kinds as they like: earlier versions accepted those of other notifications."""
    text = alert_text(alert(kind, "it is dark"))
    assert text == (f"gate: {kind}", "It is dark. Look under Alerts.", "/alerts")


def test_every_kind_of_alert_is_among_them() -> None:
    assert len(KINDS) == 11
    assert {case.alert.kind for case in CASES} - {"a-later-kind"} == KINDS


@pytest.mark.parametrize(
    ("kind", "reason", "english", "german"),
    [
        (LOSS, "disk-error", "The device's disk failed.", "Der Datenträger des Geräts versagte."),
        (LOSS, "eaten", "Reason: eaten.", "Grund: eaten."),
        (QUARANTINE, "damaged", "It was damaged on", "Es wurde auf dem Gerät beschädigt."),
        (QUARANTINE, "unreadable", "The device cannot read it", "Das Gerät kann es nicht von"),
        (QUARANTINE, "never-accepted", "and never accepted.", "gesendet und nie angenommen."),
        (QUARANTINE, "a person's folder", "A person's folder.", "A person's folder."),
    ],
)
def test_a_photo_is_lost_or_in_quarantine_for_a_reason(
    kind: str, reason: str, english: str, german: str
) -> None:
    assert english in alert_text(alert(kind, reason)).body
    assert german in alert_text(alert(kind, reason), GERMAN).body


def test_further_alerts_are_counted() -> None:
    event = alert_event(StoredAlert(alert(LOSS, "torn"), NOW))
    assert describe(event, 14, READER).body.endswith("may use. And 14 more.")
    assert describe(event, 14, GERMAN).body.endswith("haben. Und 14 weitere.")


def test_a_photo_says_where_what_and_when_in_the_persons_zone() -> None:
    one = photo()
    assert photo_text(one) == ("gate: motion", "14:03:22", f"/photos/{one.name}")
    assert photo_text(one, 14).body == "14:03:22, and 14 more"
    assert photo_text(one, reader=replace(READER, rule=Rule())).body == "13:03:22"
    tomorrow = NOW + timedelta(days=1)
    assert photo_text(one, reader=replace(READER, now=tomorrow)).body == "28 Nov 2026, 14:03:22"
    assert photo_text(one, reader=replace(GERMAN, now=tomorrow)).body == "28. Nov. 2026, 14:03:22"


def test_a_photo_says_it_in_german() -> None:
    assert photo_text(photo(), reader=GERMAN)[:2] == ("gate: Bewegung", "14:03:22")
    assert photo_text(photo(), 1, GERMAN).body == "14:03:22, und 1 weiteres"
    assert photo_text(photo(), 14, GERMAN).body == "14:03:22, und 14 weitere"


def test_a_rule_without_a_language_is_english() -> None:
    """Those of earlier versions have none."""
    assert photo_text(photo(), 1, replace(READER, rule=Rule())).body == "13:03:22, and 1 more"


@pytest.mark.parametrize(
    ("labels", "english", "german"),
    [
        (
            [("dog", 0.6), ("person", 0.93), ("person", 0.7), ("car", 0.5), ("cat", 0.4)],
            "Person, dog, car at gate",
            "gate: Person, Hund, Auto",
        ),
        ([("forklift", 0.9)], "Forklift at gate", "gate: Forklift"),
        ([("unknown", 0.0)], "gate: motion", "gate: Bewegung"),
    ],
)
def test_the_title_says_what_a_photo_shows(
    labels: list[tuple[str, float]], english: str, german: str
) -> None:
    """The three that the model is surest of, each once; in the model's word if it is a rare one."""
    one = photo(labels=tuple(Label(word, score) for word, score in labels))
    assert photo_text(one).title == english
    assert photo_text(one, reader=GERMAN).title == german
    clip = replace(one, media=Media.MP4)
    assert photo_text(clip).title == f"{english} (clip)"
    assert photo_text(clip, reader=GERMAN).title == f"{german} (Clip)"


@pytest.mark.parametrize(
    ("trigger", "english", "german"),
    [
        (Trigger.MOTION, "motion", "Bewegung"),
        (Trigger.GPIO, "contact", "Kontakt"),
        (Trigger.SCHEDULE, "scheduled photo", "Foto nach Zeitplan"),
        (Trigger.DEMAND, "photo on request", "Foto auf Anfrage"),
        (None, "new photo", "neues Foto"),
        ("later", "new photo", "neues Foto"),
    ],
)
def test_a_trigger_has_words(trigger: str | None, english: str, german: str) -> None:
    one = photo(trigger=trigger)
    assert photo_text(one).title == f"gate: {english}"
    assert photo_text(one, reader=GERMAN).title == f"gate: {german}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trigger_has_words_of_its_own(language: Language) -> None:
    photos = [photo(trigger=one.value) for one in Trigger] + [photo(trigger="later")]
    titles = {photo_text(one, reader=READERS[language]).title for one in photos}
    assert len(titles) == len(Trigger) + 1


@pytest.mark.parametrize(
    ("late", "english", "german"),
    [
        (timedelta(minutes=2), "came 2 min late", "kam 2 Min. verspätet"),
        (timedelta(minutes=59), "came 59 min late", "kam 59 Min. verspätet"),
        (timedelta(hours=3, minutes=10), "came 3 h 10 min late", "kam 3 Std. 10 Min. verspätet"),
        (timedelta(hours=2, minutes=41), "came 2 h 41 min late", "kam 2 Std. 41 Min. verspätet"),
    ],
)
def test_a_photo_says_how_late_it_came_and_why_if_that_is_known(
    late: timedelta, english: str, german: str
) -> None:
    one = photo(late)
    assert photo_text(one).body == f"14:03:22; {english}: it waited on the device"
    body = photo_text(one, reader=replace(READER, was_offline=True)).body
    assert body == f"14:03:22; {english}: the site had no connection"
    body = photo_text(one, reader=GERMAN).body
    assert body == f"14:03:22; {german}: Es hat auf dem Gerät gewartet"
    body = photo_text(one, reader=replace(GERMAN, was_offline=True)).body
    assert body == f"14:03:22; {german}: Der Standort hatte keine Verbindung"


@pytest.mark.parametrize(
    ("late", "english", "german"),
    [
        (timedelta(hours=3), "3 h after", "wurde erst 3 Std. nach"),
        (timedelta(days=3), "3 days after", "wurde erst 3 Tage nach"),
    ],
)
def test_a_photo_whose_file_says_when_it_was_taken_waited_on_no_device(
    late: timedelta, english: str, german: str
) -> None:
    one = photo(late, clock=EXIF_CLOCK)
    assert photo_text(one).body == f"14:03:22; was sent {english} it was taken"
    assert photo_text(one, reader=GERMAN).body == f"14:03:22; {german} der Aufnahme gesendet"


def test_old_photos_come_together() -> None:
    one = photo(timedelta(days=3))
    assert photo_text(one)[:2] == (
        "gate: 1 photo from before",
        "14:03:22; came 3 days late: it waited on the device",
    )
    assert photo_text(one, 14)[:2] == (
        "gate: 15 photos from before",
        "the last is of 14:03:22; came 3 days late: it waited on the device",
    )
    assert photo_text(one, 14, GERMAN)[:2] == (
        "gate: 15 ältere Fotos",
        "das letzte: 14:03:22; kam 3 Tage verspätet: Es hat auf dem Gerät gewartet",
    )


def test_photos_of_many_cameras_come_together() -> None:
    cameras = tuple(f"cam-{number}" for number in range(10))
    names = ", ".join(cameras[:8])
    text = photo_text(photo(), 1499, replace(READER, cameras=cameras))
    assert text.title == "10 cameras: 1,500 photos"
    assert text.body == f"{names} and 2 more; the last is of 14:03:22"
    text = photo_text(photo(), 1499, replace(GERMAN, cameras=cameras))
    assert text.title == "10 Kameras: 1.500 Fotos"
    assert text.body == f"{names} und 2 weitere; das letzte: 14:03:22"


def test_a_photo_says_what_is_doubtful() -> None:
    unsynced, unknown = photo(clock="unsynced"), photo(sender=Sender("pi", UNKNOWN))
    assert photo_text(unsynced).body == "14:03:22; time uncertain"
    assert photo_text(unsynced, reader=GERMAN).body == "14:03:22; Zeit unsicher"
    assert photo_text(unknown).body == "14:03:22; sent by a device that nobody approved"
    german = "14:03:22; gesendet von einem Gerät, das niemand zugelassen hat"
    assert photo_text(unknown, reader=GERMAN).body == german


def test_a_silence_names_all_devices_only_to_those_who_see_all() -> None:
    own = alert(SILENT, "r", devices="pi-1", since="x")
    together = replace(own, details={"devices": "pi-1, pi-2", "devices-2": "pi-3"})
    text = alert_text(own, together=together)
    assert text.title == "No reports from 3 devices"
    assert text.body.startswith("No report came from pi-1, pi-2, pi-3. ")
    german = alert_text(own, GERMAN, together)
    assert german.title == "Keine Meldung von 3 Geräten"
    assert german.body.startswith("Von pi-1, pi-2, pi-3 kam keine Meldung. ")
    viewer = replace(READER, sees_all=False)
    assert alert_text(own, viewer, together).title == "No reports from pi-1"
    assert "pi-2" not in alert_text(own, viewer, together).body


def test_several_devices_are_back() -> None:
    one = alert(BACK, "r", devices="pi-1, pi-2", minutes=50, waiting=1)
    assert alert_text(one)[:2] == (
        "2 devices: back",
        "No report came from pi-1, pi-2 for 50 min. 1 photo waits and comes now. Nothing to do.",
    )
    assert alert_text(one, GERMAN)[:2] == (
        "2 Geräte: wieder da",
        "Von pi-1, pi-2 kam 50 Min. lang keine Meldung. 1 Foto wartet und kommt jetzt. Nichts zu "
        "tun.",
    )


def test_only_a_channel_that_failed_has_an_owner_who_can_test_it() -> None:
    lost = Alert(new_name("backend", AT), UNDELIVERED, "it was lost")
    assert alert_text(lost)[1:] == ("It was lost. Look under Alerts.", "/alerts")
    failed = replace(lost, details={"channel": "c1", "person": "anna"})
    assert "Its owner can test it" in alert_text(failed).body


@pytest.mark.parametrize(
    ("network", "browser", "english", "german"),
    [
        (
            "192.0.2.0/24",
            "Firefox",
            "from 192.0.2.0/24, with Firefox",
            "aus dem Netz 192.0.2.0/24, mit Firefox",
        ),
        (
            "",
            OTHER_PROGRAM,
            "from an unknown network, with another program",
            "aus einem unbekannten Netz, mit einem anderen Programm",
        ),
    ],
)
def test_a_sign_in_says_where_and_what_to_do(
    network: str, browser: str, english: str, german: str
) -> None:
    event = sign_in_event("anna", network, browser, AT)
    assert describe(event, 0, READER)[:2] == (
        "Somebody signed in as you",
        f"14:03:22, {english}: a new place for you. If it was not you, change your password, "
        "which signs everybody else out.",
    )
    assert describe(event, 0, GERMAN)[:2] == (
        "Jemand hat sich als Sie angemeldet",
        f"14:03:22, {german}: ein neuer Ort für Sie. Wenn Sie es nicht waren, ändern Sie Ihr "
        "Passwort; das meldet alle anderen ab.",
    )


def test_the_longest_reason_fits_into_a_push_message() -> None:
    """senders/ has up to 3,072 bytes for all of it."""
    for kind in KINDS:
        for reader in READERS.values():
            text = alert_text(alert(kind, "\u00e4" * MAX_REASON), reader)
            assert len("".join(text).encode()) < 1500


NAMES = ("devices", "devices-2", "since", "minutes", "waiting", "fingerprint", "person")
MOMENTS = (SINCE, "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z")
free_text = st.text(string.ascii_letters + string.digits + " .,;:()-", min_size=1, max_size=60)
values = free_text | st.sampled_from(MOMENTS) | st.integers(-(2**53) + 1, 2**53 - 1)
alerts = st.builds(
    lambda kind, reason, details: alert_event(
        StoredAlert(Alert(new_name("gate", AT), kind, reason, details), NOW)
    ),
    st.sampled_from([*sorted(KINDS), "a-later-kind"]),
    free_text,
    st.dictionaries(st.sampled_from(NAMES), values),
)
labels = st.builds(Label, st.sampled_from(["person", "unknown", "forklift"]), st.just(0.5))
photos = st.builds(
    lambda late, changes: photo_event(photo(late, **changes)),
    st.timedeltas(timedelta(0), timedelta(days=4000)),
    st.fixed_dictionaries(
        {
            "clock": st.sampled_from(["synced", "unsynced", None]),
            "trigger": st.sampled_from([*Trigger, "later", None]),
            "labels": st.lists(labels).map(tuple),
            "media": st.sampled_from(Media),
            "sender": st.sampled_from([None, Sender("pi", UNKNOWN)]),
        }
    ),
)
sign_ins = st.builds(
    lambda network, browser: sign_in_event("anna", network, browser, AT),
    st.sampled_from(["", "192.0.2.0/24"]),
    free_text,
)


@given(
    event=photos | alerts | sign_ins,
    more=st.integers(0, 10**6),
    language=st.sampled_from(LANGUAGES),
    zone=st.sampled_from(["Pacific/Kiritimati", "Pacific/Pago_Pago"]),
    sees_all=st.booleans(),
    cameras=st.lists(st.sampled_from(["gate", "yard"]), max_size=20).map(tuple),
)
def test_no_notification_has_a_hole(
    event: Event, more: int, language: Language, zone: str, sees_all: bool, cameras: tuple[str, ...]
) -> None:
    """Whatever a device says: no placeholder is left, and none is an error."""
    rule = Rule(zone=zone, language=language)
    text = describe(event, more, Reader(rule, NOW, sees_all, cameras=cameras))
    assert text.title.strip()
    assert text.body.strip()
    assert not set("{}") & set(text.title + text.body)
