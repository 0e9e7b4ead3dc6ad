"""The clips that are drawn: the same for each seed, and labelled by what they really show."""

import numpy as np
import pytest

from bench.motion.clips import SECONDS_PER_FRAME, Clip
from bench.motion.corpus import SEEDS, Split, seeds
from bench.motion.drawing import MIN_EVENT, clip_name, draw_clip
from bench.motion.scenarios import FAMILIES, scenario
from bench.motion.scoring import WARM_UP
from bench.motion.weather import LEAD
from pi_uploader.motion.frame import FRAME_SIZE

WIDTH, HEIGHT = FRAME_SIZE


def frame(clip: Clip, moment: float) -> int:
    return round(moment / SECONDS_PER_FRAME)


@pytest.mark.parametrize("family", ["person near and fast", "person and insects", "blocks"])
def test_a_seed_draws_the_same_clip_again(family: str) -> None:
    first, second = draw_clip(family, 2), draw_clip(family, 2)

    assert np.array_equal(first.luma, second.luma)
    assert np.array_equal(first.gain, second.gain)
    assert first.labels == second.labels


def test_another_seed_draws_another_clip() -> None:
    first, second = draw_clip("branches", 0), draw_clip("branches", 1)

    assert not np.array_equal(first.luma, second.luma)


@pytest.mark.parametrize("family", ["person near and slow", "animal in infrared", "car at night"])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_event_is_what_changes_in_the_picture(family: str, seed: int) -> None:
    clip = draw_clip(family, seed)
    (event,) = clip.labels.events
    (span,) = clip.labels.visible
    before = clip.luma[frame(clip, WARM_UP) : frame(clip, span.begin)].astype(np.float64)
    middle = clip.luma[frame(clip, (event.begin + event.end) / 2)].astype(np.float64)

    assert clip.luma.shape[1:] == (HEIGHT, WIDTH)
    assert LEAD <= event.begin < event.end < clip.labels.seconds
    assert event.end - event.begin >= MIN_EVENT - SECONDS_PER_FRAME - 1e-9
    assert span.begin <= event.begin
    assert span.end >= event.end
    # somebody stands out from the mean of the frames before by more than the noise does
    change = np.abs(middle - before.mean(axis=0))
    noise = np.abs(before[0] - before.mean(axis=0))
    assert np.count_nonzero(change > 25) > np.count_nonzero(noise > 25) + 20


def test_who_stops_makes_two_events() -> None:
    events = draw_clip("person stops", 0).labels.events

    assert len(events) == 2
    assert events[1].begin - events[0].end > 2


def test_a_denoised_clip_has_less_noise_than_its_sensor() -> None:
    clip, noisy = draw_clip("denoised", 0), draw_clip("quiet", 0)

    def steps(one: Clip) -> float:
        return float(np.abs(np.diff(one.luma[:40].astype(np.float64), axis=0)).mean())

    assert steps(clip) < 0.5 * steps(noisy)
    assert "denoised" in clip.labels.conditions


@pytest.mark.parametrize("name", [name for name, one in FAMILIES.items() if not one.actor])
def test_without_an_actor_nothing_happens(name: str) -> None:
    assert scenario(name, 0).actor is None


@pytest.mark.parametrize("first", [0, SEEDS])
def test_the_halves_share_no_seed(first: int) -> None:
    tuning, kept = seeds(Split.TUNING, first), seeds(Split.KEPT, first)

    assert not set(tuning) & set(kept)
    assert sorted((*tuning, *kept)) == list(range(first, first + SEEDS))
    assert len(tuning) == len(kept)
    assert all(one % 2 for one in kept)


def test_each_clip_has_a_name_of_its_own() -> None:
    names = {clip_name(family, seed) for family in FAMILIES for seed in range(SEEDS)}

    assert len(names) == len(FAMILIES) * SEEDS >= 400
