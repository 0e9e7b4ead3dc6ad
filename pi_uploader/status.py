"""What `pi-uploader status` shows. Nothing is touched."""

from pathlib import Path
from typing import Any

from pi_uploader.spool import tally


def status(folder: Path) -> tuple[str, dict[str, Any]]:
    """The spool in this folder, as text for a person and as facts for JSON.

    Raises OSError where the folder cannot be read.
    """
    found = tally(folder)
    oldest = str(found.oldest) if found.oldest else None
    facts = {
        "spool": str(folder),
        "waiting": found.waiting,
        "waiting_bytes": found.waiting_bytes,
        "oldest": oldest,
        "quarantined": found.quarantined,
        "losses": found.losses,
        "unreported": found.unreported,
    }
    lines = [
        f"spool        {folder}",
        f"waiting      {_counted(found.waiting, 'photo')}, {found.waiting_bytes / 1e6:.1f} MB",
        f"oldest       {oldest or 'none'}",
        f"quarantined  {_counted(found.quarantined, 'photo')}",
        f"lost         {_counted(found.losses, 'photo')}, "
        f"{found.unreported} of them not yet reported to the backend",
    ]
    if not folder.is_dir():
        lines = [f"Nothing spooled yet: there is no folder {folder}."]
    return "\n".join(lines), facts


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
