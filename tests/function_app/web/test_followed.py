"""Pages of which a part follows the backend."""

import azure.functions as func

from function_app.auth.caller import Caller, Scope
from function_app.http.request import Request
from function_app.web.followed import render_followed

OWNER = Caller("owner", frozenset(Scope))


def ask(query: dict[str, str], headers: dict[str, str], method: str = "GET") -> Request:
    http = func.HttpRequest(
        method, "https://night.example/devices", headers=headers, params=query, body=b""
    )
    return Request(http, {})


def values(device: str) -> dict[str, object]:
    shown: dict[str, object] = {
        "device": device,
        "state": "unknown",
        "received_at": None,
        "last_at": None,
    }
    shown |= {"reason": None, "is_paused": False, "needs_decision": None, "cameras": []}
    return {"devices": [shown], "seen": {}, "unreachable": (), "kinds": ()}


def test_a_part_is_sent_once() -> None:
    """Until something of it changes: also the language, and what the viewer may do."""
    first = render_followed("devices", ask({"part": ""}, {}), OWNER, values("house"))
    assert first.status == 200
    assert b"house" in first.body
    assert b"<html" not in first.body
    known = {"If-None-Match": first.headers["ETag"]}
    again = ask({"part": ""}, known)
    assert render_followed("devices", again, OWNER, values("house")).status == 304
    assert render_followed("devices", again, OWNER, values("shed")).status == 200
    viewer = Caller("vera", frozenset({Scope.READ}))
    assert render_followed("devices", again, viewer, values("house")).status == 200
    german = ask({"part": ""}, {**known, "Accept-Language": "de"})
    assert render_followed("devices", german, OWNER, values("house")).status == 200


def test_the_page_itself_is_always_sent() -> None:
    """Also as the response to a form, whatever its address says."""
    etag = render_followed("devices", ask({}, {}), OWNER, values("house")).headers["ETag"]
    for query, method in (({}, "GET"), ({"part": ""}, "POST")):
        request = ask(query, {"If-None-Match": etag}, method)
        page = render_followed("devices", request, OWNER, values("house"))
        assert page.status == 200
        assert b"<html" in page.body
