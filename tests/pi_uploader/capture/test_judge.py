"""Whether the picture confirms a trigger: frames around it decide, and doubt decides nothing."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.motion import Box, Motion
from pi_uploader.capture.judge import Judge, Judgement
from pi_uploader.motion.frame import Frame
from tests.support.frame_streams import BOX, HEIGHT, MOVING, QUIET, WIDTH, frame_of, saw_brightness

MOMENT = 100.0
AROUND = [99 + number / 5 for number in range(12)]  # from a second before to a second after it
BLANK = np.full((HEIGHT, WIDTH), 16, np.uint8)


def judged(frames: Sequence[Frame], asked_before: int = 6) -> Judgement:
    """The judgement on a trigger that came before the frame of this number."""
    judge, judgement = Judge(saw_brightness), Judgement(MOMENT)
    for number, frame in enumerate(frames):
        if number == asked_before:
            judgement = judge.ask(MOMENT)
        judge.add(frame, None)
    return judgement


def quiet_but(
    at: Sequence[float] = (), luma: "np.typing.NDArray[np.uint8]" = MOVING
) -> list[Frame]:
    return [frame_of(luma if moment in at else QUIET, at=moment) for moment in AROUND]


def test_frames_without_motion_leave_the_trigger_unconfirmed() -> None:
    judgement = judged(quiet_but())
    assert (judgement.is_decided, judgement.motion) == (True, Motion())
    assert [frame.at for frame in judgement.frames] == AROUND[:-1]


@pytest.mark.parametrize("at", AROUND[:-1])
def test_motion_in_any_of_the_frames_confirms(at: float) -> None:
    assert judged(quiet_but([at])).motion == Motion(BOX)


@pytest.mark.parametrize("delay", [0.0, 0.3, 1.5, 2.9])
@pytest.mark.parametrize("moved_at", [99.5, 100.0, 100.8])
def test_motion_confirms_that_is_seen_late(delay: float, moved_at: float) -> None:
    """A network camera's frames say when they came."""
    judge = Judge(saw_brightness, max_delay=3.0)
    frames = [
        frame_of(MOVING if moved_at <= at - delay < moved_at + 0.4 else QUIET, at=at)
        for at in (MOMENT + number / 5 for number in range(-15, 25))
    ]
    for frame in frames[:15]:
        judge.add(frame, None)
    judgement = judge.ask(MOMENT)
    for frame in frames[15:]:
        judge.add(frame, None)
    assert judgement.motion == Motion(BOX)


def test_motion_at_the_trigger_confirms_before_the_second_is_over() -> None:
    """Whoever waits for the photo gets it sooner."""
    judge = Judge(saw_brightness)
    for frame in quiet_but([AROUND[5]])[:6]:
        judge.add(frame, None)
    judgement = judge.ask(MOMENT)
    for number, moment in enumerate(AROUND[6:], 1):
        judge.add(frame_of(QUIET, at=moment), None)
        assert judgement.is_decided is (number >= 2), moment
    assert judgement.motion == Motion(BOX)


def test_what_the_detector_saw_confirms_whatever_the_frames_alone_show() -> None:
    """It knows how the place looked before."""
    judge = Judge(lambda frames: None)
    judge.add(frame_of(QUIET, at=99.9), BOX)
    judgement = judge.ask(MOMENT)
    judge.add(frame_of(QUIET, at=100.1), None)
    assert judgement.motion == Motion(BOX)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(quiet_but()[4:], id="the first ones are missing"),
        pytest.param([*quiet_but()[:5], *quiet_but()[9:]], id="there is a gap"),
        pytest.param([*quiet_but()[:6], frame_of(QUIET, at=105)], id="the last ones are missing"),
        pytest.param(quiet_but([AROUND[4]], BLANK), id="one is blank"),
        pytest.param([frame_of(QUIET, at=105)], id="there are none"),
    ],
)
def test_frames_that_do_not_show_it_decide_nothing(frames: list[Frame]) -> None:
    judgement = judged(frames, asked_before=min(6, len(frames) - 1))
    assert (judgement.is_decided, judgement.motion) == (True, None)


def test_a_stream_that_fails_decides_nothing() -> None:
    judge = Judge(saw_brightness)
    for frame in quiet_but()[:8]:
        judge.add(frame, None)
    judgement = judge.ask(MOMENT)
    judge.abandon()
    assert (judgement.is_decided, judgement.motion) == (True, None)


def test_frames_from_before_a_failure_decide_nothing() -> None:
    """What was between them and the next ones is not known."""
    judge = Judge(saw_brightness)
    for frame in quiet_but()[:6]:
        judge.add(frame, None)
    judge.abandon()
    judgement = judge.ask(MOMENT)
    for frame in quiet_but()[6:]:
        judge.add(frame, None)
    assert (judgement.is_decided, judgement.motion) == (True, None)


@given(
    moments=st.lists(st.floats(90, 110), max_size=60),
    moving=st.sets(st.integers(0, 59)),
    triggers=st.sets(st.floats(90, 110), max_size=5),
)
def test_only_what_was_seen_completely_is_without_motion(
    moments: list[float], moving: set[int], triggers: set[float]
) -> None:
    """Whatever frames come, and whenever: motion in the time around a trigger confirms it, and no
    trigger is unconfirmed of which a part was not seen."""
    judge = Judge(saw_brightness)
    frames = [
        frame_of(MOVING if number in moving else QUIET, at=at)
        for number, at in enumerate(sorted(moments))
    ]
    judgements = [judge.ask(moment) for moment in triggers]
    for frame in [*frames, frame_of(QUIET, at=120)]:
        judge.add(frame, None)
    for judgement in judgements:
        begin, end = judgement.moment - 1, judgement.moment + 1
        around = [frame for frame in frames if begin <= frame.at <= end]
        shown: Box | None = saw_brightness(around)
        assert judgement.is_decided
        if judgement.motion == Motion():
            seen_at = [begin, *(frame.at for frame in around), end]
            assert max(later - earlier for earlier, later in pairwise(seen_at)) <= 0.7
            assert shown is None
        elif judgement.motion:
            assert shown
