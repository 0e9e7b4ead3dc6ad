"""captured = stored + spooled + quarantined + losses, counted from what is really there.

What was captured is known from the side that sent the triggers. Where the photos are is read from
the backend's store and from the bytes on the card, by their SHA-256. Neither relies on the other.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from photo_wire.alert import LOSS
from tests.support.store import Store


@dataclass(frozen=True)
class CardContents:
    """The SHA-256 of what is on the device: of the bytes of photos that wait or are in quarantine,
    and of photos that are on record as lost."""

    waiting: Collection[str]
    quarantined: Collection[str] = ()
    lost: Collection[str] = ()


@dataclass
class Ledger:
    """The photos that the camera was triggered to take, by SHA-256: those that the device answered
    for, of these the ones that it reported as lost at once, and those that were being taken when it
    was killed."""

    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    in_progress: set[str] = field(default_factory=set)


class Balance:
    """Numbers of photos, each photo counted once: as stored if the backend has it, whatever the
    device has besides; else where the device has it; else as a loss, on record or not.

    `in_alerts`: the losses that the backend knows of. `unrecorded`: photos that are nowhere.
    `deleted`: of these, the ones that the device had kept. `stored_twice`: photos stored under a
    second id. `damaged`: what is stored and was never captured like that. `in_two_places`: photos
    that both the backend and the device have, or that are on record as lost and are not.
    `reasons`: those of the backend's alerts. Of the photos `in_progress`, those that are somewhere
    count as captured; the others are `untraced`.
    """

    def __init__(self, ledger: Ledger, card: CardContents, store: Store) -> None:
        """Look everywhere, and count."""
        photos = [one.receipt.sha256 for one in store.photos.values()]
        alerts = [alert for alert in store.alerts.values() if alert.kind == LOSS]
        reported = {str(alert.details["sha256"]) for alert in alerts}
        places = [set(photos), set(card.waiting), set(card.quarantined), reported | set(card.lost)]
        somewhere = set().union(*places)
        captured = ledger.answered | (ledger.in_progress & somewhere)
        stored, waiting, quarantined, losses = (
            (place & captured).difference(*places[:number]) for number, place in enumerate(places)
        )
        self.captured = len(captured)
        self.stored = len(stored)
        self.spooled = len(waiting)
        self.quarantined = len(quarantined)
        self.losses = len(losses)
        self.in_alerts = len(losses & reported)
        self.unrecorded = len(captured - somewhere)
        self.deleted = len(captured - somewhere - ledger.refused)
        self.stored_twice = len(photos) - len(set(photos))
        self.damaged = len(set(photos) - captured)
        self.in_two_places = sum(map(len, places)) - len(somewhere)
        self.in_progress = len(ledger.in_progress)
        self.untraced = len(ledger.in_progress - somewhere)
        self.reasons = Counter(alert.reason for alert in alerts)

    @property
    def in_progress_found(self) -> int:
        return self.in_progress - self.untraced

    @property
    def reasons_text(self) -> str:
        args = [f"{reason} {count}" for reason, count in sorted(self.reasons.items())]
        return ", ".join(args) or "none"

    @property
    def is_balanced(self) -> bool:
        """Return whether every photo that was captured is somewhere."""
        return self.captured == self.stored + self.spooled + self.quarantined + self.losses

    def __str__(self) -> str:
        return (
            f"captured {self.captured:,} {'=' if self.is_balanced else '≠'} stored {self.stored:,} "
            f"+ spooled {self.spooled:,} + quarantined {self.quarantined:,} "
            f"+ losses {self.losses:,}"
        )

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with this account at the end of a scenario."""
        if not self.is_balanced:
            yield f"{self.unrecorded:,} photos are lost without a record"
        if self.stored_twice:
            yield f"{self.stored_twice:,} photos are stored twice"
        if self.damaged:
            yield f"{self.damaged:,} stored files are none of the camera's photos"
        if self.spooled:
            yield f"{self.spooled:,} photos still wait"
        if self.in_alerts < self.losses:
            yield f"{self.losses - self.in_alerts:,} losses are not in the backend's alerts"
        if self.in_two_places:
            yield f"{self.in_two_places:,} photos are in two places, such as stored and lost"


def table(balances: Mapping[str, Balance]) -> str:
    """Return the accounts side by side, each under its device's name."""
    rows = {
        "captured": [one.captured for one in balances.values()],
        "stored": [one.stored for one in balances.values()],
        "still on the card": [one.spooled for one in balances.values()],
        "quarantined": [one.quarantined for one in balances.values()],
        "lost, on record": [one.losses for one in balances.values()],
        "  of these in the backend's alerts": [one.in_alerts for one in balances.values()],
        "lost without a record": [one.unrecorded for one in balances.values()],
        "  of these deleted as delivered": [one.deleted for one in balances.values()],
        "stored twice": [one.stored_twice for one in balances.values()],
        "stored damaged": [one.damaged for one in balances.values()],
    }
    lines = [f"{'':34}" + "".join(f"{name:>20}" for name in balances)]
    lines += [
        f"{row:34}" + "".join(f"{one:>20,}" for one in result) for row, result in rows.items()
    ]
    return "\n".join(lines)
