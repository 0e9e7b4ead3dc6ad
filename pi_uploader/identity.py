"""The device's identity: its key, the counter of its requests, and their signatures.

    device-key       in the spool's folder, or the systemd credential device_key: the private key,
                     32 bytes in base64; a PEM file (PKCS #8) is read, too
    device-counter   a number that no request has had, nor any number above it

Without a key requests are sent unsigned: photos matter more than their signature.
"""

import base64
import binascii
import logging
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from photo_wire.errors import WireError
from photo_wire.signature import (
    DEVICE,
    KEY_BYTES,
    MAX_COUNTER,
    SignedRequest,
    fingerprint,
    sign,
)
from pi_uploader.errors import NightjarError
from pi_uploader.settings.source import Environment, credential
from pi_uploader.spool.disk import Disk, create_durably, replace_durably
from pi_uploader.spool.folders import make_durable_folder
from pi_uploader.state_files import open_regular_file

KEY_FILE, COUNTER_FILE = "device-key", "device-counter"
CREDENTIAL = "device_key"
BLOCK = 1000  # numbers that are reserved with one write to the disk
MAX_KEY_FILE = 4096  # bytes
_PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410; the seed follows
_READABLE_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO

log = logging.getLogger("identity")


class IdentityError(NightjarError):
    """There is no usable key. The text says why and never has a part of the key."""


class NoKeyError(IdentityError):
    """There is no key yet."""


class Identity:
    """The name of a device and, unless there is none, its key. Threads share it."""

    def __init__(
        self,
        device: str,
        public_key: bytes | None = None,
        signer: Callable[[bytes], bytes] | None = None,
        counter: "Counter | None" = None,
    ) -> None:
        self.device = device
        self.public_key = public_key
        self._signer = signer
        self._counter = counter
        self._has_logged = False

    @classmethod
    def open(cls, folder: Path, environ: Environment, device: str) -> Self:
        """Return the identity whose files are in the spool's folder; make a key if there is none.
        If there is no usable key, log why: requests are then unsigned."""
        try:
            return cls.load(folder, environ, device, create=True)
        except IdentityError as error:
            log.error("requests are not signed: %s", error)
        except Exception:
            log.exception("requests are not signed, after an unexpected error")
        return cls(device)

    @classmethod
    def load(
        cls,
        folder: Path,
        environ: Environment,
        device: str,
        create: bool = False,
        disk: Disk | None = None,
    ) -> Self:
        """Return the identity, as `open` does. Raises IdentityError if there is no usable key."""
        disk = disk or Disk()
        seed = _parse_seed(_read_key(folder, environ, create, disk))
        try:
            from pi_uploader.ed25519 import PrivateKey

            key = PrivateKey(seed)
        except (ImportError, OSError) as error:
            raise IdentityError(f"{error}; expected: the system's own Python") from None
        return cls(device, key.public_key, key.sign, Counter(folder, disk))

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the public key, which a person compares; None without a key."""
        return fingerprint(self.public_key) if self.public_key else None

    def sign(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers to be added to a request; none without a key. `path` has the query, if
        any. `headers` have the Content-Digest. Each attempt needs a signature of its own."""
        if not (self.public_key and self._signer and self._counter):
            return {}
        added = {DEVICE: self.device}
        path, _, query = path.partition("?")
        try:
            request = SignedRequest(method, path, query, {**headers, **added})
            number = self._counter.take()
            created = max(0, int(time.time()))
            return added | sign(request, self.public_key, number, created, self._signer)
        except (IdentityError, WireError, OSError) as error:
            if not self._has_logged:
                self._has_logged = True
                log.error("requests are not signed: %s", error)
            return {}

    def jump_above(self, number: int) -> bool:
        """Have the next request's counter above `number`, which the backend has seen. Return
        whether it is."""
        return self._counter is not None and self._counter.jump_above(number)


class Counter:
    """Numbers that only grow, also across power cuts and between processes: a block of them is
    reserved on the disk before the first of it is used.

    While the disk takes nothing, numbers are used unreserved. After a restart the backend may have
    seen them, and says above which it expects the next one.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._path = folder / COUNTER_FILE
        self._disk = disk
        self._lock = threading.Lock()
        self._next = 1
        self._reserved = 0  # the end of the block: the first number that is not reserved
        self._logged: set[str] = set()

    def take(self) -> int:
        """Return the next number. Raises IdentityError if there is none: after 2**53."""
        with self._lock:
            if self._next >= self._reserved:
                self._reserve()
            number = self._next
            self._next += 1
            return number

    def jump_above(self, number: int) -> bool:
        """Have the next number above this one. Return whether it is: too high a number would leave
        none for later."""
        with self._lock:
            if number > MAX_COUNTER - BLOCK:
                return False
            if number >= self._next:
                self._next = number + 1
            return True

    def _reserve(self) -> None:
        # Another process may have reserved numbers meanwhile, such as the doctor.
        self._next = max(self._next, self._read())
        end = self._next + BLOCK
        if end > MAX_COUNTER + 1:
            raise IdentityError(
                f"the counter is used up; remove {KEY_FILE} and {COUNTER_FILE}, and a new key is "
                "made, which the owner has to approve"
            )
        try:
            replace_durably(self._path, f"{end}\n".encode(), self._disk)
        except OSError as error:
            self._log_once(f"{self._path} cannot be written: {error.strerror}")
        self._reserved = end

    def _read(self) -> int:
        try:
            with self._disk.open(self._path) as file:
                content = file.read(32).strip()
        except FileNotFoundError:
            return 0
        except OSError as error:
            self._log_once(f"{self._path} cannot be read: {error.strerror}")
            return 0
        if re.fullmatch(rb"[0-9]{1,16}", content) and int(content) <= MAX_COUNTER + 1:
            return int(content)
        self._log_once(f"{self._path} is damaged; the backend says where to go on")
        return 0

    def _log_once(self, problem: str) -> None:
        if problem not in self._logged:
            self._logged.add(problem)
            log.error("%s", problem)


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
