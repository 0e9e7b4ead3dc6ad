"""The root of the errors that this program raises itself and explains to a person."""

from typing import ClassVar


class NightjarError(Exception):
    """An expected failure. The text says what happened, to what, and where possible what to do.

    `retryable`: the same attempt may succeed later, without a change by a person. `hint`: the next
    step for a person; empty if the text has it, or there is none.
    """

    retryable: ClassVar[bool] = False
    hint: ClassVar[str] = ""


def describe(error: Exception) -> str:
    """Return what happened for a person: the text of an error that this program explains; of
    another one also its kind."""
    if isinstance(error, NightjarError):
        return str(error)
    return f"{type(error).__name__}: {error}"
