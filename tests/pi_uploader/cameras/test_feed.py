"""A stream that is read all the time by the real ffmpeg, also one that fails."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext

import numpy as np
import psutil
import pytest

from pi_uploader.cameras import CameraError, feed, receivers
from pi_uploader.cameras.feed import Feed
from pi_uploader.cameras.ffmpeg import Stream
from pi_uploader.cameras.media.mpegts import PictureSplitter
from pi_uploader.cameras.receivers import Kept
from pi_uploader.cameras.ring import Picture, Ring
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(
    not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root"
)
SOURCE = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10")
LIVE = ("-re", *SOURCE)
ENCODED = ("-map", "0:v:0", "-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-f", "mpegts")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "FIRST_RETRY_SECONDS", 0.01)


@pytest.fixture
def ring() -> Ring:
    return Ring(60)


def feed_of(
    *options: str, stdin: Callable[[], Iterable[bytes]] = tuple, ring: Ring | None = None
) -> Feed:
    """Return a feed of this stream, which gets a new `stdin` each time that it is opened."""
    kept = Kept(ring, ENCODED, PictureSplitter) if ring else None
    return Feed(
        "gate", lambda: nullcontext(Stream(options, stdin=stdin())), has_frames=True, kept=kept
    )


def problem_of(feed: Feed) -> str:
    """Return why the frames end."""
    try:
        with pytest.raises(CameraError) as caught:
            for _ in feed.frames(threading.Event()):
                pass
    finally:
        feed.close()
    return str(caught.value)


def test_frames_and_encoded_pictures_come_from_one_process(ring: Ring) -> None:
    """Grey and small, whatever the shape of the picture."""
    both = feed_of(*LIVE, ring=ring)
    frames = both.frames(threading.Event())
    first, second = next(frames), next(frames)
    assert first.luma.shape == (240, 320)
    assert int(np.ptp(first.luma)) > 100
    assert not np.array_equal(first.luma, second.luma)
    assert first.at < second.at
    assert len(ffmpegs()) == 1
    wait_for(lambda: ring.begin(0.0), what="encoded pictures")
    both.close()
    assert not ffmpegs()
    assert list(frames) == []


def ffmpegs() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if one.name() == "ffmpeg"]


def test_frames_end_when_nobody_wants_them_and_the_stream_goes_on() -> None:
    both, stop = feed_of(*LIVE), threading.Event()
    frames = both.frames(stop)
    next(frames)
    stop.set()
    assert list(frames) == []
    [process] = ffmpegs()
    next(both.frames(threading.Event()))
    assert ffmpegs() == [process]
    both.close()


def test_a_stream_that_floods_is_closed(ring: Ring) -> None:
    """Pictures of minutes in a second."""
    problem = problem_of(feed_of(*SOURCE, ring=ring))
    assert problem == "it sends more than 10 frames a second"
    assert not ffmpegs()


def test_a_stream_that_stalls_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on to run, and sends nothing more."""
    monkeypatch.setattr(receivers, "STALL_SECONDS", 0.3)
    goes_on = threading.Event()

    def two_pictures() -> Iterator[bytes]:
        yield bytes(range(256)) * 256 * 6  # of 256 x 256 pixels, in grey
        goes_on.wait(90)

    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "256x256", "-r", "1")
    stalls = feed_of("-probesize", "32", *raw, "-i", "pipe:0", stdin=two_pictures)
    assert problem_of(stalls) == "no picture came for 0.3 s"
    goes_on.set()


def test_a_stream_that_sends_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers, "START_SECONDS", 0.3)
    goes_on = threading.Event()

    def nothing() -> Iterator[bytes]:
        goes_on.wait(90)
        yield b""

    problem = problem_of(feed_of("-f", "mpegts", "-i", "pipe:0", stdin=nothing))
    assert problem == "no picture came for 0.3 s"
    goes_on.set()


class NoPictures:
    """A stream of H.264 in which no picture is ever complete."""

    can_be_read = True

    def split(self, block: bytes, at: float) -> Iterator[Picture]:
        return iter(())


def test_a_stream_of_bytes_without_pictures_is_closed(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of which nothing would be kept, and nobody would know."""
    monkeypatch.setattr(receivers, "START_SECONDS", 0.3)
    kept = Kept(ring, ENCODED, NoPictures)
    keeps = Feed("gate", lambda: nullcontext(Stream(LIVE)), has_frames=False, kept=kept)
    with pytest.raises(CameraError, match=r"^no picture came for 0.3 s$"):
        keeps.wait_for(0.0, 90)
    keeps.close()


def test_the_bytes_of_motion_jpeg_count_as_life(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures cannot be told apart in a transport stream. Here the time after the first sign
    of life is none at all."""
    monkeypatch.setattr(receivers, "START_SECONDS", 600.0)
    monkeypatch.setattr(receivers, "STALL_SECONDS", 0.0)
    kept = Kept(ring, ("-map", "0:v:0", "-c:v", "mjpeg", "-f", "mpegts"), PictureSplitter)
    keeps = Feed("gate", lambda: nullcontext(Stream(LIVE)), has_frames=False, kept=kept)
    with pytest.raises(CameraError, match=r"^no picture came for 0 s$"):
        keeps.wait_for(0.0, 90)
    keeps.close()


def test_a_stream_that_cannot_be_read_says_why() -> None:
    assert "No such file" in problem_of(feed_of("-i", "/nowhere/stream.mp4"))


def test_it_is_read_again_while_a_failure_lasts(
    ring: Ring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without frames nobody else reports it: the log has it once. What came before is kept until
    the stream begins again."""
    caplog.set_level(logging.WARNING)
    sources = iter([("-i", "/nowhere/stream.mp4")] * 3)

    def open_stream() -> nullcontext[Stream]:
        return nullcontext(Stream(next(sources, LIVE)))

    keeps = Feed("gate", open_stream, has_frames=False, kept=Kept(ring, ENCODED, PictureSplitter))
    keeps.start()
    wait_for(lambda: ring.begin(0.0), what="a stream that works")
    keeps.close()
    [message] = caplog.messages
    assert message.startswith("gate: nothing from before a trigger is kept: ffmpeg ended after")


def test_more_encoded_bytes_than_it_may_read_wait_in_the_pipe(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So ffmpeg waits, too, and its camera."""
    monkeypatch.setattr(receivers, "MAX_BYTES_PER_SECOND", 1000)
    keeps = Feed(
        "gate",
        lambda: nullcontext(Stream(SOURCE)),
        has_frames=False,
        kept=Kept(ring, ENCODED, PictureSplitter),
    )
    keeps.start()
    wait_for(lambda: ring.begin(0.0), what="encoded pictures")
    assert ring.wait_for((ring.begin(0.0) or 0.0) + 0.5, 90)
    assert ring.size < 5 * 1024 * 1024  # a second of it has 20 MB
    keeps.close()
