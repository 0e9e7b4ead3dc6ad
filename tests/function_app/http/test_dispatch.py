"""Around every handler: errors become problems, and each request is logged in one line."""

import json
import logging
import re

import azure.functions as func
import pytest

from function_app import build_app
from function_app.http.dispatch import register
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.alert import LOSS, Alert, alerts_to_json
from photo_wire.name import PhotoName
from tests.support.api import name_of, photo_headers
from tests.support.handlers import ROUTE_OF
from tests.support.memory_store import MemoryIndex, memory_services
from tests.support.pictures import jpeg

TOKEN = "the-read-token-of-this-test"
ADMIN = "the-admin-token-of-this-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class BrokenIndex(MemoryIndex):
    """An index that fails in an unexpected way."""

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        raise ZeroDivisionError("an internal matter")


def call(
    name: str,
    request: func.HttpRequest,
    index: MemoryIndex | None = None,
    backend: Services | None = None,
) -> func.HttpResponse:
    """Return the response of the function of this name."""
    backend = backend or memory_services(
        Settings("", secrets=Secrets(TOKEN, ADMIN)), index=index or MemoryIndex()
    )
    functions = build_app(lambda: backend).get_functions()
    (found,) = (one for one in functions if one.get_function_name() == name)
    reply = found.get_user_function()(request)
    assert isinstance(reply, func.HttpResponse)
    return reply


def test_an_unexpected_error_reveals_no_details(caplog: pytest.LogCaptureFixture) -> None:
    """The client gets 500; the log has the traceback."""
    request = func.HttpRequest("GET", "http://x/api/photos", headers=BEARER, body=b"")
    reply = call("list_photos", request, BrokenIndex())
    assert reply.status_code == 500
    assert reply.mimetype == "application/problem+json"
    assert b"internal matter" not in reply.get_body()
    assert "ZeroDivisionError: an internal matter" in caplog.text


def test_each_request_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """With method, route, status, time and photo, and the reason if it was refused."""
    caplog.set_level(logging.INFO, "function_app")
    name = name_of("entry")
    url = "http://x/api/camera/photo?code=secret-key"
    headers = photo_headers(name)
    call("put_photo", func.HttpRequest("PUT", url, headers=headers, body=jpeg()))
    call("put_photo", func.HttpRequest("PUT", url, headers=headers, body=b"<html>"))
    stored, refused = map(values, caplog.records)
    assert stored.pop("ms").isdigit()
    route = {"method": "PUT", "route": "api/camera/photo", "photo": str(name)}
    assert stored == {**route, "status": "201"}
    assert {**refused, "ms": "", "detail": ""} == {**route, "status": "415", "ms": "", "detail": ""}
    assert "JPEG" in json.loads(refused["detail"])
    assert "secret-key" not in caplog.text


def test_the_log_names_all_photos_of_a_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Those that were deleted together, and those whose alerts came together; not unknown ones."""
    caplog.set_level(logging.INFO, "function_app")
    names = [name_of("entry", tag=f"{n:08x}") for n in range(3)]
    backend = memory_services(Settings("", secrets=Secrets(TOKEN, ADMIN)))
    for name in names[:2]:
        request = func.HttpRequest("PUT", "http://x/", headers=photo_headers(name), body=jpeg())
        call("put_photo", request, backend=backend)
    ids = json.dumps({"ids": [str(name) for name in names]}).encode()
    admin = {"Authorization": f"Bearer {ADMIN}"}
    request = func.HttpRequest("POST", "http://x/", headers=admin, body=ids)
    call("delete_photos", request, backend=backend)
    lost = alerts_to_json([Alert(name, LOSS, "no-room") for name in names])
    call("post_alerts", func.HttpRequest("POST", "http://x/", body=lost))
    deleted, alerted = (values(record)["photo"].split(",") for record in caplog.records[-2:])
    assert deleted == [str(name) for name in names[:2]]
    assert alerted == [str(name) for name in names]


def values(record: logging.LogRecord) -> dict[str, str]:
    """The values of a line, by their names."""
    return dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', record.getMessage()))


def test_a_client_cannot_forge_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """A sentence that repeats a value quotes and escapes it."""
    caplog.set_level(logging.INFO, "function_app")
    params = {"limit": "5\n2026-11-20 GET api/photos 200"}
    request = func.HttpRequest("GET", "http://x/", headers=BEARER, params=params, body=b"")
    assert call("list_photos", request).status_code == 400
    assert all("\n" not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("text", ["\x1b[2J\u202egnp", "a\r\nb", "\u2028", "\x00"])
def test_a_client_s_text_is_logged_as_printable_text(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In names, in queries and in bodies, whatever the response repeats of it."""
    caplog.set_level("DEBUG", "function_app")
    backend = memory_services(Settings("", secrets=Secrets(TOKEN, ADMIN)))
    bearer = {"Authorization": f"Bearer {ADMIN}"}
    app = func.FunctionApp()
    for handler, content in (
        ("make_token", {"name": text, "scopes": ["read"]}),
        ("make_token", {"name": "x", text: 1}),
        ("make_share", {"photo": text}),
        ("add_person", {"name": text, "password": "a good password"}),
        ("get_photo", None),
        ("list_photos", None),
    ):
        route = ROUTE_OF[handler]
        register(app, route, lambda: backend)
        (function,) = app.get_functions()
        app = func.FunctionApp()
        request = func.HttpRequest(
            route.methods[0],
            "https://n.example/api",
            headers=bearer,
            params={text: text} if handler == "list_photos" else {},
            route_params={"id": text},
            body=json.dumps(content).encode(),
        )
        assert function.get_user_function()(request).status_code == 400
    assert len(caplog.records) >= 6
    assert all(one.getMessage().isprintable() for one in caplog.records)
