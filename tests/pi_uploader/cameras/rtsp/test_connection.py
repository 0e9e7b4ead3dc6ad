"""Connections to network cameras: which certificates are trusted."""

from pathlib import Path

import pytest

from pi_uploader.cameras.rtsp.camera import RtspCamera
from pi_uploader.cameras.rtsp.connection import Trust
from pi_uploader.settings import SettingsError
from tests.support.certificates import Authority, Kind
from tests.support.rtsp.camera import is_available
from tests.support.rtsp.impostor import (
    BASIC,
    SESSION_NOT_FOUND,
    camera_at,
    failure_text,
    impostor,
)

pytestmark = pytest.mark.skipif(
    not is_available(), reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root"
)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_certificate_that_is_not_trusted_gets_no_request(tmp_path: Path, kind: Kind) -> None:
    """Not even one without a password; a camera with a valid certificate does."""
    authority = Authority(tmp_path)
    certificate = authority.certificate(kind)
    with impostor(BASIC, SESSION_NOT_FOUND, context=certificate.context()) as server:
        error = failure_text(camera_at(server.port, "rtsps", trust=Trust(authority.bundle)))
    assert server.knows_password == (kind is Kind.GOOD)
    if kind is not Kind.GOOD:
        assert not server.requests
        assert "has a certificate that is not trusted" in error
        assert certificate.fingerprint in error


def test_by_default_the_systems_authorities_are_trusted(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).certificate()
    with impostor(BASIC, context=certificate.context()) as server:
        assert "not trusted" in failure_text(camera_at(server.port, "rtsps"))
    assert not server.requests


def test_a_pinned_certificate_is_trusted_whatever_it_says_and_no_other(tmp_path: Path) -> None:
    """Many cameras have a self-signed one, with another name and wrong dates."""
    authority = Authority(tmp_path)
    expired = authority.certificate(Kind.EXPIRED)
    with impostor(BASIC, SESSION_NOT_FOUND, context=expired.context()) as server:
        failure_text(camera_at(server.port, "rtsps", trust=Trust(fingerprint=expired.fingerprint)))
    assert server.knows_password
    other = authority.certificate()
    with impostor(BASIC, context=other.context()) as server:
        error = failure_text(
            camera_at(server.port, "rtsps", trust=Trust(authority.bundle, expired.fingerprint))
        )
    assert "another certificate than CAMERA_FINGERPRINT says" in error
    assert not server.requests


def test_a_port_without_tls_is_named() -> None:
    with impostor(BASIC) as server:
        error = failure_text(camera_at(server.port, "rtsps", trust=Trust(fingerprint="0" * 64)))
    assert "does not speak TLS" in error or "ends the connection" in error
    assert not server.knows_password


def test_an_authority_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("none.pem", "empty.pem"):
        with pytest.raises(SettingsError, match="CAMERA_CA"):
            RtspCamera("rtsps://127.0.0.1/", trust=Trust(tmp_path / name))
