"""Passwords, kept as what scrypt makes of them (RFC 7914)."""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from function_app.problems import HTTPProblemError

MIN_LENGTH, MAX_LENGTH = 10, 200  # characters
MIN_SCORE = 3  # of zxcvbn's 0 to 4: a hundred million guesses
_MAX_SCORED = 72  # characters; the time to score grows with their square
_COST, _BLOCKS, _LANES = 2**14, 8, 1  # about 16 MB and a tenth of a second
_UNKNOWN = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "="


class HashQueue:
    """Hashes few passwords at once, since each takes 16 MB and a core. Others wait, and not many:
    they hold threads that photos come in by.

    It has threads of its own: the C library keeps the 16 MB for every thread that ever hashed.
    """

    MAX_WAITING = 4
    MAX_WAIT = 5.0  # seconds

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, "password")
        self._places = threading.BoundedSemaphore(at_once + self.MAX_WAITING)

    def run(self, work: Callable[[], bytes]) -> bytes:
        """What `work` returns, when its turn has come. Raises HTTPProblemError (503) if that takes
        too long."""
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            done = self._threads.submit(work)
            try:
                return done.result(self.MAX_WAIT)
            except TimeoutError:
                if done.cancel():
                    raise _busy() from None
                return done.result()  # its turn had just come
        finally:
            self._places.release()


# Of this process. Strangers who flood the first keep nobody waiting who is known by a session or a
# browser.
STRANGERS = HashQueue(2)
KNOWN = HashQueue(1)


def hash_password(password: str) -> str:
    """What may be kept of a password: `scrypt$salt$hash`, both base64."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(KNOWN.run(lambda: _scrypt(password, salt)))}"


def verify_password(password: str, kept: str | None, queue: HashQueue = STRANGERS) -> bool:
    """Whether this is the password of which `kept` was made. For nobody's (None) it takes as long,
    so that the time does not tell who has an account. Raises HTTPProblemError (503) if too many are
    looked at."""
    _, salt, expected = (kept or _UNKNOWN).split("$")
    found = queue.run(lambda: _scrypt(password, base64.b64decode(salt)))
    return hmac.compare_digest(found, base64.b64decode(expected)) and kept is not None


def is_first_password(password: str, first: str, queue: HashQueue = STRANGERS) -> bool:
    """Whether this is the password of the settings, in the time that any other takes: the hash is
    made and thrown away."""
    verify_password(password, None, queue)
    given, expected = (one.encode(errors="surrogatepass") for one in (password, first))
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected).digest())


def weakness(password: str) -> str | None:
    """What is wrong with a new password at first sight; None if it will do."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"has {len(password)} characters; choose {MIN_LENGTH} to {MAX_LENGTH}"
    if len(set(password)) < 5:
        return "has fewer than five different characters"
    return None


def is_common(password: str, name: str) -> bool:
    """Whether others would soon guess it for the person of this name: a common password, a word
    with a year, a pattern on the keyboard."""
    # Only who sets a password waits for this: 50 ms and 2 MB.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    scored = zxcvbn(password[:_MAX_SCORED], user_inputs=[name, "nightjar", "gallery", "camera"])
    return bool(scored["score"] < MIN_SCORE)


def _busy() -> HTTPProblemError:
    return HTTPProblemError(
        503,
        "Many passwords are being looked at just now: try again in some seconds.",
        {"Retry-After": "5"},
    )


def _scrypt(password: str, salt: bytes) -> bytes:
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=_BLOCKS, p=_LANES, dklen=32)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
