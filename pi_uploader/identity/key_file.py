"""The device's private key.

device-key   in the spool's folder, or the systemd credential device_key: 32 bytes in base64; a
             PEM file (PKCS #8) is read, too
"""

import base64
import binascii
import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

from photo_wire.signature import KEY_BYTES
from pi_uploader.identity.errors import IdentityError, NoKeyError
from pi_uploader.settings.source import Environment, credential
from pi_uploader.spool.disk import Disk, create_durably
from pi_uploader.spool.folders import make_durable_folder
from pi_uploader.state_files import open_regular_file

KEY_FILE = "device-key"
CREDENTIAL = "device_key"
MAX_KEY_FILE = 4096  # bytes
_PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410; the seed follows
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO

log = logging.getLogger("identity")


def read_seed(folder: Path, environ: Environment, create: bool, disk: Disk) -> bytes:
    """Return the 32 bytes of the private key; make one if there is none and `create`. Raises
    IdentityError."""
    return _parse_seed(_read_key(folder, environ, create, disk))


def _read_key(folder: Path, environ: Environment, create: bool, disk: Disk) -> bytes:
    """Return the content of the credential, else of the key file, which may have to be made."""
    try:
        if text := credential(environ, CREDENTIAL):
            return text.encode()
    except ValueError as problem:
        raise IdentityError(str(problem)) from None
    path = folder / KEY_FILE
    try:
        if create and not path.exists():
            _make_key_file(path, disk)
        with open_regular_file(path) as file:
            if os.fstat(file.fileno()).st_mode & _READABLE_BY_OTHERS:
                log.warning("%s can be read by others: chmod 600 %s", path, path)
            return file.read(MAX_KEY_FILE)
    except FileNotFoundError:
        raise NoKeyError("there is no key yet; the upload makes it when it starts") from None
    except OSError as error:
        raise IdentityError(f"{path}: {error.strerror}") from None


def _make_key_file(path: Path, disk: Disk) -> None:
    """Make a key. If another process makes one at the same time, the first one stays."""
    make_durable_folder(path.parent, disk)
    new = path.with_suffix(f".{os.getpid()}")
    with suppress(FileNotFoundError):
        disk.remove(new)
    try:
        create_durably(new, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n", disk)
        try:
            disk.link(new, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            disk.rename(new, path)
        disk.flush_folder(path.parent)
    finally:
        with suppress(OSError):
            disk.remove(new)


def _parse_seed(content: bytes) -> bytes:
    """Return the 32 bytes of a private key. Raises IdentityError if it is not one."""
    lines = [line.strip() for line in content.splitlines()]
    text = b"".join(line for line in lines if not line.startswith(b"-----"))
    with suppress(binascii.Error):
        decoded = base64.b64decode(text, validate=True)
        if decoded.startswith(_PKCS8_ED25519):
            decoded = decoded[len(_PKCS8_ED25519) :]
        if len(decoded) == KEY_BYTES:
            return decoded
    raise IdentityError(
        "the key is damaged, or not an Ed25519 key: expected 32 bytes in base64, or PEM without a "
        f"password; remove {KEY_FILE}, and a new key is made, which the owner has to approve"
    )
