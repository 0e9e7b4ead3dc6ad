"""Any text of a server is plain text in a device's log and files."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import printable
from photo_wire.problem import parse_problem
from pi_uploader.cli import _OneLineFormatter
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.store import Response
from tests.support.uploading import Device

pytestmark = pytest.mark.usefixtures("quick_client")

HOSTILE = "\r\n2026 INFO photo delivered\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2066\x00\x9b31m\u2028"


def respond_with(status: int, content: object) -> Handler:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def handler(exchange: Exchange) -> None:
        exchange.read()
        exchange.send(Response(status, body, {"Content-Type": "application/problem+json"}))

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        respond_with(503, {"detail": HOSTILE}),
        respond_with(422, {"detail": HOSTILE}),
        respond_with(201, {"id": HOSTILE}),
        respond_with(201, {"id": f"gate{HOSTILE}"}),
        respond_with(201, HOSTILE.encode()),
        respond_with(401, {"detail": HOSTILE, "title": HOSTILE}),
        respond_with(503, {"detail": "x" * 50_000}),
    ],
)
def test_no_text_of_a_server_changes_the_log(
    handler: Handler, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It adds no line, no terminal command and no right-to-left text."""
    caplog.set_level(logging.DEBUG)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.take(2)
        server.handler = handler
        for _ in range(4):
            device.try_once()
    ours = [one for one in caplog.records if not one.name.startswith("urllib3")]
    assert ours
    for record in ours:
        assert record.getMessage().isprintable(), record.getMessage()
        assert len(record.getMessage()) < 1000
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.suffix == ".json":
            assert "\u202e" not in json.dumps(file.read_text(errors="replace"), ensure_ascii=False)


@given(st.text())
def test_a_log_record_is_one_line_of_plain_text(text: str) -> None:
    """Whatever text it contains: of an exception, a camera or ffmpeg."""
    try:
        raise ValueError(text)
    except ValueError as error:
        raised = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "said %s", (text,), raised)
    line = _OneLineFormatter("%(message)s").format(record)
    assert line.replace("\t", "").isprintable()
    assert printable(text, len(text)).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=400))
def test_every_language_stays_readable(text: str) -> None:
    """Letters, punctuation and numbers are unchanged."""
    expected = "".join(one for one in text if one.isprintable())
    shown = parse_problem(400, json.dumps({"detail": text}).encode()).detail
    assert all(one in shown for one in expected)
    if text.isprintable():
        assert shown == text
