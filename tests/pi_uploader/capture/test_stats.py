"""The counts balance: each trigger of a day becomes a photo, a stub, or one of the counts."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.spool import replay
from tests.support.frame_streams import PHOTO_WITH_PREVIEW
from tests.support.simulated_day import MORNING, SimulatedDay, Span, Weather, weather_of


def check_balance(day: SimulatedDay) -> None:
    """Compare the counts with what came, and with what is in the spool."""
    check_triggers(day)
    stats = day.handler.stats
    # By its size: one that the disk let stay whole says, too, that nothing moved.
    stubs = [photo for photo in day.photos if photo.size < len(PHOTO_WITH_PREVIEW.content)]
    assert (len(day.photos) - len(stubs), len(stubs)) == (stats.photographed, stats.stubs)
    assert stats.missed >= stats.failed + stats.lost  # which count photos, not triggers


def check_triggers(day: SimulatedDay) -> None:
    """Compare the counts of triggers with those that came, and that of photos with the spool."""
    stats, queue = day.handler.stats, day.queue
    came = sum(queue.count(trigger) for trigger in Trigger)
    assert came == (
        stats.photographed
        + stats.stubs
        + stats.coalesced
        + stats.cooled_down
        + stats.disarmed
        + stats.missed
        + queue.unhandled()
    )
    assert stats.stored - stats.removed == len(day.photos)


@pytest.mark.parametrize("seed", [17, pytest.param(18, marks=pytest.mark.slow)])
def test_the_counts_of_a_day_balance_exactly(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Triggers = photos + stubs + coalesced + disarmed + cooled down + failed; and each photo says
    of motion what was so."""
    monkeypatch.setattr(replay, "MIN_FREE_BYTES", 10**18)  # no frames are kept
    day = SimulatedDay(tmp_path / "spool", weather_of(seed))
    stats = day.pass_by(busy_seconds=3.0)
    check_balance(day)
    assert stats.triggers > 500
    assert min(stats.photographed, stats.stubs, stats.coalesced, stats.cooled_down) > 20
    assert min(stats.disarmed, stats.missed, stats.failed, stats.lost) > 0
    of_motion = Counter(
        (photo.trigger, photo.motion and bool(photo.motion.box)) for photo in day.photos
    )
    assert min(of_motion[Trigger.MOTION, known] for known in (True, False, None)) > 3
    assert {known for trigger, known in of_motion if trigger is Trigger.SCHEDULE} == {None}
    for photo in day.photos:
        if photo.motion:
            taken = (photo.name.captured_at - MORNING).total_seconds()
            # The camera may have been busy for three seconds before, and the frames of a second
            # before and after the trigger counted.
            near = any(taken in Span(one.begin - 1, one.end + 4.2) for one in day.weather.moving)
            assert near or not photo.motion.box, photo
            whole = any(one.begin < taken - 5 and taken + 2 < one.end for one in day.weather.moving)
            assert photo.motion.box or not whole, photo


moments = st.floats(0, 100).map(lambda moment: round(moment, 2))
spans = st.lists(st.builds(Span, moments, moments), max_size=3)


@settings(max_examples=settings().max_examples // 2)
@given(
    weather=st.builds(
        Weather,
        st.lists(st.tuples(moments, st.sampled_from(Trigger)), max_size=30),
        *(spans, spans, spans, spans),
    ),
    busy_seconds=st.floats(0, 10),
)
def test_the_counts_balance_whatever_comes(
    weather: Weather, busy_seconds: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    day = SimulatedDay(tmp_path_factory.mktemp("day") / "spool", weather)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "MIN_FREE_BYTES", 10**18)
        day.pass_by(busy_seconds)
    check_balance(day)


@settings(max_examples=settings().max_examples // 2)
@given(
    weather=st.builds(
        Weather,
        st.lists(st.tuples(moments, st.sampled_from(Trigger)), max_size=30),
        *(spans, spans, spans, spans),
    ),
    before=st.integers(0, 2),
    after=st.integers(0, 2),
)
def test_the_counts_balance_with_photos_before_and_after(
    weather: Weather, before: int, after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A trigger counts once, however many photos it takes; each photo is stored, lost or failed."""
    day = SimulatedDay(
        tmp_path_factory.mktemp("day") / "spool",
        weather,
        CAMERA_PHOTOS_BEFORE=str(before),
        CAMERA_PHOTOS_AFTER=str(after),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "MIN_FREE_BYTES", 10**18)
        stats = day.pass_by(0.0)
    check_triggers(day)
    stubs = [photo for photo in day.photos if photo.size < len(PHOTO_WITH_PREVIEW.content)]
    assert len(stubs) == stats.stubs
    assert not any(photo.is_further for photo in stubs if stats.failed + stats.lost == 0)
    handled = stats.photographed + stats.stubs + stats.missed
    attempts = stats.stored + stats.lost + stats.failed
    assert handled <= attempts <= handled * (1 + before + after)
