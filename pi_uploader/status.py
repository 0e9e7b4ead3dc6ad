"""What `pi-uploader status` shows. Nothing is touched."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pi_uploader.spool import tally
from pi_uploader.upload.receipts import count_missing
from pi_uploader.upload.state import read_state, state_file

NO_STATE: dict[str, Any] = {
    "last_receipt": None,
    "back_off_until": None,
    "problem": None,
    "delivered_last_hour": 0,
    "bytes_last_hour": 0,
}


def status(
    folder: Path, now: datetime | None = None, runtime: Path | None = None
) -> tuple[str, dict[str, Any]]:
    """The spool in this folder, as text for a person and as facts for JSON. `runtime`: where
    losses are on record that the disk did not take.

    Raises OSError where the folder cannot be read.
    """
    found = tally(folder, runtime)
    oldest = found.oldest
    age = (now or datetime.now(UTC)) - oldest.captured_at if oldest else None
    facts = {
        "spool": str(folder),
        "waiting": found.waiting,
        "waiting_bytes": found.waiting_bytes,
        "oldest": str(oldest) if oldest else None,
        "oldest_age_seconds": round(age.total_seconds()) if age else None,
        "quarantined": found.quarantined,
        "losses": found.losses,
        "losses_unreported": found.unreported,
        "kept": found.kept,
        "unreadable": list(found.unreadable),
        "missing": count_missing(folder),
        **NO_STATE,
        **read_state(state_file(folder)),
    }
    if not folder.is_dir():
        return f"Nothing spooled yet: there is no folder {folder}.", facts
    return "\n".join(_lines(facts)), facts


def _lines(facts: dict[str, Any]) -> list[str]:
    size = facts["waiting_bytes"] / 1e6
    receipt = facts["last_receipt"]
    return [
        f"spool         {facts['spool']}",
        f"waiting       {_counted(facts['waiting'], 'photo')}, {size:.1f} MB",
        f"oldest        {_aged(facts)}",
        f"delivered     {_counted(facts['delivered_last_hour'], 'photo')} in the last hour, "
        f"{facts['bytes_last_hour'] / 1e6:.1f} MB",
        f"last receipt  {receipt['id'] + ' at ' + receipt['at'] if receipt else 'none'}",
        f"quarantined   {_counted(facts['quarantined'], 'photo')}",
        f"lost          {_counted(facts['losses'], 'photo')}, "
        f"{facts['losses_unreported']} not reported yet",
        *(f"unreadable    {one}; what is in it is not counted" for one in facts["unreadable"]),
        *(
            [f"missing       {_counted(facts['missing'], 'photo')} that the cloud had stored"]
            if facts["missing"]
            else []
        ),
        *([f"kept here     {_counted(facts['kept'], 'photo')}"] if facts["kept"] else []),
        *(
            [f"trouble       the backend {facts['problem']}; next try {facts['back_off_until']}"]
            if facts["problem"]
            else []
        ),
    ]


def _aged(facts: dict[str, Any]) -> str:
    if facts["oldest"] is None:
        return "none"
    return f"{facts['oldest']}, {facts['oldest_age_seconds'] / 60:.0f} minutes old"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
