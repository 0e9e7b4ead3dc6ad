"""Check the owner's first password before a deployment, as the backend will.

The backend rejects passwords that are easy to guess, by zxcvbn (function_app/auth/passwords.py).
Where zxcvbn is not installed a stricter rule replaces it, so that no deployment ends with a
password that the backend rejects."""

import importlib.util
import re

MIN_LENGTH, MAX_LENGTH = 10, 200  # characters
MIN_SCORE = 3  # of zxcvbn's 0 to 4
MAX_SCORED_LENGTH = 72  # characters, as in the backend
USER_INPUTS = ("owner", "nightjar", "gallery", "camera")
# The stricter rule; tests/infra/test_passwords.py compares it with zxcvbn.
STRICT_MIN_LENGTH, STRICT_MIN_CHARACTERS, STRICT_MIN_WORDS = 20, 10, 4
_EASY = "GALLERY_PASSWORD is too easy to guess and is not accepted: set another one."
_ADVICE = "Take four words that do not belong together, or leave it empty and one is made up."


def password_problem(password: str) -> str | None:
    """Return what is wrong with a new first password and what to do; None if it is accepted."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or len(set(password)) < 5:
        return "the password is too weak: take 10 letters or more, five of them different"
    if importlib.util.find_spec("zxcvbn"):
        return f"{_EASY} {_ADVICE}" if _is_common(password) else None
    if is_surely_strong(password):
        return None
    return (
        "GALLERY_PASSWORD may be too easy to guess, and then it is not accepted. "
        f"{_ADVICE} (Without the Python package zxcvbn it needs "
        f"{STRICT_MIN_LENGTH} characters, and {STRICT_MIN_WORDS} "
        "different words with spaces or digits between them.)"
    )


def is_surely_strong(password: str) -> bool:
    """Return whether zxcvbn is certain to accept the password: several words, and no repetition."""
    scored = password[:MAX_SCORED_LENGTH].lower()
    parts = [scored[start : start + 4] for start in range(len(scored) - 3)]
    return (
        len(scored) >= STRICT_MIN_LENGTH
        and len(set(scored)) >= STRICT_MIN_CHARACTERS
        and len(set(re.findall(r"[^\W\d_]+", scored))) >= STRICT_MIN_WORDS
        and len(set(parts)) == len(parts)
    )


def _is_common(password: str) -> bool:
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    result = zxcvbn(password[:MAX_SCORED_LENGTH], user_inputs=list(USER_INPUTS))
    return bool(result["score"] < MIN_SCORE)
