"""Pictures that are made to take the decoder's time or memory, or to raise what it never raised."""

import io
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta

import pytest
from azure.functions import HttpRequest
from PIL import Image

from function_app.auth.caller import Caller, Scope
from function_app.browse import thumbnails
from function_app.browse.thumbnails import get_thumbnail
from function_app.ingest.intake import Upload, receive
from function_app.media import thumbnails as decoder
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import (
    MAX_BUFFERED_PIXELS,
    MAX_QUICK_WORK,
    MAX_WORK,
    Decoder,
    Job,
    jpeg_job,
)
from function_app.problems import HTTPProblemError
from function_app.settings import Settings
from photo_wire.headers import PhotoHeaders
from photo_wire.name import PhotoName
from tests.function_app.api import MOMENT, Api, name_of, photo_headers
from tests.function_app.decoding import patient_decoder
from tests.function_app.memory_store import memory_services
from tests.support.handlers import read_request
from tests.support.pictures import dng_with_preview, jpeg, many_scans, mp4

READER = Caller("reader", frozenset(Scope))
_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "image/jpeg": lambda picture: picture,
    "image/x-adobe-dng": dng_with_preview,
    "video/mp4": lambda picture: mp4(cover=picture),
}


def put(api: Api, name: PhotoName, body: bytes, kind: str = "image/jpeg") -> None:
    reply = api.put(body, {**photo_headers(name), "Content-Type": kind})
    assert reply.status_code == 201, reply.text


def numbered(camera: str, number: int) -> PhotoName:
    return name_of(camera, MOMENT + timedelta(seconds=number))


@pytest.mark.parametrize("kind", _KINDS)
def test_hundreds_of_empty_scans_are_not_decoded(api: Api, camera: str, kind: str) -> None:
    """900 of them in 240 KB take two minutes. The photo is stored, and looked at as it is."""
    body, name = _KINDS[kind](many_scans(900)), name_of(camera)
    put(api, name, body, kind)
    assert api.thumbnail(name).status_code == 404
    assert api.read(f"/api/photos/{name}/content").content == body


def test_work_is_pixels_times_scans() -> None:
    """A large picture may have ten scans, a small one eighty; one scan's size hardly counts."""
    assert jpeg_job(many_scans(10)).work == 640_000_000
    assert jpeg_job(many_scans(80, (4000, 3000))).work == 960_000_000
    side = int(MAX_BUFFERED_PIXELS**0.5)
    for scans, size in ((900, (8000, 8000)), (MAX_WORK // 64_000_000 + 1, (8000, 8000))):
        with pytest.raises(UndecodableError):
            jpeg_job(many_scans(scans, size))
    with pytest.raises(UndecodableError):
        jpeg_job(many_scans(10, (side + 1, side + 1)))


@pytest.mark.parametrize("megapixels", [108, 200])
def test_a_phone_s_largest_pictures_have_a_thumbnail(megapixels: int) -> None:
    """They are baseline, of which an eighth is decoded."""
    width, height = {108: (12000, 9000), 200: (16320, 12240)}[megapixels]
    file = io.BytesIO()
    Image.new("L", (width, height), 90).save(file, "JPEG")
    job = jpeg_job(file.getvalue())
    assert job.work <= MAX_QUICK_WORK
    assert Image.open(io.BytesIO(patient_decoder().run(job))).size == (480, 360)


class TestTheProcess:
    def test_it_has_so_much_time_and_no_more(self) -> None:
        """Should a picture take more than was worked out."""
        job = Job(many_scans(900), "JPEG", 1, 0)
        with pytest.raises(UndecodableError):
            patient_decoder(max_cpu_seconds=1).run(job)

    def test_one_that_takes_too_long_by_the_clock_is_a_matter_for_later(self) -> None:
        """The machine works for others: no photo is at fault."""
        with pytest.raises(HTTPProblemError) as refused:
            Decoder(max_seconds=0).run(jpeg_job(jpeg()))
        assert refused.value.problem.status == 503

    def test_it_has_so_much_memory_and_no_more(self) -> None:
        with pytest.raises(UndecodableError):
            patient_decoder().run(Job(many_scans(10, (30000, 30000)), "JPEG", 1, 0))

    @pytest.mark.parametrize("executable", ["", "/usr/bin/azure-functions-host"])
    def test_it_is_a_python_whatever_program_this_is(
        self, monkeypatch: pytest.MonkeyPatch, executable: str
    ) -> None:
        """A program that embeds Python is none, and would start itself again."""
        monkeypatch.setattr(sys, "executable", executable)
        decoder._command.cache_clear()
        try:
            assert patient_decoder().run(jpeg_job(jpeg()))
        finally:
            decoder._command.cache_clear()

    def test_it_is_given_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment holds the keys of the store."""
        monkeypatch.setenv("AzureWebJobsStorage", "AccountKey=secret")
        assert set(decoder._environment()) <= {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT"}

    def test_one_that_cannot_start_is_a_matter_for_later(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No photo is at fault, so none is remembered as having no thumbnail."""
        monkeypatch.setattr(decoder, "_command", lambda: ("/nowhere/python",))
        with pytest.raises(HTTPProblemError) as refused:
            Decoder().run(jpeg_job(jpeg()))
        assert refused.value.problem.status == 503
        assert "/nowhere/python" in caplog.text

    def test_the_backend_itself_loads_nothing_for_it(self) -> None:
        """Pillow would make every cold start longer."""
        said = "import sys, function_app; print('PIL' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", said], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False"


class TestTurns:
    def test_a_slow_picture_keeps_no_quick_one_waiting(self) -> None:
        """Each kind has slots of its own, and whoever finds the queue full is told at once."""
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

    def test_a_wait_has_an_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """503, and when to ask again."""
        monkeypatch.setattr(decoder, "MAX_WAIT_SECONDS", 0.01)
        job, turns = Job(b"", "JPEG", 1, MAX_QUICK_WORK + 1), Decoder()
        with turns.slot(job), pytest.raises(HTTPProblemError) as refused, turns.slot(job):
            pass
        assert refused.value.problem.status == 503
        assert int(refused.value.headers["Retry-After"]) > 0


def test_a_picture_that_failed_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it failed is kept like a thumbnail."""
    tried: list[Job] = []

    class Failing(Decoder):
        def run(self, job: Job) -> bytes:
            tried.append(job)
            raise UndecodableError

    monkeypatch.setattr(thumbnails, "_decoder", Failing())
    backend = memory_services(Settings(""))
    name = name_of("gate")
    receive(Upload(jpeg(), PhotoHeaders(name=name)), backend.blobs, backend.index, MOMENT)
    asked = HttpRequest("GET", "/", headers={}, params={}, route_params={"id": str(name)}, body=b"")
    for _ in range(3):
        with pytest.raises(HTTPProblemError) as refused:
            get_thumbnail(read_request("get_thumbnail", asked), backend, READER)
        assert refused.value.problem.status == 404
    assert len(tried) == 1


def exif(*entries: tuple[int, int, int, int]) -> bytes:
    """A JPEG whose EXIF has these entries: tag, kind, count, and value or offset."""
    tiff = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    tiff += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(20)
    content = b"Exif\0\0" + tiff
    whole = jpeg(64, 32)
    return whole[:2] + struct.pack(">HH", 0xFFE1, len(content) + 2) + content + whole[2:]


@pytest.mark.parametrize(
    "entries",
    [
        [(271, 12, 1, 0)],
        [(282, 2, 4, 0), (283, 2, 4, 0)],
        [(274, 2, 4, 0)],
        [(274, 3, 0, 0)],
        [(274, 3, 5000, 2**31)],
        [(34665, 4, 1, 2**32 - 1)],
        [(34665, 2, 9, 2**32 - 1), (34853, 4, 1, 8)],
        [(700, 7, 2**31, 4)],
        [(305, 2, 2**32 - 1, 2**32 - 1)],
    ],
)
def test_odd_exif_costs_no_thumbnail(
    api: Api, camera: str, entries: list[tuple[int, int, int, int]]
) -> None:
    """Programs write numbers as texts and texts as numbers."""
    name = name_of(camera)
    put(api, name, exif(*entries))
    reply = api.thumbnail(name)
    assert reply.status_code == 200, reply.text
    assert Image.open(io.BytesIO(reply.content)).size == (64, 32)


def test_its_orientation_is_read_among_odd_ones(api: Api, camera: str) -> None:
    name = name_of(camera)
    put(api, name, exif((271, 12, 1, 0), (274, 3, 1, 6), (282, 2, 4, 0)))
    small = Image.open(io.BytesIO(api.thumbnail(name).content))
    assert small.size == (32, 64)
    assert not small.getexif()


@pytest.mark.slow
def test_hostile_pictures_keep_nobody_waiting(api: Api, camera: str) -> None:
    """While 50 of them are asked for, of every kind and some just within the limits, photos come in
    and others have thumbnails. What was measured is printed."""
    kinds = list(_KINDS.items())
    scans = [900, MAX_WORK // 64_000_000 - 1]
    for number in range(50):
        kind, made = kinds[number % 3]
        put(api, numbered(camera, number), made(many_scans(scans[number % 2], seed=number)), kind)
    for number in range(50, 60):
        put(api, numbered(camera, number), jpeg(1600, 1200, seed=number))

    def ask(number: int) -> tuple[int, float]:
        began = time.monotonic()
        reply = Api(api.backend).read(f"/api/photos/{numbered(camera, number)}/thumbnail")
        if reply.status_code == 503:
            assert int(reply.headers["Retry-After"]) > 0
        return reply.status_code, time.monotonic() - began

    def upload(number: int) -> float:
        began = time.monotonic()
        put(Api(api.backend), numbered(camera, number), jpeg(seed=number))
        return time.monotonic() - began

    with ThreadPoolExecutor(50) as attackers:
        hostile = [attackers.submit(ask, number) for number in range(50)]
        uploads = [upload(number) for number in range(60, 70)]
        others = [ask(number) for number in range(50, 60)]
        answers = [one.result() for one in hostile]
    print(f"hostile: {sorted({status for status, _ in answers})}, ", end="")
    print(f"the slowest answer after {max(seconds for _, seconds in answers):.1f} s")
    print(f"uploads: the slowest after {max(uploads):.1f} s")
    print(f"other thumbnails: the slowest after {max(seconds for _, seconds in others):.1f} s")
    assert {status for status, _ in answers} <= {200, 404, 503}
    assert {status for status, _ in others} <= {200, 503}
