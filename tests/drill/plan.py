"""What is to happen, all of it from one seed: which photos, which kills, which go wrong."""

import hashlib
import random
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from photo_wire.headers import Trigger
from tests.pi_uploader.spool.photos import content

SIZES = (2_000, 6_000)  # bytes of a photo
RESERVE = 64_000  # bytes of the card that photos leave to the system
HOUR = 3600.0


class Part(Enum):
    """What can be killed. An ordinary client is one process for both."""

    CAPTURE = "capture"
    UPLOAD = "upload"


@dataclass(frozen=True)
class Kill:
    """`moment`, from 0 to 1: how far the part is with its work when the SIGKILL comes."""

    part: Part
    moment: float


@dataclass(frozen=True)
class Photo:
    """What the camera is to give for one trigger. No two numbers have the same bytes."""

    number: int
    trigger: Trigger
    size: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(content(self.number, self.size)).hexdigest()


@dataclass(frozen=True)
class Plan:
    """`photos`: how many triggers are to be answered. `kills`: how many processes die."""

    photos: int
    kills: int
    seed: int

    def share(self, percent: int) -> int:
        """So many of a hundred photos."""
        return self.photos * percent // 100

    @cached_property
    def kill_at(self) -> dict[int, Kill]:
        """The kills, each with the trigger at which it comes, counted from 0. The last twentieth of
        the story is quiet."""
        chance = random.Random(f"{self.seed} kills")
        turns = sorted(chance.sample(range(self.photos - self.share(5)), self.kills))
        return {turn: Kill(chance.choice(list(Part)), chance.random()) for turn in turns}

    @cached_property
    def poisoned(self) -> frozenset[int]:
        """The numbers of the photos that the backend rejects whenever they come: one in a hundred,
        half of them late in the story."""
        chance = random.Random(f"{self.seed} poison")
        count = max(2, self.share(1)) // 2
        early, late = range(self.share(75)), range(self.share(75), self.share(93))
        return frozenset(chance.sample(early, count) + chance.sample(late, count))

    def photo(self, number: int) -> Photo:
        chance = random.Random(f"{self.seed} photo {number}")
        trigger = Trigger.MOTION if chance.random() < 0.6 else Trigger.SCHEDULE
        return Photo(number, trigger, chance.randint(*SIZES))

    @property
    def in_outage(self) -> int:
        """Photos that are taken in the hour without a network."""
        return self.share(40)

    @property
    def pause(self) -> float:
        """Seconds from one trigger to the next."""
        return HOUR / self.in_outage

    @property
    def capacity(self) -> int:
        """Bytes of the card: too few for the photos of the outage by a tenth, besides those that
        had not gone up before and the reserve."""
        return self.share(36) * sum(SIZES) // 2 + RESERVE
