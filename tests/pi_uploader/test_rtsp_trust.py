"""What a network camera is told: no password to whoever merely answers in its place."""

import base64
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CameraError, CaptureContext
from pi_uploader.cameras.rtsp import RtspCamera
from pi_uploader.cameras.rtsp_auth import AuthError, Credentials, answer_to
from pi_uploader.settings import SettingsError
from tests.support.certificates import Authority, Kind
from tests.support.rtsp.camera import is_available

pytestmark = pytest.mark.skipif(
    not is_available(), reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root"
)
OCCASION = CaptureContext("gate", Trigger.DEMAND, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
USER, PASSWORD = "vera", "s3same-opens"
BASIC = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="gate"\r\n'
DIGEST = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="gate", nonce="1"\r\n'
GONE = "RTSP/1.0 454 Session Not Found\r\n"


@dataclass
class Impostor:
    """A server in the camera's place. It answers each request with the next of its answers, the
    last one again and again."""

    port: int
    heard: list[str] = field(default_factory=list)

    @property
    def all_heard(self) -> str:
        return "\n".join(self.heard)


@contextmanager
def impostor(*answers: str, context: ssl.SSLContext | None = None) -> Iterator[Impostor]:
    """An impostor that answers as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = Impostor(listener.getsockname()[1])
        waiting = list(answers)

        def serve(plain: socket.socket) -> None:
            with plain:
                connection = context.wrap_socket(plain, server_side=True) if context else plain
                while request := connection.recv(65_536).decode("latin-1"):
                    one.heard.append(request)
                    answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                    answer = answer.replace("OWN_PORT", str(one.port))
                    number = "".join(re.findall("CSeq: [0-9]+", request))
                    head, _, body = answer.partition("\r\n\r\n")
                    connection.sendall(f"{head.rstrip()}\r\n{number}\r\n\r\n{body}".encode())

        def accept() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                    serve(plain)
                except OSError:  # the end, or a client that does not trust
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=accept, daemon=True).start()
        yield one


def refusal(camera: RtspCamera) -> str:
    with pytest.raises(CameraError) as caught:
        camera.take(OCCASION)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def camera_at(port: int, scheme: str = "rtsp", **more: object) -> RtspCamera:
    url = f"{scheme}://127.0.0.1:{port}/stream"
    return RtspCamera(url, user=USER, password=PASSWORD, **more)  # type: ignore[arg-type]


def tells_password(text: str) -> bool:
    """Whether the password is in what was heard, in any form that can be read."""
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return PASSWORD in text or basic in text


def test_whoever_asks_for_basic_without_tls_gets_no_password() -> None:
    """And one is told what to set."""
    with impostor(BASIC) as server:
        said = refusal(camera_at(server.port))
    assert "Basic authentication without TLS" in said
    assert "CAMERA_AUTH=basic" in said
    assert not tells_password(server.all_heard)


def test_whoever_asks_for_digest_first_and_then_for_basic_gets_no_password() -> None:
    """Each request is judged by itself, not only the first."""
    with impostor(DIGEST, "RTSP/1.0 200 OK\r\n", BASIC) as server:
        refusal(camera_at(server.port))
    assert "Authorization: Digest" in server.all_heard
    assert not tells_password(server.all_heard)


def test_basic_is_answered_where_the_setting_allows_it() -> None:
    with impostor(BASIC, GONE) as server:
        refusal(camera_at(server.port, password_may_be_readable=True))
    assert tells_password(server.all_heard)


def test_of_two_ways_digest_is_taken() -> None:
    """Also if Basic would be allowed."""
    both = BASIC + 'WWW-Authenticate: Digest realm="gate", nonce="1"\r\n'
    with impostor(both, GONE) as server:
        refusal(camera_at(server.port, password_may_be_readable=True))
    assert "Authorization: Digest" in server.all_heard
    assert not tells_password(server.all_heard)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "305 Use Proxy"])
def test_a_redirect_is_not_followed_with_a_password(status: str) -> None:
    """Neither after the password was accepted nor before."""
    for before in ([], [DIGEST]):
        with impostor(DIGEST) as other:
            redirect = f"RTSP/1.0 {status}\r\nLocation: rtsp://127.0.0.1:{other.port}/x\r\n"
            with impostor(*before, redirect) as server:
                said = refusal(camera_at(server.port))
        assert said == (
            f"127.0.0.1:{server.port} redirects to 127.0.0.1:{other.port}, which gets no password; "
            "if that is the camera, set CAMERA_URL to it"
        )
        assert not other.heard


def test_a_redirect_is_followed_without_a_password() -> None:
    """Not for ever, and not to what is no stream."""
    with impostor("RTSP/1.0 404 Not Found\r\n") as other:
        redirect = f"RTSP/1.0 302 Found\r\nLocation: rtsp://127.0.0.1:{other.port}/x\r\n"
        with impostor(redirect) as server:
            said = refusal(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert said == f"127.0.0.1:{other.port} has no such stream; see the path in CAMERA_URL"
    assert f"OPTIONS rtsp://127.0.0.1:{other.port}/x RTSP/1.0" in other.all_heard
    with impostor("RTSP/1.0 302 Found\r\nLocation: http://127.0.0.1/\r\n") as server:
        said = refusal(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert "redirects to nowhere" in said


def test_a_circle_of_redirects_ends() -> None:
    with impostor("RTSP/1.0 302 Found\r\nLocation: rtsp://127.0.0.1:OWN_PORT/x\r\n") as server:
        said = refusal(RtspCamera(f"rtsp://127.0.0.1:{server.port}/stream"))
    assert "redirects to nowhere" in said
    assert len(server.heard) == 4


@pytest.mark.parametrize("kind", list(Kind))
def test_a_certificate_that_is_not_trusted_gets_no_request(tmp_path: Path, kind: Kind) -> None:
    """Not even one without a password; only the good one does."""
    authority = Authority(tmp_path)
    certificate = authority.certificate(kind)
    with impostor(BASIC, GONE, context=certificate.context()) as server:
        said = refusal(camera_at(server.port, "rtsps", ca=authority.bundle))
    assert tells_password(server.all_heard) == (kind is Kind.GOOD)
    if kind is not Kind.GOOD:
        assert not server.heard
        assert "has a certificate that is not trusted" in said
        assert certificate.fingerprint in said


def test_without_a_setting_the_systems_authorities_count(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).certificate()
    with impostor(BASIC, context=certificate.context()) as server:
        assert "not trusted" in refusal(camera_at(server.port, "rtsps"))
    assert not server.heard


def test_a_pinned_certificate_is_taken_whatever_it_says_and_no_other(tmp_path: Path) -> None:
    """A camera that signed its own, with a name of its maker's and a clock of its own."""
    authority = Authority(tmp_path)
    expired = authority.certificate(Kind.EXPIRED)
    with impostor(BASIC, GONE, context=expired.context()) as server:
        refusal(camera_at(server.port, "rtsps", fingerprint=expired.fingerprint))
    assert tells_password(server.all_heard)
    other = authority.certificate()
    with impostor(BASIC, context=other.context()) as server:
        said = refusal(
            camera_at(server.port, "rtsps", ca=authority.bundle, fingerprint=expired.fingerprint)
        )
    assert "another certificate than CAMERA_FINGERPRINT says" in said
    assert not server.heard


def test_a_port_without_tls_is_told() -> None:
    with impostor(BASIC) as server:
        said = refusal(camera_at(server.port, "rtsps", fingerprint="0" * 64))
    assert "does not speak TLS" in said or "ends the connection" in said
    assert not tells_password(server.all_heard)


def test_an_authority_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        with pytest.raises(SettingsError, match="CAMERA_CA"):
            RtspCamera("rtsps://127.0.0.1/", ca=tmp_path / name)


def test_a_servers_words_are_shown_escaped_and_short() -> None:
    """Whoever answers cannot write into the log."""
    with impostor("RTSP/1.0 500 \x1b[2J\u202e" + "x" * 5000 + "\r\n") as server:
        said = refusal(camera_at(server.port))
    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 200


@pytest.mark.parametrize("path", ["", "/", "/live", "/live/", "/live?channel=1"])
def test_the_camera_hears_its_own_url(path: str) -> None:
    """Not the relay's, and as ffmpeg itself makes a track's."""
    sdp = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    describe = f"RTSP/1.0 200 OK\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"
    with impostor("RTSP/1.0 200 OK\r\n", describe, GONE) as server:
        url = f"rtsp://127.0.0.1:{server.port}{path}"
        assert "454 Session Not Found" in refusal(RtspCamera(url))
    asked = [one.split(" ")[:2] for one in server.heard]
    track = f"{url.rstrip('/')}/track1"
    assert asked == [["OPTIONS", url], ["DESCRIBE", url], ["SETUP", track]]


def test_a_stranger_on_this_machine_gets_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay serves whoever knows its address, which only ffmpeg is told."""
    from pi_uploader.cameras.rtsp_relay import RtspRelay

    with (
        impostor(GONE) as server,
        RtspRelay(f"rtsp://127.0.0.1:{server.port}/stream", Credentials(USER, PASSWORD)) as relay,
        socket.create_connection(("127.0.0.1", int(relay.url.split(":")[2].split("/")[0]))) as me,
    ):
        me.sendall(b"DESCRIBE rtsp://127.0.0.1/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert me.recv(1000) == b""
    assert not server.heard


@pytest.mark.parametrize("algorithm", [None, "MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [None, "auth", "auth,auth-int"])
def test_a_digest_is_the_one_of_the_standard(algorithm: str | None, qop: str | None) -> None:
    """RFC 7616, section 3.4, computed here once more from what the header says."""
    challenge = 'Digest realm="a \\"b\\"", nonce="n0", opaque="o"'
    challenge += f", algorithm={algorithm}" if algorithm else ""
    challenge += f', qop="{qop}"' if qop else ""
    answer = answer_to([challenge], Credentials("vera", "p"), is_encrypted=False)
    hashed: Callable[[str], str] = lambda text: hashlib.new(  # noqa: E731
        {"SHA-256": "sha256"}.get(algorithm or "", "md5"), text.encode()
    ).hexdigest()
    for count in (1, 2):
        header = answer.header("PLAY", "rtsp://gate/stream")
        found = dict(re.findall('([a-z]+)="?([^",]*)', header.removeprefix("Digest ")))
        secret, request = hashed('vera:a "b":p'), hashed("PLAY:rtsp://gate/stream")
        middle = f"{found['nc']}:{found['cnonce']}:auth:" if qop else ""
        assert found["response"] == hashed(f"{secret}:n0:{middle}{request}")
        assert found.get("nc") == (f"{count:08x}" if qop else None)
        assert found["opaque"] == "o"


def test_a_challenge_that_cannot_be_answered_is_told() -> None:
    for one in ("Negotiate", "Digest nonsense", 'Digest realm="x", nonce="1", algorithm=MD4'):
        with pytest.raises(AuthError, match="not known here"):
            answer_to([one], Credentials("vera", "p"), is_encrypted=True)
