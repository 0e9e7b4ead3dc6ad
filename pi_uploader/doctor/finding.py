"""A result of `pi-uploader doctor`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pi_uploader.errors import NightjarError


class Severity(StrEnum):
    """How a tested thing is: fine, not as it should be, or in the way of photos."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was tested, how it is, and what to do next if anything."""

    subject: str
    severity: Severity
    text: str
    next_step: str = ""

    @classmethod
    def of_error(
        cls, subject: str, error: NightjarError, next_step: str | None = None
    ) -> "Finding":
        """Return the finding that this error explains; the next step is the error's hint if none is
        given."""
        text = "; ".join(str(error).splitlines())
        return cls(subject, Severity.BAD, text, error.hint if next_step is None else next_step)

    @property
    def is_bad(self) -> bool:
        return self.severity is Severity.BAD

    @property
    def facts(self) -> dict[str, Any]:
        """The finding for JSON, whose keys are older than the names here."""
        return {
            "what": self.subject,
            "verdict": self.severity,
            "sentence": self.text,
            "next_step": self.next_step,
        }

    def __str__(self) -> str:
        step = f"\n{'':18}-> {self.next_step}" if self.next_step else ""
        return f"{self.severity:8} {self.subject:8} {self.text}{step}"
