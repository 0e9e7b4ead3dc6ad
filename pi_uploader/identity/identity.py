"""A device's name and key, with which its requests are signed.

Without a key requests are sent unsigned: photos matter more than their signature.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from photo_wire.errors import WireError
from photo_wire.signature import (
    DEVICE,
    SignedRequest,
    fingerprint,
    sign,
)
from pi_uploader.identity.counter import Counter
from pi_uploader.identity.errors import IdentityError
from pi_uploader.identity.key_file import read_seed
from pi_uploader.settings.source import Environment
from pi_uploader.spool.disk import Disk

RETRY_SECONDS = 60.0  # between two attempts to read or make a key
MAX_LOGGED = 20  # different problems of a process

log = logging.getLogger("identity")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, behind the function that signs with it, and the counter of its requests."""

    public_key: bytes
    sign: Callable[[bytes], bytes] = field(repr=False)
    counter: Counter


class Identity:
    """The name of a device and, unless there is none, its key. Threads share it.

    `load_key` raises IdentityError while there is no usable key. A request then asks it again, a
    minute after the last attempt: the disk may only have been full.
    """

    def __init__(
        self,
        device: str,
        key: SigningKey | None = None,
        load_key: Callable[[], SigningKey] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self._key = key
        self._load_key = load_key
        self._monotonic = monotonic
        self._retry_at = -math.inf  # in monotonic seconds
        self._lock = threading.Lock()
        self._logged: set[str] = set()

    @classmethod
    def open(
        cls,
        folder: Path,
        environ: Environment,
        device: str,
        disk: Disk | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Return the identity whose files are in the spool's folder; make a key if there is none.
        If there is no usable key, log why: requests are unsigned until there is one."""

        def load_key() -> SigningKey:
            return _load_key(folder, environ, True, disk or Disk())

        identity = cls(device, load_key=load_key, monotonic=monotonic)
        identity._find_key()
        return identity

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
        return cls(device, _load_key(folder, environ, create, disk or Disk()))

    @property
    def public_key(self) -> bytes | None:
        """The public key; None without a key."""
        return self._key.public_key if self._key else None

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the public key, which a person compares; None without a key."""
        return fingerprint(self.public_key) if self.public_key else None

    def sign(self, method: str, path: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers to be added to a request; none without a key. `path` has the query, if
        any. `headers` have the Content-Digest. Each attempt needs a signature of its own."""
        if (key := self._find_key()) is None:
            return {}
        added = {DEVICE: self.device}
        path, _, query = path.partition("?")
        try:
            request = SignedRequest(method, path, query, {**headers, **added})
            number = key.counter.take()
            created = max(0, int(time.time()))
            return added | sign(request, key.public_key, number, created, key.sign)
        except (IdentityError, WireError, OSError) as error:
            self._log_once(f"{error}")
            return {}

    def jump_above(self, number: int) -> bool:
        """Have the next request's counter above `number`, which the backend has seen. Return
        whether it is."""
        return self._key is not None and self._key.counter.jump_above(number)

    def _find_key(self) -> SigningKey | None:
        """Return the key. If there was none, look for it again, once a minute at most."""
        if self._key or self._load_key is None:
            return self._key
        with self._lock:
            if self._key or self._monotonic() < self._retry_at:
                return self._key
            self._retry_at = self._monotonic() + RETRY_SECONDS
            try:
                self._key = self._load_key()
            except IdentityError as error:
                self._log_once(f"{error}")
            except Exception as error:
                if self._is_new(f"{type(error).__name__}: {error}"):
                    log.exception("requests are not signed, after an unexpected error")
            else:
                if self._logged:
                    log.info("requests are signed from now on")
            return self._key

    def _log_once(self, problem: str) -> None:
        if self._is_new(problem):
            log.error("requests are not signed: %s", problem)

    def _is_new(self, problem: str) -> bool:
        """Return whether this problem is another one than those before. Some are remembered."""
        is_new = problem not in self._logged and len(self._logged) < MAX_LOGGED
        if is_new:
            self._logged.add(problem)
        return is_new


def _load_key(folder: Path, environ: Environment, create: bool, disk: Disk) -> SigningKey:
    """Return the key; make one if there is none and `create`. Raises IdentityError."""
    seed = read_seed(folder, environ, create, disk)
    try:
        from pi_uploader.ed25519 import PrivateKey

        key = PrivateKey(seed)
    except (ImportError, OSError) as error:
        raise IdentityError(f"{error}; expected: the system's own Python") from None
    return SigningKey(key.public_key, key.sign, Counter(folder, disk))
