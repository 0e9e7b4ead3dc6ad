"""What `pi-uploader doctor` finds: a verdict, a sentence, and the next step."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How it looks: fine, not as it should be, or in the way of photos."""

    GOOD = "ok"
    DOUBTFUL = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do next if there is something to do."""

    what: str
    verdict: Verdict
    sentence: str
    next_step: str = ""

    @property
    def is_bad(self) -> bool:
        return self.verdict is Verdict.BAD

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        step = f"\n{'':18}-> {self.next_step}" if self.next_step else ""
        return f"{self.verdict:8} {self.what:8} {self.sentence}{step}"
