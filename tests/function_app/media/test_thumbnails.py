"""Thumbnails: what is decoded, at what cost, and the process that decodes it."""

import io
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.media import thumbnails as decoder
from function_app.media.decode_thumbnail import SIZE
from function_app.media.dng import MAX_TIFF_PIXELS
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import (
    MAX_BUFFERED_PIXELS,
    MAX_QUICK_MEMORY,
    MAX_QUICK_WORK,
    MAX_WORK,
    Decoder,
    Job,
    jpeg_job,
    quick_slots,
)
from function_app.problems import HTTPProblemError
from photo_wire.media import Media
from tests.support.pictures import dng, jpeg, many_scans
from tests.support.thumbnails import patient_decoder, thumbnail, thumbnail_here

PICTURE = jpeg(640, 480, seed=5)


def test_a_raw_picture_s_thumbnail_shows_its_preview() -> None:
    small = Image.open(io.BytesIO(thumbnail(io.BytesIO(dng(3)), Media.DNG)))
    assert (small.format, small.size) == ("JPEG", (8, 6))


def test_a_picture_is_turned_upright() -> None:
    """EXIF states that the camera was on its side."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (800, 400)).save(file, "JPEG", exif=exif)
    small = Image.open(io.BytesIO(thumbnail(file, Media.JPEG)))
    assert small.size == (240, SIZE[1])


def test_a_decompression_bomb_is_not_decoded() -> None:
    """A small file of gigabytes: the number of pixels is checked first."""
    file = io.BytesIO()
    Image.new("L", (9000, 9000)).save(file, "JPEG", progressive=True)
    assert MAX_BUFFERED_PIXELS < 9000 * 9000
    assert thumbnail(file, Media.JPEG) == b""


@given(st.integers(0, len(PICTURE)), st.binary(max_size=40))
def test_a_damaged_picture_never_raises(at: int, noise: bytes) -> None:
    """It has a thumbnail or none."""
    damaged = PICTURE[:at] + noise + PICTURE[at + len(noise) :]
    assert isinstance(thumbnail_here(damaged, Media.JPEG), bytes)
    assert thumbnail_here(damaged, Media.DNG) == b""


def _tiff(side: int, compression: str) -> bytes:
    file, version = io.BytesIO(), {50706: b"\1\4\0\0"}
    Image.new("RGB", (side, side)).save(file, "TIFF", compression=compression, tiffinfo=version)
    return file.getvalue()


def test_an_uncompressed_tiff_has_a_maximum_size() -> None:
    """Four million pixels, which are copied three times."""
    side = int(MAX_TIFF_PIXELS**0.5)
    assert thumbnail(io.BytesIO(_tiff(side, "raw")), Media.DNG)
    assert not thumbnail(io.BytesIO(_tiff(side + 1, "raw")), Media.DNG)


def test_the_cost_is_pixels_times_scans() -> None:
    """A large picture may have ten scans, a small one eighty."""
    assert jpeg_job(many_scans(10)).work == 640_000_000
    assert jpeg_job(many_scans(80, (4000, 3000))).work == 960_000_000
    side = int(MAX_BUFFERED_PIXELS**0.5)
    for scans, size in ((900, (8000, 8000)), (MAX_WORK // 64_000_000 + 1, (8000, 8000))):
        with pytest.raises(UndecodableError):
            jpeg_job(many_scans(scans, size))
    with pytest.raises(UndecodableError):
        jpeg_job(many_scans(10, (side + 1, side + 1)))


@pytest.mark.parametrize("megapixels", [108, 200])
def test_the_largest_pictures_of_phones_have_a_thumbnail(megapixels: int) -> None:
    """They are baseline JPEGs, which are decoded at an eighth of their size."""
    width, height = {108: (12000, 9000), 200: (16320, 12240)}[megapixels]
    file = io.BytesIO()
    Image.new("L", (width, height), 90).save(file, "JPEG")
    job = jpeg_job(file.getvalue())
    assert job.work <= MAX_QUICK_WORK
    assert Image.open(io.BytesIO(patient_decoder().run(job))).size == (480, 360)


@pytest.mark.parametrize(
    ("processors", "megabytes", "slots"),
    [
        (1, 512, 2),
        (8, 512, 2),
        (8, 256, 2),
        (1, 4096, 2),
        (4, 2048, 4),
        (8, 768, 4),
        (16, 4096, 16),
    ],
)
def test_quick_slots_follow_processors_and_memory(
    processors: int, megabytes: int, slots: int
) -> None:
    """Two at least; no more than the processors, nor than fit into the memory."""
    assert quick_slots(processors, megabytes << 20) == slots


def test_a_picture_that_needs_much_memory_is_slow() -> None:
    """A progressive one is kept in memory as a whole, however few its scans are."""
    assert jpeg_job(jpeg()).memory == 0
    assert jpeg_job(many_scans(10, (4056, 3040))).memory == 6 * 4056 * 3040 < MAX_QUICK_MEMORY
    large, turns = Job(b"", "JPEG", 1, work=1, memory=MAX_QUICK_MEMORY + 1), Decoder()
    with turns.slot(large), turns.slot(Job(b"", "JPEG", 1, work=1)) as has_waited:
        assert not has_waited
    with ExitStack() as held:
        for _ in range(quick_slots(1, 0)):
            held.enter_context(turns.slot(Job(b"", "JPEG", 1, work=1)))
        assert not held.enter_context(turns.slot(large))


class TestTheProcess:
    @pytest.mark.slow
    def test_cpu_time_is_limited(self) -> None:
        """In case a picture costs more than was computed."""
        job = Job(many_scans(900), "JPEG", 1, 0)
        with pytest.raises(UndecodableError):
            patient_decoder(max_cpu_seconds=1).run(job)

    def test_a_timeout_in_real_time_is_temporary(self) -> None:
        """The machine is busy, and the photo is not the reason: 503."""
        with pytest.raises(HTTPProblemError) as refused:
            Decoder(max_seconds=0).run(jpeg_job(jpeg()))
        assert refused.value.problem.status == 503

    def test_memory_is_limited(self) -> None:
        with pytest.raises(UndecodableError):
            patient_decoder().run(Job(many_scans(10, (30000, 30000)), "JPEG", 1, 0))

    @pytest.mark.parametrize("executable", ["", "/usr/bin/azure-functions-host"])
    def test_python_is_found_in_a_program_that_embeds_it(
        self, monkeypatch: pytest.MonkeyPatch, executable: str
    ) -> None:
        """A program that embeds Python is none, and would start itself again."""
        monkeypatch.setattr(sys, "executable", executable)
        decoder._command.cache_clear()
        try:
            assert patient_decoder().run(jpeg_job(jpeg()))
        finally:
            decoder._command.cache_clear()

    def test_the_environment_has_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment has the keys of the storage account."""
        monkeypatch.setenv("AzureWebJobsStorage", "AccountKey=secret")
        assert set(decoder._environment()) <= {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT"}

    def test_a_process_that_cannot_start_is_temporary(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No photo is at fault, so none is remembered as having no thumbnail."""
        monkeypatch.setattr(decoder, "_command", lambda: ("/nowhere/python",))
        with pytest.raises(HTTPProblemError) as refused:
            Decoder().run(jpeg_job(jpeg()))
        assert refused.value.problem.status == 503
        assert "/nowhere/python" in caplog.text

    def test_the_backend_does_not_import_pillow(self) -> None:
        """It would make every cold start longer."""
        code = "import sys, function_app; print('PIL' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False"


class TestSlots:
    def test_slow_pictures_do_not_delay_quick_ones(self) -> None:
        """Each kind has its own slots. If the queue is full, the response comes at once."""
        slow, quick = Job(b"", "JPEG", 1, MAX_QUICK_WORK + 1), Job(b"", "JPEG", 1, 1)
        turns, begun, done = Decoder(), threading.Barrier(2), threading.Event()

        def hold() -> None:
            with turns.slot(slow):
                begun.wait(60)
                done.wait(60)

        def wait() -> bool:
            with turns.slot(slow) as has_waited:
                return has_waited

        with ThreadPoolExecutor(3) as pool:
            holding = pool.submit(hold)
            begun.wait(60)
            results = [pool.submit(wait) for _ in range(2)]
            refused = next(one for one in as_completed(results, timeout=60) if one.exception())
            assert isinstance(refused.exception(), HTTPProblemError)
            with turns.slot(quick) as has_waited:
                assert not has_waited
            done.set()
            holding.result(60)

    def test_waiting_is_limited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """503, with Retry-After."""
        monkeypatch.setattr(decoder, "MAX_WAIT_SECONDS", 0.01)
        job, turns = Job(b"", "JPEG", 1, MAX_QUICK_WORK + 1), Decoder()
        with turns.slot(job), pytest.raises(HTTPProblemError) as refused, turns.slot(job):
            pass
        assert refused.value.problem.status == 503
        assert int(refused.value.headers["Retry-After"]) > 0
