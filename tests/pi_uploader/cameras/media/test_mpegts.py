"""Transport streams of the real ffmpeg, split into their pictures."""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pi_uploader.cameras.media import mpegts
from pi_uploader.cameras.media.mpegts import PACKET_SIZE, PictureSplitter
from pi_uploader.cameras.ring import Picture

pytestmark = pytest.mark.skipif(
    not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root"
)
PICTURES = 25


@pytest.fixture(scope="module", params=["libx264", "libx265"])
def stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """25 pictures, with a key picture after each ten, some shown in another order than they
    come."""
    file = tmp_path_factory.mktemp("stream") / "stream.ts"
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25"),
            *("-frames:v", str(PICTURES), "-c:v", request.param, "-g", "10", "-bf", "2"),
            *("-x265-params", "log-level=none:no-open-gop=1:bframes=2:keyint=10:scenecut=0"),
            *("-sc_threshold", "0", "-f", "mpegts", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    return file.read_bytes()


def split(stream: bytes, cuts: list[int]) -> list[Picture]:
    """Return the complete pictures of a stream that comes in blocks."""
    splitter, edges = PictureSplitter(), sorted({0, *cuts, len(stream)})
    return [
        picture
        for number, (start, end) in enumerate(pairwise(edges))
        for picture in splitter.split(stream[start:end], float(number))
    ]


def decoded(content: bytes, folder: Path) -> int:
    """Return how many pictures ffmpeg decodes, without complaint."""
    file = folder / "part.ts"
    file.write_bytes(content)
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", file, "-f", "framecrc", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def test_a_stream_can_begin_with_each_key_picture(stream: bytes, tmp_path: Path) -> None:
    """The last picture of a stream is complete only when the next one begins."""
    pictures = split(stream, [])
    assert len(pictures) == PICTURES - 1
    keys = [number for number, one in enumerate(pictures) if one.is_key]
    assert keys == [0, 10, 20]
    for key in keys:
        part = b"".join(one.content for one in pictures[key:])
        assert decoded(part, tmp_path) == len(pictures) - key


def test_the_order_is_that_in_which_they_are_shown(stream: bytes) -> None:
    orders = [one.order for one in split(stream, [])]
    assert orders != sorted(orders)
    assert len(set(orders)) == len(orders)
    assert orders[0] == min(orders)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_blocks_in_which_it_comes_change_nothing(stream: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(1, len(stream) - 1), max_size=30))
    contents = [one.content for one in split(stream, cuts)]
    assert contents == [one.content for one in split(stream, [])]


def test_the_time_of_pictures_wraps_after_a_day(stream: bytes) -> None:
    """It has 33 bits, and goes on growing."""
    wrapped = bytearray(stream)
    for start in range(0, len(stream), PACKET_SIZE):
        packet = stream[start : start + PACKET_SIZE]
        if packet[1] & 0x40 and packet[2] == 0 and packet[1] & 0x1F == 1:
            at = start + (5 + packet[4] if packet[3] & 0x20 else 4) + 9
            _set_time(wrapped, at, mpegts._time_in(packet, 0) + (1 << 33) - 130_000)
    orders = [one.order for one in split(bytes(wrapped), [])]
    plain = [one.order for one in split(stream, [])]
    assert [one - orders[0] for one in orders] == [one - plain[0] for one in plain]


def _set_time(stream: bytearray, at: int, time: int) -> None:
    """Write the time of a picture (33 bits, in five bytes with marks between them)."""
    time %= 1 << 33
    stream[at] = stream[at] & 0xF1 | (time >> 30) << 1
    stream[at + 1] = time >> 22 & 0xFF
    stream[at + 2] = (time >> 15 & 0x7F) << 1 | 1
    stream[at + 3] = time >> 7 & 0xFF
    stream[at + 4] = (time & 0x7F) << 1 | 1


def test_what_is_no_transport_stream_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not begin with the byte 0x47"):
        list(PictureSplitter().split(bytes(1000), 0.0))


def test_a_picture_without_an_end_is_an_error(
    stream: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fill the memory."""
    monkeypatch.setattr(mpegts, "MAX_PICTURE_BYTES", 2 * PACKET_SIZE)
    with pytest.raises(ValueError, match="a picture has more than 376 bytes"):
        split(stream, [])


def test_pictures_that_no_decoder_would_find_again_are_none(tmp_path: Path) -> None:
    """A transport stream does not say that they are Motion JPEG."""
    file = tmp_path / "stream.ts"
    source = ("-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25", "-frames:v", "5")
    command = ["ffmpeg", "-v", "error", *source, "-c:v", "mjpeg", "-f", "mpegts", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    assert split(file.read_bytes(), []) == []
