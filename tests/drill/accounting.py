"""captured = stored + spooled + quarantined + losses, counted from what is really there.

What was captured is known from the one who pulled the trigger. Where the photos are is read from
the cloud's store and from the bytes on the card, by their SHA-256. Neither asks the other.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from photo_wire.alert import LOSS
from tests.support.store import Store


@dataclass(frozen=True)
class OnCard:
    """The SHA-256 of what the device holds: of the bytes of the photos that wait and of those set
    aside, and of photos that it has on record as lost."""

    waiting: Collection[str]
    quarantined: Collection[str] = ()
    lost: Collection[str] = ()


@dataclass
class Ledger:
    """The photos that the camera was told to take, by SHA-256: those for which the device said
    what became of them, of these the ones that it said were lost at once, and those in its hand
    when it was killed."""

    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    in_hand: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Balance:
    """Numbers of photos, each photo counted once: as stored if the cloud has it, whatever the
    device has besides; else where the device has it; else as a loss on record, or a silent one.

    `in_alerts`: the losses that the cloud knows of. `deleted`: the silent ones that the device had
    kept. `twice`: photos stored under a second id.
    `damaged`: what is stored and was never captured like that. `in_two_places`: photos that the
    cloud has and the device too, or that are on record as lost and are not. `reasons`: those of
    the cloud's alerts. Of the photos `in_hand`, those that are somewhere count as captured; the
    others are `without_trace`.
    """

    captured: int
    stored: int
    spooled: int
    quarantined: int
    losses: int
    in_alerts: int
    silent: int
    deleted: int
    twice: int
    damaged: int
    in_two_places: int
    in_hand: int
    without_trace: int
    reasons: Mapping[str, int]

    @property
    def in_hand_found(self) -> int:
        return self.in_hand - self.without_trace

    @property
    def reasons_in_words(self) -> str:
        words = [f"{reason} {count}" for reason, count in sorted(self.reasons.items())]
        return ", ".join(words) or "none"

    @property
    def is_even(self) -> bool:
        """Whether every photo that was captured is somewhere."""
        return self.captured == self.stored + self.spooled + self.quarantined + self.losses

    def __str__(self) -> str:
        return (
            f"captured {self.captured:,} {'=' if self.is_even else '≠'} stored {self.stored:,} "
            f"+ spooled {self.spooled:,} + quarantined {self.quarantined:,} "
            f"+ losses {self.losses:,}"
        )

    def problems(self) -> Iterator[str]:
        """What must not be at the end of the story."""
        if not self.is_even:
            yield f"{self.silent:,} photos are lost without a word"
        if self.twice:
            yield f"{self.twice:,} photos are stored twice"
        if self.damaged:
            yield f"{self.damaged:,} stored files are none of the camera's photos"
        if self.spooled:
            yield f"{self.spooled:,} photos still wait"
        if self.in_alerts < self.losses:
            yield f"{self.losses - self.in_alerts:,} losses are not in the cloud's alerts"
        if self.in_two_places:
            yield f"{self.in_two_places:,} photos are in two places, such as stored and lost"


def balance(ledger: Ledger, card: OnCard, store: Store) -> Balance:
    """Look everywhere and count."""
    photos = [one.receipt.sha256 for one in store.photos.values()]
    alerts = [alert for alert in store.alerts.values() if alert.kind == LOSS]
    reported = {str(alert.details["sha256"]) for alert in alerts}
    places = [set(photos), set(card.waiting), set(card.quarantined), reported | set(card.lost)]
    somewhere = set().union(*places)
    captured = ledger.answered | (ledger.in_hand & somewhere)
    stored, waiting, quarantined, losses = (
        (place & captured).difference(*places[:number]) for number, place in enumerate(places)
    )
    return Balance(
        captured=len(captured),
        stored=len(stored),
        spooled=len(waiting),
        quarantined=len(quarantined),
        losses=len(losses),
        in_alerts=len(losses & reported),
        silent=len(captured - somewhere),
        deleted=len(captured - somewhere - ledger.refused),
        twice=len(photos) - len(set(photos)),
        damaged=len(set(photos) - captured),
        in_two_places=sum(map(len, places)) - len(somewhere),
        in_hand=len(ledger.in_hand),
        without_trace=len(ledger.in_hand - somewhere),
        reasons=Counter(alert.reason for alert in alerts),
    )


def table(balances: Mapping[str, Balance]) -> str:
    """The balances side by side, each under its name."""
    rows = {
        "captured": [one.captured for one in balances.values()],
        "stored": [one.stored for one in balances.values()],
        "still on the card": [one.spooled for one in balances.values()],
        "quarantined": [one.quarantined for one in balances.values()],
        "lost, on record": [one.losses for one in balances.values()],
        "  of these in the cloud's alerts": [one.in_alerts for one in balances.values()],
        "lost without a word": [one.silent for one in balances.values()],
        "  of these deleted as delivered": [one.deleted for one in balances.values()],
        "stored twice": [one.twice for one in balances.values()],
        "stored damaged": [one.damaged for one in balances.values()],
    }
    lines = [f"{'':34}" + "".join(f"{name:>20}" for name in balances)]
    lines += [f"{row:34}" + "".join(f"{one:>20,}" for one in told) for row, told in rows.items()]
    return "\n".join(lines)
