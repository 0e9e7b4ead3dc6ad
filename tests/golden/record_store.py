"""Record a store as a version writes it: python -m tests.golden.record_store [--code FOLDER].

The version's own backend writes it, as a process of FOLDER (a checkout; default: this one) over
Azurite, driven by HTTP alone, and at made-up times (tests/support/clocked_host.py): months pass in
it. What is in the store then, and what the version answers about it, goes to
tests/golden/store-VERSION/ (tests/golden/stores.py says how).
tests/e2e/test_store_written_before.py reads it with today's code.

All secrets in it are made up here, and open nothing else.
"""

import hashlib
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from azure.storage.blob import ContainerClient

from local.azurite import Azurite
from tests.golden.old_backend import AWAY, BEGIN, PASSWORDS, SECRETS, OldBackend
from tests.golden.recording import main
from tests.golden.store_answers import record_answers
from tests.golden.stores import Exchange, dump, write
from tests.support.clocked_backend import ClockedBackend

LATER = BEGIN + timedelta(days=35)
RETENTION = "forever, yard=30d"


def write_store(old: OldBackend, photos: ContainerClient) -> list[Exchange]:
    """Have the backend write one of everything that a store can hold; return the uploads, to send
    them again."""
    sent: list[Exchange] = []
    _make_people_and_tokens(old)
    sent += _first_day(old)
    sent += _second_day(old)
    _a_month_later(old, photos)
    sent += _last_day(old)
    return sent


def _make_people_and_tokens(old: OldBackend) -> None:
    old.restart_at(BEGIN)
    old.sign_in("owner", SECRETS["password"], "owner")
    old.change_password("owner", SECRETS["password"], PASSWORDS["owner"])
    for name, role, cameras in (
        ("olga", "owner", None),
        ("vera", "viewer", ["gate"]),
        ("bert", "owner", None),
    ):
        body = {"name": name, "password": PASSWORDS[name], "role": role, "cameras": cameras}
        old.ask("owner", "POST", "/api/people", 201, json=body)
        old.sign_in(name, PASSWORDS[name], f"early-{name}")
    old.token("owner", "backup", ["read"], None)
    old.token("owner", "wall", ["read"], ["gate"])
    old.token("owner", "janitor", ["read", "delete"], None)
    old.token("early-olga", "phone", ["upload"], ["phone"])
    old.token("early-olga", "script", ["admin"], None)
    old.token("token-script", "grandchild", ["read"], ["raw", "yard"])
    old.token("early-bert", "of-bert", ["read"], None)
    old.token("owner", "revoked", ["read"], None)
    old.ask("owner", "DELETE", "/api/tokens/revoked")


def _first_day(old: OldBackend) -> list[Exchange]:
    sent = [old.photo(f"gate {number}", "gate", X_Waiting=f"{9 - number}") for number in range(6)]
    sent.append(old.photo("located", "gate", "located", X_Trigger="gpio"))
    old.wait(minutes=10)
    old.ask("owner", "GET", "/api/stats")  # the first counts are saved
    sent.append(old.photo("older", "gate", ago=timedelta(days=4), X_Clock="corrected"))
    sent.append(old.photo("without a clock", "gate", ago=timedelta(days=400), X_Clock="unsynced"))
    for number, kind in enumerate(("mp4", "mp4-without-cover", "mp4")):
        sent.append(old.photo(f"clip {number}", "yard", kind, X_Trigger="schedule"))
    for number in range(2):
        sent.append(old.photo(f"raw {number}", "raw", "dng", X_Trigger="demand"))
    for number in range(2):
        old.photo(f"shed {number}", "shed")
    post = Exchange("token-phone", "/api/photos", "POST", {"Content-Type": "image/jpeg"})
    sent.append(old.send("from a phone", post, old.picture("exif")))
    sent.append(old.send("without a time", post, old.picture()))
    path = "/api/camera/photo?cameraName=Front%20Door&websiteId=Caf%C3%A9%2012"
    sent.append(old.send("old client", Exchange("device", path, "PUT"), old.picture()))
    stated = {"X-Camera-Id": "gate", "X-Captured-At": "2026-05-04T06:00:00.000Z"}
    sent.append(
        old.send("stated", Exchange("device", "/api/camera/photo", "PUT", stated), old.picture())
    )
    old.alert("loss", old.name("lost", "gate"), "no-room", waiting=3)
    old.alert("loss", old.name("lost and found", "gate"), "torn")
    old.alert("quarantine", old.name("set aside", "raw"), "rejected-422", photos=1)
    old.alert("disk", old.name("disk", "shed"), "the device's disk is read-only")
    old.ask("owner", "GET", "/api/stats")
    for called in ("gate 0", "located", "clip 0", "raw 0"):
        old.ask("owner", "GET", f"/api/photos/{old.names[called]}/thumbnail")
    return sent


def _second_day(old: OldBackend) -> list[Exchange]:
    old.restart_at(BEGIN + timedelta(days=1, hours=2))  # no timer has run: that is an alert
    sent = [old.photo(f"gate later {number}", "gate", X_Waiting="0") for number in range(5)]
    sent.append(old.photo("last month", "gate", ago=timedelta(days=9), X_Trigger="schedule"))
    body, name = old.picture(), old.names["lost and found"]
    late = {"X-Photo-Id": name, "X-Clock": "synced", "X-Trigger": "motion"}
    request = Exchange("device", "/api/camera/photo", "PUT", late)
    sent.append(old.send("lost and found", request, body))
    old.alert(
        "spool-filling",
        old.name("filling", "yard"),
        "the photos take 83% of the room that they may take on the device",
        waiting=1204,
        bytes_used=830,
        bytes_allowed=1000,
    )
    old.alert("clock", old.name("clock", "gate"), "the clock is behind", seconds_behind=10920)
    old.alert("of-later", old.name("of later", "gate"), "a kind that nobody knows, with \u00e9")
    old.alert("loss", old.name("lost too", "raw"), "disk-error", waiting=7, sha256="ab" * 32)
    ids = [old.names["gate 1"], old.names["raw 1"], "gate-20260101T000000000Z-00000000"]
    old.ask("early-olga", "DELETE", f"/api/photos/{old.names['gate later 0']}", 204)
    old.ask("token-janitor", "POST", "/api/photos/delete", json={"ids": ids})
    old.ask("token-backup", "GET", f"/api/photos/{old.names['gate 2']}/content")
    old.link("early-olga", "expired", photo=old.names["gate 2"], hours=1)
    old.wait(minutes=10)
    old.ask("owner", "GET", "/api/stats")
    return sent


def _a_month_later(old: OldBackend, photos: ContainerClient) -> None:
    old.restart_at(LATER)
    old.ask("read-token", "GET", "/api/days")
    old.sign_in("owner", PASSWORDS["owner"], "owner", old.credentials["browser-owner"])
    old.ask("owner", "POST", "/api/cleanup/run")  # the clips of a month ago
    old.ask("owner", "DELETE", "/api/cameras/shed")
    missing = old.names["gate 3"]
    photos.delete_blob(f"gate/{BEGIN:%Y/%m/%d}/{missing}.jpg")  # the storage lost it
    old.ask("owner", "POST", "/api/repair/run")
    old.ask("device", "POST", "/api/photos/known", json={"ids": [missing, old.names["raw 0"]]})
    old.alert("missing", old.names["clip 1"], "its device has a receipt for it")
    old.backend.run_timer("hourly_cleanup")
    old.ask("owner", "GET", "/api/cameras")
    old.ask("owner", "DELETE", "/api/people/bert")  # and his token; his session is over


def _last_day(old: OldBackend) -> list[Exchange]:
    old.restart_at(LATER + timedelta(days=1, hours=4))
    for name in ("olga", "vera"):
        old.sign_in(name, PASSWORDS[name], name)
    old.sign_in("vera", PASSWORDS["vera"], "ended")
    old.ask("ended", "DELETE", "/api/session", 204)
    sent = [old.photo(f"gate today {number}", "gate", X_Waiting="1") for number in range(4)]
    sent += [old.photo(f"clip today {number}", "yard", "mp4") for number in range(2)]
    sent.append(old.photo("to come", "raw", "dng", ago=-timedelta(days=300), X_Clock="unsynced"))
    old.alert("loss", old.name("lost today", "yard"), "no-room", waiting=2)
    old.wait(minutes=30)
    old.backend.run_timer("weekly_repair")
    old.backend.run_timer("hourly_cleanup")
    old.ask("owner", "GET", "/api/stats")
    sent.append(old.photo("thumbnail today", "gate"))
    old.ask("olga", "DELETE", f"/api/photos/{old.names['gate today 0']}", 204)  # it is counted
    for called in ("gate 0", "older"):
        old.ask("vera", "GET", f"/api/photos/{old.names[called]}/content")
    old.ask("vera", "GET", f"/api/photos/{old.names['thumbnail today']}/thumbnail")
    _make_links(old)
    old.wait(minutes=20)
    sent.append(old.photo("just now", "gate", X_Waiting="0"))  # its count is not saved yet
    deleted = old.photo("just now deleted", "gate")
    old.ask("olga", "DELETE", f"/api/photos/{old.names['just now deleted']}", 204)
    _try_passwords(old)
    return [*sent, deleted]


def _make_links(old: OldBackend) -> None:
    span = {"camera": "gate", "from": "2026-05-01T00:00:00.000Z", "to": "2026-05-05T23:59:59.999Z"}
    located = old.names["located"]
    old.link("olga", "photo", photo=located, hours=2160)
    old.link("owner", "photo with location", photo=located, with_location=True)
    old.link("owner", "span", **span)
    old.link("token-script", "span with location", **span, with_location=True)
    old.link("owner", "revoked", photo=located)
    shares = old.ask("owner", "GET", "/api/shares")["shares"]
    key = hashlib.sha256(old.links["revoked"].encode()).hexdigest()[:32]
    assert key in {one["key"] for one in shares}, "the hash of a link's secret is another one"
    old.ask("owner", "DELETE", f"/api/shares/{key}", 204)


def _try_passwords(old: OldBackend) -> None:
    """Have a stranger guess olga's password, who then waits for some minutes more."""
    for wait in (*[0] * 5, 3, 5, 9, 17, 33, 65, 129, 257, 513):
        old.wait(seconds=wait)
        body = {"name": "olga", "password": "a wrong guess of a stranger"}
        headers = {"X-Forwarded-For": AWAY}
        old.ask("anonymous", "POST", "/api/session", 401, json=body, headers=headers)


def record(code: Path, folder: Path) -> None:
    """Record the version in `code` into a new folder."""
    with tempfile.TemporaryDirectory() as scratch, Azurite() as azurite:
        backend = ClockedBackend(
            azurite.connection_string,
            log=Path(scratch) / "log",
            **SECRETS,  # type: ignore[arg-type]  # these are fields that are texts
            env={"RETENTION": RETENTION},
            code=code,
            folder=Path(scratch),
        )
        old = OldBackend(backend)
        photos = ContainerClient.from_connection_string(azurite.connection_string, "photos")
        try:
            sent = write_store(old, photos)
            backend.stop()
            store, now = dump(azurite.connection_string), old.now
            old.restart_at(now + timedelta(seconds=1))
            # What retention deleted would be stored again, with another moment of arrival.
            removed = {old.names[called] for called in ("clip 0", "clip 1", "clip 2", "gate 3")}
            expired = [one for one in sent if one.headers.get("X-Photo-Id") in removed]
            again = [one for one in sent if one not in expired]
            record_answers(old, again)
        finally:
            backend.stop()
    facts = {
        "now": old.now.isoformat(),
        "retention": RETENTION,
        "settings": SECRETS,
        "passwords": PASSWORDS,
        "secrets": sorted(set(old.secrets)),
        "credentials": old.credentials,
        "photos": old.names,
        "links": old.links,
        "removed": {one.headers["X-Photo-Id"]: one.body for one in expired},
    }
    bodies = {**old.bodies, **store.bodies}
    write(replace(store, bodies=bodies, exchanges=old.exchanges, facts=facts), folder)


if __name__ == "__main__":
    main("store", record)
