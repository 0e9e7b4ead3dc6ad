"""The routes of the device's own page, over HTTP, with a simulated camera."""

import html
import json
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from photo_wire.name import parse_name
from pi_uploader.control import ask
from pi_uploader.serve.live import MAX_VIEWERS
from pi_uploader.spool import Spool
from tests.support.camera_page import PASSWORD, CameraPage
from tests.support.disks import UnflushedDisk
from tests.support.program import photos_in
from tests.support.spool_photos import name, put
from tests.support.waiting import wait_for

HTML = {"Accept": "text/html"}
PHOTOS = 20  # that are moved while they are read


@pytest.fixture
def camera(page: CameraPage) -> CameraPage:
    """A page with a camera, which has taken one photo."""
    page.capture(CAMERA_ZONE="Europe/Berlin")
    page.start(CAMERA_ZONE="Europe/Berlin")
    return page


@pytest.fixture
def spool(spool_folder: Path) -> Spool:
    """A spool with a waiting and a kept photo."""
    spool = Spool(spool_folder)
    spool.remove(put(spool, 1, camera="gate"), keep=True)
    put(spool, 2, camera="gate")
    return spool


def test_a_photo_now_and_what_became_of_it(camera: CameraPage, spool_folder: Path) -> None:
    """As its description, as its bytes, and as a page with a form."""
    taken = camera.ask("/capture?camera=gate", "POST").json()["photo"]
    assert (taken["camera"], taken["place"], taken["trigger"]) == ("gate", "waiting", "demand")
    response = camera.ask("/capture?return_file=true", "POST")
    assert response.headers["Content-Type"] == "image/jpeg"
    assert Image.open(BytesIO(response.content)).size == (1280, 720)
    second = response.headers["Content-Disposition"].partition('"')[2].partition(".")[0]
    third = camera.ask("/api/capture/gate", "POST").json()["photo"]["id"]
    form = camera.ask("/capture", "POST", data={"camera": "gate"}, headers=HTML)
    assert form.status_code == 303
    fourth = form.headers["Location"].partition("photo=")[2]
    listed = [one["id"] for one in camera.ask("/images").json()["photos"]]
    assert listed[:4] == [fourth, third, second, taken["id"]]
    assert photos_in(spool_folder) == len(listed) == 5
    assert camera.ask(f"/images/{second}").content == response.content
    assert fourth in camera.ask(form.headers["Location"].partition(camera.url)[2]).text
    assert camera.ask("/api/capture/yard", "POST").status_code == 404
    assert camera.ask("/capture").status_code == 405


@pytest.mark.slow
def test_pictures_of_now(camera: CameraPage) -> None:
    still = camera.ask("/still")
    assert max(Image.open(BytesIO(still.content)).size) == 640
    with camera.ask("/live?camera=gate", stream=True) as live:
        assert live.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
        received = b"".join(live.raw.read(4096) for _ in range(20))
    pictures = [part.partition(b"\r\n\r\n")[2] for part in received.split(b"--frame\r\n")[1:]]
    assert len(pictures) >= 2
    assert Image.open(BytesIO(pictures[0])).size == (640, 360)


def test_three_people_may_watch(camera: CameraPage) -> None:
    """A place is free again when one of them leaves."""
    with ExitStack() as watching:
        streams = [watching.enter_context(camera.ask("/live", stream=True)) for _ in range(3)]
        assert [one.status_code for one in streams] == [200] * 3
        assert camera.ask("/live").status_code == 503
        streams[0].close()

        def watches() -> bool:
            with camera.ask("/live", stream=True) as one:
                return one.status_code == 200

        wait_for(watches, what="a free place")


def test_the_state_of_the_device(camera: CameraPage) -> None:
    status = camera.ask("/status").json()
    assert (status["device"], status["problem"]) == ("gate", None)
    assert status["cameras"]["gate"]["armed"] is True
    assert status["spool"]["waiting"] == 1
    assert status["machine"]["disk_total"] > 0
    assert camera.ask("/pins").json() == {"gate": []}
    lines = camera.ask("/logs?lines=3").json()["lines"]
    assert any("photo taken" in line for line in lines)
    assert lines == sorted(lines)
    taken = parse_name(camera.ask("/images").json()["photos"][0]["id"]).captured_at
    day = taken.astimezone(ZoneInfo("Europe/Berlin")).date()  # today, unless that ends just now
    history = camera.ask(f"/history?day={day}").json()
    assert [one["photo"]["camera"] for one in history["hours"]] == ["gate"]
    assert history["zone"] == "Europe/Berlin"
    for path in ("/", "/?live=1", "/?day=2026-11-20", "/?camera=yard"):
        shown = camera.ask(path)
        assert (shown.status_code, "<h1>gate</h1>" in shown.text) == (200, True)
        assert ("no camera yard" in shown.text) == (path == "/?camera=yard")
        assert ('id="day"' in shown.text) == (path != "/?camera=yard"), path
        assert ("Day after" in shown.text) == ("day=" in path), "nothing is after today"


def test_without_a_camera_the_photos_are_there(page: CameraPage, spool: Spool) -> None:
    """A kept one can be deleted; one that waits is not lost."""
    page.start()
    kept, waiting = str(name(1, "gate")), str(name(2, "gate"))
    assert "No camera runs" in page.ask("/").text
    assert page.ask("/status").json()["problem"].startswith("no camera runs")
    answers = [page.ask(path) for path in ("/still", "/live", "/pins")]
    assert [(one.status_code, one.headers["Retry-After"]) for one in answers] == [(503, "5")] * 3
    assert page.ask("/capture", "POST").status_code == 503
    assert page.ask("/logs").json()["lines"]
    first = page.ask("/images?limit=1&camera=gate").json()
    assert ([one["id"] for one in first["photos"]], first["before"]) == ([waiting], waiting)
    second = page.ask(f"/images?before={waiting}").json()
    assert ([one["id"] for one in second["photos"]], second["before"]) == ([kept], None)
    assert page.ask(f"/images/{kept}").content == page.ask(f"/images/{kept}/preview").content
    assert page.ask(f"/images/{kept}", headers={"Range": "bytes=0-4"}).status_code == 206
    assert page.ask(f"/images/{waiting}", "HEAD").headers["Content-Length"] == "96"

    refused = page.ask(f"/images/{waiting}", "DELETE")
    assert (refused.status_code, refused.headers["Content-Type"]) == (
        409,
        "application/problem+json",
    )
    assert "no photo is lost" in refused.json()["detail"]
    assert page.ask(f"/images/{waiting}/delete", "POST", headers=HTML).status_code == 409
    assert page.ask(f"/images/{kept}", "DELETE").status_code == 204
    assert page.ask(f"/images/{kept}", "DELETE").status_code == 404
    assert [str(one.name) for one in spool.waiting_photos()] == [waiting]


def test_a_problem_is_a_sentence_on_a_page(page: CameraPage) -> None:
    """Whoever finds it: the page, or bottle, which serves it."""
    page.start()
    for path, method, status, detail in (
        ("/nothing", "GET", 404, "there is nothing at this address"),
        (f"/images/{name(7, 'gate')}", "GET", 404, "this photo is not on the device: it was "),
        ("/logs?lines=many", "GET", 400, "lines: expected a number from 1 to 1000"),
        ("/logs", "PUT", 405, "Method not allowed."),
    ):
        problem = page.ask(path, method)
        assert (problem.status_code, problem.json()["status"]) == (status, status)
        text = problem.json()["detail"]
        assert text.startswith(detail)
        sentence = html.escape(text[0].upper() + text[1:].removesuffix(".") + ".", quote=True)
        assert f'<p class="problem">{sentence}</p>' in page.ask(path, method, headers=HTML).text


def test_a_photo_that_is_kept_while_it_is_read(page: CameraPage, spool_folder: Path) -> None:
    """It is found in one place or in the other, never in none."""
    spool = Spool(spool_folder, disk=UnflushedDisk())
    page.start()

    def read(path: str, is_moved: threading.Event) -> None:
        while not is_moved.is_set():
            response = page.ask(path)
            assert (response.status_code, len(response.content)) == (200, 999), response.text

    with ThreadPoolExecutor(4) as readers:
        for number in range(PHOTOS):
            photo, is_moved = put(spool, number, camera="gate", size=999), threading.Event()
            paths = [f"/images/{photo.name}", f"/images/{photo.name}/preview"] * 2
            reading = [readers.submit(read, path, is_moved) for path in paths]
            page.ask(paths[0])  # so that the others have begun
            spool.remove(photo, keep=True)
            is_moved.set()
            for one in reading:
                one.result()


def test_a_file_that_cannot_be_read(page: CameraPage, spool_folder: Path, spool: Spool) -> None:
    """As on a card that fails: the client is told, and may try again."""
    (waiting,) = (spool_folder / "waiting").glob("*/*~*")
    waiting.unlink()
    waiting.symlink_to("/proc/self/mem")  # its first bytes are an input/output error
    page.start()
    response = page.ask(f"/images/{name(2, 'gate')}/preview")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Input/output error" in response.json()["detail"]


def test_the_page_says_since_when_a_camera_watches_for_motion(page: CameraPage) -> None:
    """Or why not; and nothing of a camera that does not look for it."""
    page.capture(CAMERA_MOTION="low")
    page.start()
    watching = re.compile(r"<dt>Motion</dt><dd class=\"\">watches for motion, since \d\d \w+ ")
    wait_for(lambda: watching.search(page.ask("/").text), what="frames of the scene")


def test_a_disarmed_camera_shows_nothing(page: CameraPage, spool_folder: Path) -> None:
    """And says so, as a picture and as a stream; the stream takes no place."""
    page.capture(CAMERA_LIVE_WHEN_DISARMED="off")
    page.start()
    ask(spool_folder, {"do": "disarm", "camera": "gate"}, 60)
    for path in ("/still", *["/live"] * (MAX_VIEWERS + 1)):
        response = page.ask(path)
        assert (path, response.status_code) == (path, 409)
        assert "gate is disarmed" in response.json()["detail"]


WRONG = [
    ("/images/nonsense", 400),
    ("/images/..%2f..%2fetc%2fpasswd", 404),
    ("/images?camera=../../etc", 400),
    ("/images?limit=0", 400),
    ("/images?limit=x", 400),
    ("/images?limit=999999", 200),
    ("/images?before=x", 400),
    ("/history?day=2026-02-30", 400),
    ("/history?day=yesterday", 400),
    ("/?photo=x", 400),
    ("/logs?lines=-1", 400),
    ("/nothing", 404),
    ("/%ff%00", 404),
    ("/images?camera=%ff", 400),
]


def test_wrong_requests(page: CameraPage) -> None:
    page.start()
    for path, status in WRONG:
        response = page.ask(path)
        assert (path, response.status_code) == (path, status)
        if status != 200:
            assert response.json()["status"] == status
            assert "Traceback" not in response.text
            assert path not in response.json()["detail"], "a sentence, not the repr of a path"


def test_every_response_says_what_browsers_may_do(page: CameraPage) -> None:
    page.start()
    for path, password in (("/", PASSWORD), ("/", None), ("/nothing", PASSWORD)):
        headers = page.ask(path, password=password).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Server" not in headers


def test_every_route_needs_the_password(page: CameraPage) -> None:
    """Before the route is looked up: nobody learns which there are."""
    page.start()
    paths = ("/", "/style.css", "/still", "/live", "/images", "/status", "/logs", "/pins")
    for path in (*paths, "/history", f"/images/{name(1)}", "/nothing", "/%ff"):
        assert page.ask(path, password=None).status_code == 401
    for method in ("POST", "DELETE", "PUT", "OPTIONS", "PATCH"):
        assert page.ask("/capture", method, password=None).status_code == 401
    wrong = [page.ask("/", password="a wrong password").status_code for _ in range(8)]
    assert wrong[:5] == [401] * 5
    assert set(wrong[5:]) <= {401, 429}
    assert 429 in wrong
    assert page.ask("/", headers={"Host": "evil.example.org"}).status_code == 421


def test_curl_takes_a_photo(camera: CameraPage, tmp_path: Path) -> None:
    """As docs/api.md shows it."""
    curl = shutil.which("curl")
    if not curl:
        pytest.skip("there is no curl")
    command = [curl, "-sS", "-u", f":{PASSWORD}", "-X", "POST", "-O", "-J", "--output-dir"]
    url = f"{camera.url}/capture?return_file=true"
    subprocess.run([*command, str(tmp_path), url], check=True, timeout=90)
    (file,) = tmp_path.glob("gate-*.jpg")
    assert parse_name(file.stem).camera == "gate"
    done = subprocess.run(
        [curl, "-sS", "-u", f":{PASSWORD}", f"{camera.url}/images?limit=1"],
        capture_output=True,
        check=True,
        timeout=90,
    )
    assert json.loads(done.stdout)["photos"][0]["id"] == file.stem
