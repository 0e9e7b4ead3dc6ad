"""A device's key stays as it is, and whatever is wrong with it or with the counter, requests are
sent."""

import base64
import errno
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.processes import ROOT
from photo_wire.headers import CONTENT_DIGEST, UPLOAD_PATH, content_digest
from photo_wire.signature import (
    MAX_COUNTER,
    SIGNATURE_INPUT,
    SignedRequest,
    fingerprint,
    parse_signature,
)
from pi_uploader.identity import Identity, IdentityError
from pi_uploader.identity.counter import BLOCK, COUNTER_FILE
from pi_uploader.identity.identity import RETRY_SECONDS
from pi_uploader.identity.key_file import KEY_FILE
from tests.support.disks import NEEDS_SPACE, FailingDisk, Kind

HEADERS = {CONTENT_DIGEST: content_digest("ab" * 32)}
SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)


def counter_of(identity: Identity, path: str = UPLOAD_PATH) -> int:
    """Sign a request, check the signature, and return its counter."""
    added = identity.sign("PUT", path, HEADERS)
    path, _, query = path.partition("?")
    signature = parse_signature(SignedRequest("PUT", path, query, HEADERS | added))
    assert signature
    Ed25519PublicKey.from_public_bytes(signature.public_key).verify(signature.value, signature.base)
    assert signature.public_key == identity.public_key
    assert signature.device == identity.device
    return signature.counter


def test_the_first_start_makes_a_key_and_later_ones_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "spool"
    first = Identity.open(folder, {}, "gate")
    again = Identity.open(folder, {}, "gate")
    assert first.public_key
    assert first.public_key == again.public_key
    assert first.fingerprint == fingerprint(first.public_key)
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    assert counter_of(first, "/api/x?wait=5") < counter_of(again)
    assert (folder / COUNTER_FILE).stat().st_mode & 0o777 == 0o600


def test_of_processes_that_make_a_key_at_the_same_time_one_wins(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from pi_uploader.identity import Identity\n"
        "sys.stdin.read(1); print(Identity.open(pathlib.Path(sys.argv[1]), {}, 'x').fingerprint)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin
        process.stdin.close()  # each begins now
        process.stdin = None
    fingerprints = {process.communicate()[0] for process in started}
    assert len(fingerprints) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(SEED),
        base64.b64encode(SEED) + b"\n",
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).replace(
            b"\n", b"\r\n"
        ),
        base64.b64encode(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
    ],
)
def test_a_credential_or_a_file_of_either_form_is_the_key(tmp_path: Path, content: bytes) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "device_key").write_bytes(content)
    spool = tmp_path / "spool"
    spool.mkdir()
    environ = {"CREDENTIALS_DIRECTORY": str(credentials)}
    of_credential = Identity.open(spool, environ, "gate")
    assert of_credential.public_key == KEY.public_key().public_bytes_raw()
    assert not (spool / KEY_FILE).exists()
    (spool / KEY_FILE).write_bytes(content)
    (credentials / "device_key").write_text("\n")  # SetCredential= of the unit
    assert Identity.open(spool, environ, "gate").public_key == of_credential.public_key
    assert counter_of(of_credential) == 1


ECDSA = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"garbage", base64.b64encode(SEED[1:]), b"\xff" * 50_000, ECDSA, bytes(32)],
)
def test_a_damaged_or_foreign_key_stays_and_requests_go_unsigned(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    (tmp_path / KEY_FILE).chmod(0o600)
    identity = Identity.open(tmp_path, {}, "gate")
    assert identity.sign("PUT", UPLOAD_PATH, HEADERS) == {}
    assert identity.fingerprint is None
    assert not identity.jump_above(5)
    assert (tmp_path / KEY_FILE).read_bytes() == content
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "requests are not signed" in record.getMessage()
    assert "remove device-key" in record.getMessage()


@pytest.mark.parametrize("what", ["folder", "pipe", "loop"])
def test_anything_else_in_the_place_of_the_key_is_one_error(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / KEY_FILE
    match what:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
    assert Identity.open(tmp_path, {}, "gate").sign("PUT", UPLOAD_PATH, HEADERS) == {}
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_spool_folder_that_cannot_be_made_is_one_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert Identity.open(tmp_path / "file" / "spool", {}, "gate").public_key is None
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize("kind", [Kind.CREATE, Kind.WRITE, Kind.FLUSH, Kind.FLUSH_FOLDER])
def test_a_disk_that_is_full_at_the_first_start_is_tried_again_each_minute(
    kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="identity")
    seconds = 0.0
    disk = FailingDisk(0, kinds={kind}, lasting=True, error=errno.ENOSPC)
    identity = Identity.open(tmp_path, {}, "gate", disk, lambda: seconds)
    tried = len(disk.failed)
    for _ in range(3):
        assert identity.sign("PUT", UPLOAD_PATH, HEADERS) == {}
    assert (len(disk.failed), identity.fingerprint) == (tried, None)
    seconds = RETRY_SECONDS
    assert identity.sign("PUT", UPLOAD_PATH, HEADERS) == {}
    assert len(disk.failed) > tried
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    disk.at = None
    assert identity.sign("PUT", UPLOAD_PATH, HEADERS) == {}  # not before the minute is over
    seconds *= 2
    with ThreadPoolExecutor(4) as threads:
        counters = list(threads.map(lambda _: counter_of(identity), range(8)))
    assert sorted(counters) == list(range(1, 9))
    assert identity.public_key == Identity.open(tmp_path, {}, "gate").public_key
    assert caplog.messages[1:] == ["requests are signed from now on"]


def test_a_key_that_others_can_read_is_used_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Identity.open(tmp_path, {}, "gate")
    (tmp_path / KEY_FILE).chmod(0o640)
    assert counter_of(Identity.open(tmp_path, {}, "gate")) == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"chmod 600 {tmp_path / KEY_FILE}" in record.getMessage()


def test_nothing_shows_the_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / KEY_FILE).write_bytes(base64.b64encode(SEED) * 2)
    with pytest.raises(IdentityError) as error:
        Identity.load(tmp_path, {}, "gate")
    (tmp_path / KEY_FILE).write_bytes(base64.b64encode(SEED))
    identity = Identity.open(tmp_path, {}, "gate")
    shown = f"{error.value!r} {error.getrepr()} {caplog.text} {identity!r}"
    assert base64.b64encode(SEED).decode()[:20] not in shown


def test_only_the_upload_makes_a_key(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="no key yet"):
        Identity.load(tmp_path, {}, "gate")
    assert not list(tmp_path.iterdir())


def test_a_request_that_cannot_be_signed_is_one_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    identity = Identity.open(tmp_path, {}, "gate")
    for _ in range(3):
        assert identity.sign("PUT", UPLOAD_PATH, {}) == {}  # it has no Content-Digest
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_after_the_last_number_requests_go_unsigned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / COUNTER_FILE).write_text(str(MAX_COUNTER - BLOCK + 1))
    identity = Identity.open(tmp_path, {}, "gate")
    for number in range(BLOCK):
        added = identity.sign("PUT", UPLOAD_PATH, HEADERS)
        assert f'nonce="{MAX_COUNTER - BLOCK + 1 + number}"' in added[SIGNATURE_INPUT]
    assert [identity.sign("PUT", UPLOAD_PATH, HEADERS) for _ in range(3)] == [{}, {}, {}]
    (record,) = caplog.records
    assert "the counter is used up" in record.getMessage()


def test_a_disk_that_takes_nothing_does_not_stop_signatures(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Identity.open(tmp_path, {}, "gate")
    full = FailingDisk(0, errno.ENOSPC, kinds=NEEDS_SPACE, lasting=True)
    identity = Identity.load(tmp_path, {}, "gate", disk=full)
    assert [counter_of(identity) for _ in range(3)] == [1, 2, 3]
    for _ in range(3 * BLOCK):
        identity.sign("PUT", UPLOAD_PATH, HEADERS)
    assert counter_of(identity) == 3 * BLOCK + 4
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
