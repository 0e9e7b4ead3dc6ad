"""How passwords and other secrets are stored: passwords as scrypt hashes (RFC 7914), generated
secrets as SHA-256 hashes."""

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
_MAX_SCORED_LENGTH = 72  # characters; the time to score grows with the square of the length
_COST, _BLOCK_SIZE, _PARALLELISM = 2**14, 8, 1  # about 16 MB and a tenth of a second
_DUMMY_HASH = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "="


class HashQueue:
    """Hashes few passwords at once, since each takes 16 MB and a core. A few others wait; more
    would hold the threads that receive photos.

    It has threads of its own: the C library keeps the 16 MB for every thread that ever hashed.
    """

    MAX_WAITING = 4
    MAX_WAIT_SECONDS = 5.0

    def __init__(self, max_concurrent: int) -> None:
        self._threads = ThreadPoolExecutor(max_concurrent, "password")
        self._slots = threading.BoundedSemaphore(max_concurrent + self.MAX_WAITING)

    def run(self, work: Callable[[], bytes]) -> bytes:
        """Return the result of `work`, when its turn has come. Raises HTTPProblemError (503) if too
        many wait, or if it waits too long."""
        if not self._slots.acquire(blocking=False):
            raise _busy()
        try:
            future = self._threads.submit(work)
            try:
                return future.result(self.MAX_WAIT_SECONDS)
            except TimeoutError:
                if future.cancel():
                    raise _busy() from None
                return future.result()  # its turn has just come
        finally:
            self._slots.release()


# Two queues for each process, so that a flood of strangers does not delay callers whose session or
# browser is known.
ANONYMOUS_QUEUE = HashQueue(2)
KNOWN_QUEUE = HashQueue(1)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret that was generated here: 64 hexadecimal digits. One round is
    enough, since the secret is long and random. Accepts any text that a client may send, even half
    a surrogate pair."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def hash_password(password: str) -> str:
    """Return what is stored of a password: `scrypt$salt$hash`, both in base64."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_base64(salt)}${_base64(KNOWN_QUEUE.run(lambda: _scrypt(password, salt)))}"


def verify_password(password: str, stored: str | None, queue: HashQueue = ANONYMOUS_QUEUE) -> bool:
    """Return whether `stored` is the hash of this password. For an unknown user (None) a dummy is
    hashed, so that timing does not reveal accounts. Raises HTTPProblemError (503) if too many
    passwords are being hashed."""
    _, salt, expected = (stored or _DUMMY_HASH).split("$")
    actual = queue.run(lambda: _scrypt(password, base64.b64decode(salt)))
    return hmac.compare_digest(actual, base64.b64decode(expected)) and stored is not None


def verify_first_password(
    password: str, first_password: str, queue: HashQueue = ANONYMOUS_QUEUE
) -> bool:
    """Return whether this is the password of the setting. A dummy is hashed, so that it takes as
    long as any other password."""
    verify_password(password, None, queue)
    actual, expected = (one.encode(errors="surrogatepass") for one in (password, first_password))
    return hmac.compare_digest(hashlib.sha256(actual).digest(), hashlib.sha256(expected).digest())


def password_problem(password: str) -> str | None:
    """Return what is obviously wrong with a new password; None if nothing is."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        length = "1 character" if len(password) == 1 else f"{len(password)} characters"
        return f"has {length}; choose {MIN_LENGTH} to {MAX_LENGTH}"
    if len(set(password)) < 5:
        return "has fewer than five different characters"
    return None


def is_common(password: str, name: str) -> bool:
    """Return whether the password of the user of this name would soon be guessed: a common
    password, a word with a year, a pattern on the keyboard. Takes 50 ms."""
    # Imported only where a password is set: 50 ms and 2 MB.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    user_inputs = [name, "nightjar", "gallery", "camera"]
    result = zxcvbn(password[:_MAX_SCORED_LENGTH], user_inputs=user_inputs)
    return bool(result["score"] < MIN_SCORE)


def _busy() -> HTTPProblemError:
    return HTTPProblemError(
        503,
        "Too many sign-ins at once: try again in some seconds.",
        {"Retry-After": "5"},
    )


def _scrypt(password: str, salt: bytes) -> bytes:
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=_BLOCK_SIZE, p=_PARALLELISM, dklen=32)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
