"""A backend that runs at another time, of this checkout or of an older one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from local.processes import ROOT
from tests.support.backend import Backend

PROGRAM = ROOT / "tests" / "support" / "clocked_host.py"


@dataclass
class ClockedBackend(Backend):
    """A backend of the checkout in `code`. Set its clock before it starts; the clock goes on from
    there. `folder` is for the file with the clock."""

    code: Path = ROOT
    folder: Path = field(kw_only=True)

    def set_clock(self, moment: datetime) -> None:
        """Move the clock to this moment."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        new = self.folder / "clock.new"
        new.write_text(f"{offset}")
        new.replace(self.folder / "clock")  # in one step: the backend reads it all the time

    def run_timer(self, name: str) -> None:
        """Run a timer's function to its end, in a process of its own."""
        with self.log.open("ab") as output:
            subprocess.run(
                [sys.executable, str(PROGRAM), "timer", name],
                env=self._environment(),
                check=True,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
            )

    def _command(self) -> list[str]:
        return [sys.executable, str(PROGRAM), "host"]

    def _environment(self) -> Mapping[str, str]:
        clock = {"CLOCK_FILE": str(self.folder / "clock")}
        path = os.pathsep.join([str(self.code), *filter(None, [os.environ.get("PYTHONPATH")])])
        return {**super()._environment(), **clock, "PYTHONPATH": path}
