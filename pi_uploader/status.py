"""What `pi-uploader status` shows. Nothing is touched."""

from pathlib import Path
from typing import Any

from pi_uploader.spool import Spool, Tally


def status(folder: Path) -> tuple[str, dict[str, Any]]:
    """The spool in this folder, as text for a person and as facts for JSON.

    Raises OSError where the folder cannot be read.
    """
    tally = Spool(folder).tally() if folder.is_dir() else Tally(0, 0, None, 0, 0)
    oldest = str(tally.oldest) if tally.oldest else None
    facts = {
        "spool": str(folder),
        "waiting": tally.waiting,
        "waiting_bytes": tally.waiting_bytes,
        "oldest": oldest,
        "quarantined": tally.quarantined,
        "losses": tally.losses,
    }
    lines = [
        f"spool        {folder}",
        f"waiting      {_counted(tally.waiting, 'photo')}, {tally.waiting_bytes / 1e6:.1f} MB",
        f"oldest       {oldest or 'none'}",
        f"quarantined  {_counted(tally.quarantined, 'photo')}",
        f"lost         {_counted(tally.losses, 'photo')}",
    ]
    if not folder.is_dir():
        lines = [f"Nothing spooled yet: there is no folder {folder}."]
    return "\n".join(lines), facts


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
