"""The parts of a live stream, and when it ends."""

import pytest

from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.serve.live import MAX_SECONDS, MAX_VIEWERS, LiveStream, Viewers
from tests.support.fake_clock import FakeClock


def test_a_stream_ends_after_five_minutes_and_frees_its_place() -> None:
    clock = FakeClock(seconds=0.0)
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        clock.seconds = clock.monotonic() + seconds
        return False

    viewers = Viewers()
    others = [viewers.enter() for _ in range(MAX_VIEWERS - 1)]
    parts = list(LiveStream(lambda: b"a picture", 4, viewers.enter(), pause, clock))
    assert len(parts) == MAX_SECONDS * 4
    assert set(pauses) == {0.25}
    assert parts[0] == (
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\na picture\r\n"
    )
    others.append(viewers.enter())
    with pytest.raises(RequestProblemError, match="3 people watch already"):
        viewers.enter()


def test_it_ends_with_the_process_and_without_pictures() -> None:
    viewers = Viewers()
    stream = LiveStream(lambda: b"a picture", 1, viewers.enter(), lambda _: True)
    assert len(list(stream)) == 1
    stream.close()  # as the server does; a place is freed once
    pictures = iter([b"a picture"])

    def preview() -> bytes:
        try:
            return next(pictures)
        except StopIteration:
            raise RequestProblemError(409, "disarmed") from None  # type: ignore[arg-type]

    stream = LiveStream(preview, 1, viewers.enter(), lambda _: False)
    stream.begin()
    assert len(list(stream)) == 1
    with pytest.raises(RequestProblemError, match="disarmed"):
        LiveStream(preview, 1, viewers.enter(), lambda _: False).begin()
    for _ in range(MAX_VIEWERS):
        viewers.enter()
