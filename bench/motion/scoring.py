"""What a detector found: events, false alarms, and how long it took to decide."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.motion.clips import Event, Labels, Span
from bench.repeat import percentile

WARM_UP = 3.0  # seconds at the beginning of a clip in which no detection counts: all may settle
GRACE = 1.0  # seconds after an event in which a detection is still one of it
COOLDOWN = 5.0  # seconds after an alarm in which there is no other one, the same for all


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What a detector made of a clip. `delays`: of the events that were found, the seconds from
    their begin to the first detection, 0 if that came before enough was visible."""

    labels: Labels
    found: tuple[Event, ...]
    missed: tuple[Event, ...]
    delays: tuple[float, ...]
    false_alarms: tuple[float, ...]


def score_clip(labels: Labels, detections: Iterable[float], warm_up: float = WARM_UP) -> ClipScore:
    """Compare the moments of the detections (seconds since the first frame) with what happened.

    An event is found if something is detected from when any part of it is visible until 1 s after
    it. False alarms are counted as a camera would: after an alarm it takes no other photo for the
    cooldown.
    """
    counted = sorted(t for t in detections if t >= warm_up)
    found: list[Event] = []
    missed: list[Event] = []
    delays: list[float] = []
    for event in labels.events:
        begin = _visible_since(event, labels)
        hits = [t for t in counted if begin <= t <= event.end + GRACE]
        if hits:
            found.append(event)
            delays.append(max(0.0, hits[0] - event.begin))
        else:
            missed.append(event)
    false = tuple(t for t in alarms(counted) if not _is_excused(t, labels))
    return ClipScore(labels, tuple(found), tuple(missed), tuple(delays), false)


def alarms(detections: Iterable[float]) -> list[float]:
    """Return the alarms that the detections cause: none within the cooldown of another."""
    result: list[float] = []
    for t in sorted(detections):
        if not result or t - result[-1] >= COOLDOWN:
            result.append(t)
    return result


def _visible_since(event: Event, labels: Labels) -> float:
    """Return since when a part of an event is visible; of its second movement, since it begins."""
    earlier = [one.end for one in labels.events if one.end < event.begin]
    spans = [one.begin for one in labels.visible if one.begin <= event.begin <= one.end]
    return event.begin if earlier else min([event.begin, *spans])


def _is_excused(t: float, labels: Labels) -> bool:
    spans: Sequence[Event | Span] = (*labels.events, *labels.visible)
    return any(one.begin <= t <= one.end + GRACE for one in spans)


@dataclass(frozen=True)
class Summary:
    """The scores of several clips."""

    clips: int = 0
    hours: float = 0.0
    events: int = 0
    found: int = 0
    false_alarms: int = 0
    delays: tuple[float, ...] = field(default=(), repr=False)

    @property
    def recall(self) -> float:
        return self.found / self.events if self.events else float("nan")

    @property
    def false_per_hour(self) -> float:
        return self.false_alarms / self.hours if self.hours else float("nan")

    @property
    def median_delay(self) -> float:
        return statistics.median(self.delays) if self.delays else float("nan")

    @property
    def slow_delay(self) -> float:
        """The delay that 95% of the found events do not exceed."""
        return percentile(self.delays, 95) if self.delays else float("nan")


def summarize(scores: Iterable[ClipScore]) -> Summary:
    scores = list(scores)
    return Summary(
        clips=len(scores),
        hours=sum(max(0.0, one.labels.seconds - WARM_UP) for one in scores) / 3600,
        events=sum(len(one.found) + len(one.missed) for one in scores),
        found=sum(len(one.found) for one in scores),
        false_alarms=sum(len(one.false_alarms) for one in scores),
        delays=tuple(delay for one in scores for delay in one.delays),
    )


def by_family(scores: Iterable[ClipScore]) -> dict[str, Summary]:
    """Return the summary of each family of clips."""
    groups: dict[str, list[ClipScore]] = {}
    for one in scores:
        groups.setdefault(one.labels.family, []).append(one)
    return {name: summarize(group) for name, group in groups.items()}


def by_kind(scores: Iterable[ClipScore]) -> dict[str, tuple[int, int]]:
    """Return of each kind of event, such as person, how many were found, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for one in scores:
        for event in one.labels.events:
            found, all_ = counts.get(event.kind, (0, 0))
            counts[event.kind] = (found + (event in one.found), all_ + 1)
    return counts
