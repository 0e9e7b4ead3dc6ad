"""The plan of a drill, derived from one seed: its photos, its kills, its rejections."""

import hashlib
import random
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from photo_wire.headers import Trigger
from tests.support.spool_photos import content

PHOTO_SIZES = (2_000, 6_000)  # bytes of a photo
RESERVE_BYTES = 64_000  # bytes of the card that photos leave to the system
HOUR_SECONDS = 3600.0


class Part(Enum):
    """A process that can be killed. An ordinary client is one process for both parts."""

    CAPTURE = "capture"
    UPLOAD = "upload"


@dataclass(frozen=True)
class Kill:
    """A SIGKILL for one part, at `moment` of its work: from 0, the beginning, to 1."""

    part: Part
    moment: float


@dataclass(frozen=True)
class Photo:
    """The photo that the camera gives for one trigger. No two numbers have the same bytes."""

    number: int
    trigger: Trigger
    size: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(content(self.number, self.size)).hexdigest()


@dataclass(frozen=True)
class Plan:
    """`photos`: how many triggers are to be answered. `kills`: how many processes are killed."""

    photos: int
    kills: int
    seed: int

    def share(self, percent: int) -> int:
        """Return this percentage of the photos."""
        return self.photos * percent // 100

    @cached_property
    def kill_at(self) -> dict[int, Kill]:
        """The kills by trigger, counted from 0. There is none in the last twentieth."""
        chance = random.Random(f"{self.seed} kills")
        turns = sorted(chance.sample(range(self.photos - self.share(5)), self.kills))
        return {turn: Kill(chance.choice(list(Part)), chance.random()) for turn in turns}

    @cached_property
    def rejected(self) -> frozenset[int]:
        """The numbers of the photos that the backend always rejects: one in a hundred, half of them
        late."""
        chance = random.Random(f"{self.seed} poison")
        count = max(2, self.share(1)) // 2
        early, late = range(self.share(75)), range(self.share(75), self.share(93))
        return frozenset(chance.sample(early, count) + chance.sample(late, count))

    def photo(self, number: int) -> Photo:
        """Return the photo of this number."""
        chance = random.Random(f"{self.seed} photo {number}")
        trigger = Trigger.MOTION if chance.random() < 0.6 else Trigger.SCHEDULE
        return Photo(number, trigger, chance.randint(*PHOTO_SIZES))

    @property
    def photos_in_outage(self) -> int:
        """Photos that are taken in the hour without a network."""
        return self.share(40)

    @property
    def pause(self) -> float:
        """Seconds from one trigger to the next."""
        return HOUR_SECONDS / self.photos_in_outage

    @property
    def capacity(self) -> int:
        """Bytes of the card: too few for the photos of the outage by a tenth, besides those that
        had not gone up before and the reserve."""
        return self.share(36) * sum(PHOTO_SIZES) // 2 + RESERVE_BYTES
