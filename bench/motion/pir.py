"""A stand-in for a PIR sensor beside the camera: a model, since the clips have no heat in them.

It reacts to what the drawing knows: who passes at which distance and speed, and when wind moves
leaves that the sun has warmed. Its figures for people are those of cheap sensors' data sheets (full
range about 8 m), and Findlay et al. 2020 for close passes, of which more than 20% were missed
(https://doi.org/10.1007/s13364-020-00478-y); animals are felt less far, by their size. How often
wind and sun cause an alarm is an ASSUMPTION: nobody publishes it for a minute of wind. So the
comparison with it is as good as ALARMS_PER_MINUTE, and bench-motion prints how much that matters.
"""

import zlib

import numpy as np

from bench.motion.clips import Event, Heat, Labels

FULL_RANGE = {"person": 8.0, "car": 12.0, "dog": 6.0, "fox": 5.0, "cat": 5.0}  # metres
FELT = 0.95  # of the passes within the full range; none at twice the range
CLOSE_PASS, FAST = 3.5, 2.0  # metres, and metres a second
CLOSE_PASS_FELT = 0.78  # of the others
ALARMS_PER_MINUTE = {"wind": 2.0, "sun": 1.0, "rain": 0.1}


def detections(labels: Labels) -> list[float]:
    """Return when the sensor reacts in a clip, the same each time."""
    rng = np.random.default_rng([zlib.crc32(labels.family.encode()), labels.seed, 7])
    moments: list[float] = []
    for event in labels.events:
        body = next((heat for heat in labels.heat if heat.kind == event.kind), None)
        if rng.random() < (chance(body) if body else FELT):
            moments.append(_crosses_a_zone(event, rng))
    for heat in labels.heat:
        if rate := ALARMS_PER_MINUTE.get(heat.kind):
            count = int(rng.poisson(rate * (heat.end - heat.begin) / 60))
            moments += [float(t) for t in rng.uniform(heat.begin, heat.end, count)]
    return sorted(moments)


def chance(body: Heat) -> float:
    """Return how probably the sensor feels somebody who passes."""
    reach = FULL_RANGE[body.kind]
    felt = FELT * float(np.clip((2 * reach - body.distance) / reach, 0, 1))
    if body.distance <= CLOSE_PASS and body.speed >= FAST:
        felt *= CLOSE_PASS_FELT
    return felt


def _crosses_a_zone(event: Event, rng: np.random.Generator) -> float:
    """Return when somebody has come from one zone of the lens into the next."""
    return event.begin + float(rng.uniform(0.2, 1.5))
