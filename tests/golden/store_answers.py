"""What is asked about a store that was recorded: the exchanges, by topic."""

import hashlib

from tests.golden.old_backend import AWAY, HOME, PASSWORDS, SECRETS, OldBackend
from tests.golden.stores import Exchange


def record_answers(old: OldBackend, sent: list[Exchange]) -> None:
    """Record what the backend answers. Lists are requested before anything is written that they
    would show, such as a sign-in in the audit log, so that no answer depends on the moment."""
    old.topic = "accounts"
    for path in ("tokens", "people", "shares", "session"):
        old.record("owner", f"/api/{path}")
    old.record_pages("owner", "/api/accesses?limit=30")
    old.topic = "alerts"
    for path in ("alerts?limit=4", "alerts?camera=gate&limit=3"):
        old.record_pages("owner", f"/api/{path}")
    for path in ("alerts?kind=loss", "alerts?camera=raw&kind=loss", "alerts?camera=shed"):
        old.record("owner", f"/api/{path}")
    old.topic = "lists"
    old.record_pages("owner", "/api/photos?limit=4", is_brief=False)
    _record_lists(old)
    old.topic = "photos"
    _record_photos(old)
    old.topic = "rights"
    _record_rights(old)
    old.topic = "links"
    _record_links(old)
    old.topic = "sign-ins"
    _record_sign_ins(old)
    old.topic = "sent again"
    for request in sent:
        again = {name: getattr(request, name) for name in ("headers", "body")}
        old.record(request.who, request.path, request.method, **again)
    _record_devices(old)
    for path in ("photos?limit=200", "photos?limit=200&order=oldest", "stats", "days", "cameras"):
        old.record("owner", f"/api/{path}")  # nothing of this was stored a second time


def _record_lists(old: OldBackend) -> None:
    for path in (
        *("cameras?counts=none", "status", "cameras", "status", "stats", "stats?days=366"),
        *("stats?camera=gate", "stats?camera=shed", "days", "days?camera=gate"),
        "days?from=2026-05-01&to=2026-05-31",
    ):
        old.record("owner", f"/api/{path}")
    for path in (
        *("photos?limit=4&order=oldest", "photos?limit=5&camera=gate"),
        *("photos?limit=5&camera=gate&order=oldest", "photos?limit=5&trigger=schedule"),
        "photos?limit=6&from=2026-05-01T00:00:00Z&to=2026-05-05T12:00:00Z",
        "photos?limit=5&time_from=08:00&time_to=08:10&zone=UTC",
        "events?camera=gate&limit=5&gap=60",
    ):
        old.record_pages("owner", f"/api/{path}")


def _record_photos(old: OldBackend) -> None:
    for called, name in old.names.items():
        path = f"/api/photos/{name}"
        old.record("owner", f"{path}/content")
        if called in ("gate 0", "located", "clip 0", "raw 0", "thumbnail today", "gate 1"):
            old.record("owner", f"{path}/thumbnail")
    for called in ("gate 0", "gate 1", "clip 0", "raw 0", "older", "lost", "lost and found"):
        old.record("owner", f"/api/photos/{old.names[called]}")
    one = f"/api/photos/{old.names['raw 0']}/content"
    old.record("owner", one, headers={"Range": "bytes=10-99"})
    old.record("owner", one, method="HEAD")


def _record_rights(old: OldBackend) -> None:
    gate, raw = (f"/api/photos/{old.names[one]}" for one in ("gate 0", "raw 0"))
    for who in ("token-backup", "read-token"):
        for path in ("session", "photos?limit=2", "tokens"):
            old.record(who, f"/api/{path}")
        old.record(who, raw, method="DELETE")
    for who in ("vera", "token-wall", "token-grandchild"):
        for path in ("session", "photos?limit=200", "cameras", "stats", "days", "status", "alerts"):
            old.record(who, f"/api/{path}")
        for path in (gate, raw, f"{gate}/content", f"{raw}/content", "/api/events?camera=raw"):
            old.record(who, path)
        for path in ("tokens", "people", "shares", "accesses"):
            old.record(who, f"/api/{path}")
        old.record(who, raw, method="DELETE")
    strangers = ("anonymous", "early-vera", "early-bert", "ended", "token-revoked", "token-of-bert")
    others = ("browser-olga", "token-phone", "token-janitor", "token-script", "admin-token", "olga")
    for who in (*strangers, *others):
        old.record(who, "/api/session")
        old.record(who, "/api/photos?limit=1")


def _record_links(old: OldBackend) -> None:
    for called, secret in old.links.items():
        old.record("anonymous", f"/api/shared/{secret}")
        old.record("anonymous", f"/shared/{secret}")
        for one in ("located", "gate 0", "raw 0", "gate 1"):
            path = f"/api/shared/{secret}/{old.names[one]}/content"
            is_redacted = "location" not in called  # its bytes may change with the redaction
            old.record("anonymous", path, method="HEAD" if is_redacted else "GET")


def _record_sign_ins(old: OldBackend) -> None:
    def sign_in(name: str, password: str, who: str = "anonymous", address: str = HOME) -> None:
        body, headers = {"name": name, "password": password}, {"X-Forwarded-For": address}
        old.record(who, "/api/session", "POST", headers=headers, json=body)

    for name in ("owner", "olga", "vera", "bert"):
        sign_in(name, PASSWORDS[name])
    sign_in("owner", SECRETS["password"])  # it was changed
    sign_in("olga", PASSWORDS["vera"])
    sign_in("olga", PASSWORDS["olga"], address=AWAY)  # a stranger guesses from there
    sign_in("olga", PASSWORDS["olga"], "browser-olga", AWAY)  # whose own count is that of theirs
    sign_in("vera", PASSWORDS["vera"], address=AWAY)


def _record_devices(old: OldBackend) -> None:
    ids = list(old.names.values())
    old.record("device", "/api/photos/known", "POST", json={"ids": ids})
    other = hashlib.sha256(body := old.picture()).hexdigest()
    old.bodies[other] = body
    for called in ("gate 0", "gate 1", "gate later 0"):  # an id with other bytes
        headers = {"X-Photo-Id": old.names[called]}
        old.record("device", "/api/camera/photo", "PUT", headers=headers, body=other)
    for kind, called in (
        *(("loss", "lost"), ("loss", "lost and found"), ("loss", "gate 0"), ("loss", "gate 1")),
        *(("disk", "disk"), ("clock", "clock"), ("missing", "gate 3")),
    ):
        if called != "disk":  # whose camera was removed: that would be a new alert
            alert = {"id": old.names[called], "kind": kind, "reason": "repeated", "details": {}}
            old.record("device", "/api/alerts", "POST", json={"alerts": [alert]})
