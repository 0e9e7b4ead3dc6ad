"""What ffmpeg's outputs are, however a pipe cuts them, and when they stall."""

import os
import selectors
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.cameras import CameraError, receivers
from pi_uploader.cameras.receivers import ErrorReceiver, FrameReceiver, receive_until_end
from pi_uploader.motion.frame import FRAME_SIZE

FRAME_BYTES = FRAME_SIZE[0] * FRAME_SIZE[1]


@given(count=st.integers(0, 4), rest=st.integers(0, FRAME_BYTES - 1), data=st.data())
def test_frames_are_whole_wherever_the_pipe_cuts_them(
    count: int, rest: int, data: st.DataObject
) -> None:
    """What is left over waits for more."""
    frames = [bytes([number]) * FRAME_BYTES for number in range(count)]
    content = b"".join(frames) + bytes(rest)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    delivered: list[bytes] = []
    receiver = FrameReceiver(lambda frame, _: delivered.append(frame))
    for begin, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        receiver.receive(content[begin:end], at=1e9)
    assert delivered == frames


def test_frames_that_hurry_for_a_while_are_no_flood() -> None:
    """A camera may send a few seconds at once at first."""
    receiver = FrameReceiver(lambda *_: None)
    for moment in (1e9, 2e9, 3e9):
        receiver.receive(bytes(FRAME_BYTES * (1 + receivers.MAX_HURRIED)), at=moment)
    with pytest.raises(CameraError, match="it sends more than 10 frames a second"):
        receiver.receive(bytes(FRAME_BYTES), at=3e9)


def test_the_end_of_the_errors_is_kept() -> None:
    errors = ErrorReceiver()
    for number in range(10_000):
        errors.receive(f"line {number}\n".encode(), 0.0)
    errors.receive(b"\xff the last one\n", 0.0)
    assert errors.text.endswith("\ufffd the last one")
    assert len(errors.text) <= 4096


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for one in (reading, writing):
        with suppress(OSError):
            os.close(one)


def receive(reading: int, receiver: FrameReceiver, stop: threading.Event) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ, receiver)
        receive_until_end(selector, [receiver], stop)


def test_it_ends_with_an_output(pipe: tuple[int, int]) -> None:
    """After all that came before the end."""
    reading, writing = pipe
    delivered: list[bytes] = []
    os.write(writing, b"a")
    os.close(writing)
    receiver = FrameReceiver(lambda frame, _: delivered.append(frame))
    receiver.receive(bytes(FRAME_BYTES - 1), 0.0)
    receive(reading, receiver, threading.Event())
    assert delivered == [bytes(FRAME_BYTES - 1) + b"a"]


def test_it_ends_when_it_is_stopped(pipe: tuple[int, int]) -> None:
    stop = threading.Event()
    stop.set()
    receive(pipe[0], FrameReceiver(lambda *_: None), stop)


def test_an_output_in_which_nothing_comes_is_a_stall(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "START_SECONDS", 0.0)
    monkeypatch.setattr(receivers, "WAIT_SECONDS", 0.01)
    with pytest.raises(CameraError, match="no picture came for 0 s"):
        receive(pipe[0], FrameReceiver(lambda *_: None), threading.Event())
