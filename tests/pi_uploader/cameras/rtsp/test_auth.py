"""Basic and Digest authentication of network cameras."""

import hashlib
import re
from collections.abc import Callable

import pytest

from pi_uploader.cameras.rtsp.auth import AuthError, Credentials, choose_scheme


@pytest.mark.parametrize("algorithm", [None, "MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [None, "auth", "auth,auth-int"])
def test_digest_follows_the_standard(algorithm: str | None, qop: str | None) -> None:
    """RFC 7616, section 3.4, computed again from the parameters of the header."""
    challenge = 'Digest realm="a \\"b\\"", nonce="n0", opaque="o"'
    challenge += f", algorithm={algorithm}" if algorithm else ""
    challenge += f', qop="{qop}"' if qop else ""
    authenticator = choose_scheme([challenge], Credentials("vera", "p"), is_encrypted=False)
    hashed: Callable[[str], str] = lambda text: hashlib.new(  # noqa: E731
        {"SHA-256": "sha256"}.get(algorithm or "", "md5"), text.encode()
    ).hexdigest()
    for count in (1, 2):
        header = authenticator.authorization("PLAY", "rtsp://gate/stream")
        parameters = dict(re.findall('([a-z]+)="?([^",]*)', header.removeprefix("Digest ")))
        user_hash, request_hash = hashed('vera:a "b":p'), hashed("PLAY:rtsp://gate/stream")
        middle = f"{parameters['nc']}:{parameters['cnonce']}:auth:" if qop else ""
        assert parameters["response"] == hashed(f"{user_hash}:n0:{middle}{request_hash}")
        assert parameters.get("nc") == (f"{count:08x}" if qop else None)
        assert parameters["opaque"] == "o"


def test_an_unknown_scheme_or_algorithm_is_an_error() -> None:
    for challenge in ("Negotiate", "Digest nonsense", 'Digest realm="x", nonce="1", algorithm=MD4'):
        with pytest.raises(AuthError, match="not known here"):
            choose_scheme([challenge], Credentials("vera", "p"), is_encrypted=True)
