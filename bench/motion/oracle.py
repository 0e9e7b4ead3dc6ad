"""The floor of the decision time: detectors that are told which pixels somebody covers.

One picture shows no motion, and the first pixels of somebody who comes in look like those of a
branch. So an oracle, too, waits for two frames that follow each other with enough pixels. What
Nightjar needs beyond it is its own delay; what the oracle needs is the price of frames that come
five times a second, of which the event begins with the first that shows VISIBLE_PIXELS.
"""

from itertools import pairwise

from bench.motion.clips import SECONDS_PER_FRAME, Labels

PIXELS = {"oracle 40": 40, "oracle 150": 150}  # 0.05% and 0.2% of the picture


def detections(name: str, labels: Labels) -> list[float]:
    """Return the moments of the frames that, like the one before, show enough of somebody."""
    least = PIXELS[name]
    return [
        number * SECONDS_PER_FRAME
        for number, (before, now) in enumerate(pairwise(labels.pixels), 1)
        if before >= least and now >= least
    ]
