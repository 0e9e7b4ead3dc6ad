"""OpenSSL's signatures, called by hand, are those of RFC 8032 and of another implementation."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.ed25519 import PrivateKey

RFC_8032 = [  # section 7.1: seed, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
        "b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
        "c6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_the_published_vectors(seed: str, public_key: str, message: str, signature: str) -> None:
    key = PrivateKey(bytes.fromhex(seed))
    assert key.public_key.hex() == public_key
    assert key.sign(bytes.fromhex(message)).hex() == signature


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=2000))
def test_another_implementation_signs_the_same(seed: bytes, message: bytes) -> None:
    other = Ed25519PrivateKey.from_private_bytes(seed)
    key = PrivateKey(seed)
    assert key.public_key == other.public_key().public_bytes_raw()
    assert key.sign(message) == other.sign(message)


def test_threads_may_share_a_key() -> None:
    key = PrivateKey(bytes(32))
    public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
    messages = [str(number).encode() for number in range(2000)]
    with ThreadPoolExecutor(8) as threads:
        for message, signature in zip(messages, threads.map(key.sign, messages), strict=True):
            public_key.verify(signature, message)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PrivateKey(bytes(size))


def test_it_works_where_no_memory_may_be_written_and_executed() -> None:
    """As MemoryDenyWriteExecute= in the unit of the upload has it (prctl(2), PR_SET_MDWE)."""
    code = (
        "import ctypes; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0, 'no PR_SET_MDWE'\n"
        "from pi_uploader.ed25519 import PrivateKey; print(len(PrivateKey(bytes(32)).sign(b'')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if "no PR_SET_MDWE" not in done.stderr:  # Linux before 6.3
        assert done.stdout == "64\n", done.stderr


def test_a_python_without_a_library_of_openssl_raises_an_import_error() -> None:
    code = "import _ssl; del _ssl.__file__; import pi_uploader.ed25519"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: Python has no OpenSSL as a library of its own" in done.stderr
