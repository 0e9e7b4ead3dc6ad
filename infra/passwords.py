"""Whether the backend will take a first password: it refuses what is easy to guess.

The backend asks zxcvbn (function_app/auth/passwords.py). Where that is not installed a stricter
rule takes its place, so that nothing is deployed whose password opens nothing.
"""

import importlib.util
import re

MIN_LENGTH, MAX_LENGTH = 10, 200  # characters
MIN_SCORE = 3  # of zxcvbn's 0 to 4
MAX_SCORED_LENGTH = 72  # characters, as in the backend
USER_INPUTS = ("owner", "nightjar", "gallery", "camera")
# What a password needs where zxcvbn is not installed; tests/infra/test_passwords.py compares both.
SURE_LENGTH, SURE_DIFFERENT, SURE_WORDS = 20, 10, 4
_EASY = "GALLERY_PASSWORD is easy to guess, so it opens nothing: set another one."
_ADVICE = "Take four words that do not belong together, or leave it empty and one is made up."


def password_problem(password: str) -> str | None:
    """Return what is wrong with a new first password and what to do; None if it will do."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or len(set(password)) < 5:
        return "the password is too weak: take 10 letters or more, five of them different"
    if importlib.util.find_spec("zxcvbn"):
        return f"{_EASY} {_ADVICE}" if _is_common(password) else None
    if is_surely_strong(password):
        return None
    return (
        f"GALLERY_PASSWORD may be easy to guess, and then it opens nothing. {_ADVICE} (Without the "
        f"Python package zxcvbn it needs {SURE_LENGTH} characters, and {SURE_WORDS} different "
        "words with spaces or digits between them.)"
    )


def is_surely_strong(password: str) -> bool:
    """Whether zxcvbn would take it, as far as that can be known without zxcvbn: several words, and
    nothing twice."""
    scored = password[:MAX_SCORED_LENGTH].lower()
    parts = [scored[start : start + 4] for start in range(len(scored) - 3)]
    return (
        len(scored) >= SURE_LENGTH
        and len(set(scored)) >= SURE_DIFFERENT
        and len(set(re.findall(r"[^\W\d_]+", scored))) >= SURE_WORDS
        and len(set(parts)) == len(parts)
    )


def _is_common(password: str) -> bool:
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    scored = zxcvbn(password[:MAX_SCORED_LENGTH], user_inputs=list(USER_INPUTS))
    return bool(scored["score"] < MIN_SCORE)
