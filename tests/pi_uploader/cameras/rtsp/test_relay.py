"""The relay: a server in the place of a network camera gets no password."""

import socket

import pytest

from pi_uploader.cameras.rtsp.auth import Credentials
from pi_uploader.cameras.rtsp.camera import RtspCamera
from pi_uploader.cameras.rtsp.relay import RtspRelay
from pi_uploader.cameras.rtsp.session import Target
from tests.support.rtsp.camera import is_available
from tests.support.rtsp.impostor import (
    BASIC,
    DIGEST,
    PASSWORD,
    SESSION_NOT_FOUND,
    USER,
    camera_at,
    failure_text,
    impostor,
)

pytestmark = pytest.mark.skipif(
    not is_available(), reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root"
)


def test_basic_without_tls_is_not_answered() -> None:
    """The error names the settings."""
    with impostor(BASIC) as server:
        error = failure_text(camera_at(server.port))
    assert "Basic authentication without TLS" in error
    assert "CAMERA_AUTH=basic" in error
    assert not server.knows_password


def test_basic_after_digest_is_not_answered() -> None:
    """Each challenge is checked, not only the first."""
    with impostor(DIGEST, "RTSP/1.0 200 OK\r\n", BASIC) as server:
        failure_text(camera_at(server.port))
    assert "Authorization: Digest" in server.all_requests
    assert not server.knows_password


def test_basic_without_tls_is_answered_if_the_setting_allows_it() -> None:
    with impostor(BASIC, SESSION_NOT_FOUND) as server:
        failure_text(camera_at(server.port, allows_basic=True))
    assert server.knows_password


def test_digest_is_preferred_to_basic() -> None:
    """Even if Basic is allowed."""
    both = BASIC + 'WWW-Authenticate: Digest realm="gate", nonce="1"\r\n'
    with impostor(both, SESSION_NOT_FOUND) as server:
        failure_text(camera_at(server.port, allows_basic=True))
    assert "Authorization: Digest" in server.all_requests
    assert not server.knows_password


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "305 Use Proxy"])
def test_a_redirect_is_not_followed_with_a_password(status: str) -> None:
    """Neither before the password was accepted nor afterwards."""
    for before in ([], [DIGEST]):
        with impostor(DIGEST) as other:
            redirect = f"RTSP/1.0 {status}\r\nLocation: rtsp://127.0.0.1:{other.port}/x\r\n"
            with impostor(*before, redirect) as server:
                error = failure_text(camera_at(server.port))
        assert error == (
            f"127.0.0.1:{server.port} redirects to 127.0.0.1:{other.port}, which gets no password; "
            "if that is the camera, set CAMERA_URL to it"
        )
        assert not other.requests


def test_a_redirect_is_followed_without_a_password() -> None:
    """Unless its target is not an RTSP URL."""
    with impostor("RTSP/1.0 404 Not Found\r\n") as other:
        redirect = f"RTSP/1.0 302 Found\r\nLocation: rtsp://127.0.0.1:{other.port}/x\r\n"
        with impostor(redirect) as server:
            error = failure_text(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert error == f"127.0.0.1:{other.port} has no such stream; see the path in CAMERA_URL"
    assert f"OPTIONS rtsp://127.0.0.1:{other.port}/x RTSP/1.0" in other.all_requests
    with impostor("RTSP/1.0 302 Found\r\nLocation: http://127.0.0.1/\r\n") as server:
        error = failure_text(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert "redirects to nowhere" in error


def test_a_redirect_loop_ends() -> None:
    with impostor("RTSP/1.0 302 Found\r\nLocation: rtsp://127.0.0.1:OWN_PORT/x\r\n") as server:
        error = failure_text(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert "redirects to nowhere" in error
    assert len(server.requests) == 4


def test_a_servers_reason_is_escaped_and_shortened() -> None:
    """A server cannot forge lines of the log."""
    with impostor("RTSP/1.0 500 \x1b[2J\u202e" + "x" * 5000 + "\r\n") as server:
        error = failure_text(camera_at(server.port))
    assert error.isascii()
    assert error.isprintable()
    assert len(error) < 200


@pytest.mark.parametrize("path", ["", "/", "/live", "/live/", "/live?channel=1"])
def test_the_camera_receives_its_own_url(path: str) -> None:
    """Not the relay's; the URL of a track is built as ffmpeg builds it."""
    sdp = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    describe = f"RTSP/1.0 200 OK\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"
    with impostor("RTSP/1.0 200 OK\r\n", describe, SESSION_NOT_FOUND) as server:
        url = f"rtsp://127.0.0.1:{server.port}{path}"
        assert "454 Session Not Found" in failure_text(RtspCamera(url))
    requests = [one.split(" ")[:2] for one in server.requests]
    track = f"{url.rstrip('/')}/track1"
    assert requests == [["OPTIONS", url], ["DESCRIBE", url], ["SETUP", track]]


def test_another_user_of_the_machine_gets_no_stream() -> None:
    """The relay answers only requests for its secret URL, which only ffmpeg receives."""
    with (
        impostor(SESSION_NOT_FOUND) as server,
        RtspRelay(
            Target(f"rtsp://127.0.0.1:{server.port}/stream", Credentials(USER, PASSWORD))
        ) as relay,
        socket.create_connection(
            ("127.0.0.1", int(relay.url.split(":")[2].split("/")[0]))
        ) as stranger,
    ):
        stranger.sendall(b"DESCRIBE rtsp://127.0.0.1/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert stranger.recv(1000) == b""
    assert not server.requests
