"""The route by which devices, people with curl and the oldest clients upload, on Azurite."""

import hashlib
import http.client
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from local.azurite import Azurite
from photo_wire.headers import UPLOAD_PATH, PhotoHeaders, Trigger, content_digest
from photo_wire.media import Media
from photo_wire.receipt import parse_receipt
from tests.conftest import StartBackend
from tests.support.api import MOMENT, Api, Store, name_of, photo_headers
from tests.support.pictures import dng, jpeg, mp4


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_a_device_s_photo_is_stored_listed_and_read_back(
    api: Api, store: Store, camera: str
) -> None:
    """Put, listed with everything that was said of it, read back byte for byte, found in Storage
    Explorer under a name that can be read."""
    body, name = jpeg(4608, 2592, seed=1), name_of(camera)
    stated = PhotoHeaders(name, content_type="image/jpeg", sha256=sha256(body)).to_headers()
    reply = api.put(body, {**stated, **photo_headers(name)})
    assert reply.status_code == 201, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    receipt = parse_receipt(reply.content)
    assert receipt.confirms(name, sha256(body), len(body))

    (photo,) = api.listed(camera)
    assert photo == api.read(f"/api/photos/{name}").json()
    assert photo == {
        "id": str(name),
        "camera": camera,
        "captured_at": "2026-11-20T12:01:34.567Z",
        "received_at": reply.json()["received_at"],
        "trigger": "motion",
        "clock": "synced",
        "content_type": "image/jpeg",
        "sha256": sha256(body),
        "size": len(body),
        "site": None,
        "device": None,
        "standing": None,
        "protected": False,
        "motion": None,
        "labels": [],
    }
    assert api.read(f"/api/photos/{name}/content").content == body
    assert store.blobs(camera) == [f"{camera}/2026/11/20/{name}.jpg"]
    assert store.container.download_blob(store.blobs(camera)[0]).readall() == body


def test_a_photo_says_what_moved_in_it(api: Api, store: Store, camera: str) -> None:
    """Its metadata says so, too, so that the index can be rebuilt."""
    name = name_of(camera)
    seen = {"X-Motion": "0.125, 0.25, 0.375, 0.5", "X-Labels": "person=0.93, dog=0.51"}
    assert api.put(jpeg(), {**photo_headers(name), **seen}).status_code == 201
    (photo,) = api.listed(camera)
    assert photo["motion"] == {"box": [0.125, 0.25, 0.375, 0.5]}
    assert photo["labels"] == [{"word": "person", "score": 0.93}, {"word": "dog", "score": 0.51}]
    metadata = (
        store.container.get_blob_client(store.blobs(camera)[0]).get_blob_properties().metadata
    )
    assert metadata["motion"] == seen["X-Motion"]
    assert metadata["labels"] == seen["X-Labels"]


@pytest.mark.parametrize("trigger", [*Trigger, None])
def test_only_what_motion_can_trigger_is_a_stub_without_it(
    trigger: Trigger | None, api: Api, camera: str
) -> None:
    """A photo of a schedule or on demand would be hidden, and nobody said that something moved."""
    name = name_of(camera)
    headers = {**photo_headers(name), "X-Motion": "none"}
    headers.pop("X-Trigger", None)
    if trigger:
        headers["X-Trigger"] = trigger
    assert api.put(jpeg(), headers).status_code == 201
    is_photo = trigger in (Trigger.SCHEDULE, Trigger.DEMAND)
    assert [photo["id"] for photo in api.listed(camera)] == [str(name)] * is_photo


def test_curl_stores_a_picture(api: Api, camera: str, tmp_path: Path) -> None:
    """With the command that the README shows."""
    curl = shutil.which("curl")
    assert curl, "curl is needed"
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(jpeg(4608, 2592, seed=2))
    url = f"{api.backend.base_url}{UPLOAD_PATH}?cameraName={camera}"
    key = tmp_path / "key"
    key.write_text(f"x-functions-key: {api.backend.function_key}")
    done = subprocess.run(
        [curl, "-sST", picture, "-H", "Content-Type: image/jpeg", "-H", f"@{key}", url],
        check=True,
        capture_output=True,
    )
    receipt = parse_receipt(done.stdout)
    assert receipt.sha256 == sha256(picture.read_bytes())
    assert [photo["id"] for photo in api.listed(camera)] == [str(receipt.name)]
    content = api.read(f"/api/photos/{receipt.name}/content")
    assert content.headers["Content-Type"] == "image/jpeg"
    assert content.content == picture.read_bytes()


@pytest.mark.parametrize(
    ("body", "media"), [(dng(1), Media.DNG), (mp4(1), Media.MP4)], ids=["dng", "mp4"]
)
def test_each_format_keeps_its_type(
    api: Api, store: Store, camera: str, body: bytes, media: Media
) -> None:
    """The suffix of the blob's name shows it as well."""
    name = name_of(camera)
    assert api.put(body, photo_headers(name)).status_code == 201
    content = api.read(f"/api/photos/{name}/content")
    assert content.headers["Content-Type"] == media.content_type
    assert content.content == body
    assert store.blobs(camera)[0].endswith(f"{name}.{media.suffix}")


def test_a_photo_without_an_id_is_named_after_its_time(api: Api, camera: str) -> None:
    """The same headers and bytes give the same id, so a retry is not a second photo."""
    body = jpeg(seed=3)
    headers = {"X-Camera-Id": camera, "X-Captured-At": "2026-11-20T13:01:34.567+01:00"}
    first, again = api.put(body, headers), api.put(body, headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["id"] == str(name_of(camera, MOMENT, sha256(body)[:8]))


class TestOldClients:
    """Both forms of the oldest client's requests (tests/e2e/first_seed.py): no new headers."""

    def test_the_older_requests(self, api: Api) -> None:
        """A key in the header, the type, and nothing else."""
        body = jpeg(seed=sum(api.backend.read_token.encode()))
        reply = api.put(body, {"Content-Type": "image/jpeg"})
        assert reply.status_code in (200, 201)
        photo = api.read(f"/api/photos/{reply.json()['id']}").json()
        assert (photo["camera"], photo["clock"]) == ("camera", "server")
        assert photo["trigger"] is None

    def test_the_newer_requests(self, api: Api, camera: str) -> None:
        """Site, camera and key in the query."""
        query = {
            "websiteId": "Bau 7",
            "cameraName": camera.upper(),
            "code": api.backend.function_key,
        }
        reply = requests.put(
            api.backend.base_url + UPLOAD_PATH,
            data=jpeg(seed=4),
            headers={"Content-Type": "image/jpeg"},
            params=query,
            timeout=90,
        )
        assert reply.status_code == 201
        (photo,) = api.listed(camera)
        assert photo["site"] == "Bau 7"


@pytest.mark.parametrize("says", ["id", "time", "camera"])
def test_twenty_parallel_puts_store_one_photo(
    api: Api, store: Store, camera: str, says: str
) -> None:
    """One blob, one row, twenty equal receipts, whatever the client states."""
    headers = {
        "id": photo_headers(name_of(camera)),
        "time": {"X-Camera-Id": camera, "X-Captured-At": "2026-11-20T12:01:34.567Z"},
        "camera": {"X-Camera-Id": camera},
    }[says]
    body = jpeg(640, 480, seed=5)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: Api(api.backend).put(body, headers), range(20)))
    assert {reply.status_code for reply in replies} <= {200, 201}
    assert len({reply.text for reply in replies}) == 1
    assert len(api.listed(camera)) == len(store.blobs(camera)) == 1


def test_other_bytes_under_the_same_id_are_409(api: Api, store: Store, camera: str) -> None:
    """In the same format or another; the first photo stays."""
    headers, body = photo_headers(name_of(camera)), jpeg(seed=6)
    assert api.put(body, headers).status_code == 201
    for other in (jpeg(seed=7), mp4(), dng()):
        assert api.put(other, headers).status_code == 409
    assert len(store.blobs(camera)) == len(api.listed(camera)) == 1
    assert api.read(f"/api/photos/{name_of(camera)}/content").content == body


def test_a_crash_between_blob_and_index_heals(api: Api, azurite: Azurite, camera: str) -> None:
    """The blob is there and no row; the device's retry is answered 200 with the receipt of the
    first attempt, and the photo is listed once."""
    body, name = jpeg(seed=8), name_of(camera)
    photo = Photo(name, Media.JPEG, sha256(body), len(body), MOMENT, "motion", "synced")
    connect(Settings(azurite.connection_string)).blobs.add(photo, body)
    assert api.listed(camera) == []
    reply = api.put(body, photo_headers(name))
    assert (reply.status_code, parse_receipt(reply.content)) == (200, photo.receipt())
    assert [found["id"] for found in api.listed(camera)] == [str(name)]


REFUSED = {
    "empty": (b"", {}, 411),
    "40 MB": (jpeg() + bytes(40 << 20), {}, 413),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(99), {"Content-Type": "image/jpeg"}, 415),
    "html": (b"<!doctype html><p>Sign in", {"Content-Type": "image/jpeg"}, 415),
    "called html": (jpeg(), {"Content-Type": "text/html"}, 415),
    "cut short": (jpeg()[:-9], {"Content-Type": "image/jpeg"}, 422),
    "a jpeg called mp4": (jpeg(), {"Content-Type": "video/mp4"}, 422),
    "wrong digest": (jpeg(), {"Content-Digest": content_digest("ab" * 32)}, 422),
    "no digest": (jpeg(), {"Content-Digest": "sha-256=:AAAA:"}, 400),
    "bad time": (jpeg(), {"X-Captured-At": "yesterday"}, 400),
    "bad trigger": (jpeg(), {"X-Trigger": "boredom"}, 400),
    "another time": (jpeg(), {"X-Captured-At": "2020-01-01T00:00:00Z"}, 400),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("with_id", [True, False], ids=["id", "no id"])
def test_a_rejected_photo_is_not_stored(
    api: Api, store: Store, camera: str, case: str, with_id: bool
) -> None:
    """A problem with one sentence; no blob and no row, of a reserved name neither."""
    body, headers, status = REFUSED[case]
    identity = photo_headers(name_of(camera)) if with_id else {"X-Camera-Id": camera}
    if case == "another time" and not with_id:
        headers = {"X-Captured-At": "1969-01-01T00:00:00Z"}
    reply = api.put(body, {**identity, **headers})
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["status"] == status
    assert len(reply.json()["detail"]) > 20
    assert store.blobs(camera) == store.rows(camera) == []


@pytest.mark.parametrize("identifier", ["../../etc/passwd", "/photos/x", "entry", "a" * 5000])
def test_a_malformed_id_is_rejected(api: Api, identifier: str) -> None:
    """No text of a client becomes part of a blob's name unchecked."""
    assert api.put(jpeg(), {"X-Photo-Id": identifier}).status_code == 400


def test_a_chunked_body_is_explained(api: Api, camera: str) -> None:
    """It arrives empty through the real host, and the error explains that."""
    connection = http.client.HTTPConnection("127.0.0.1", api.backend.port, timeout=90)
    headers = {"x-functions-key": api.backend.function_key, "X-Camera-Id": camera}
    connection.request(
        "PUT",
        UPLOAD_PATH,
        iter([jpeg()]),
        {**headers, "Transfer-Encoding": "chunked"},
        encode_chunked=True,
    )
    reply = connection.getresponse()
    assert reply.status == 411
    assert b"chunked" in reply.read()
    connection.close()


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_an_upload_needs_the_function_key(
    api: Api, store: Store, camera: str, key: str | None
) -> None:
    """The host answers 401 before the backend is called."""
    headers = photo_headers(name_of(camera)) | ({} if key is None else {"x-functions-key": key})
    assert api.ask(UPLOAD_PATH, headers, "PUT", data=jpeg()).status_code == 401
    assert store.blobs(camera) == []


def test_the_read_token_cannot_upload(api: Api) -> None:
    """Reading and uploading are different permissions."""
    assert api.read(UPLOAD_PATH, method="PUT").status_code == 401


def test_the_maximum_size_can_be_set(
    azurite: Azurite, start_backend: StartBackend, camera: str
) -> None:
    """MAX_PHOTO_MB=1."""
    api = Api(start_backend(azurite.connection_string, MAX_PHOTO_MB="1"))
    headers = photo_headers(name_of(camera))
    assert api.put(jpeg() + bytes(1 << 20), headers).status_code == 413
    body = jpeg()
    assert api.put(body + bytes((1 << 20) - len(body)), headers).status_code == 201


@pytest.mark.parametrize(
    "label",
    [
        "image/jpg",
        "jpeg",
        "image/pjpeg",
        "photo/jpeg",
        '"image/jpeg"',
        "image/*",
        "*/*",
        "image/dng",
        "image/x-adobe-raw",
        "video/quicktime",
        "binary/octet-stream",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "Image/JPEG; charset=utf-8",
    ],
)
def test_the_bytes_decide_the_format_whatever_the_label(api: Api, camera: str, label: str) -> None:
    """Programs label photos in many ways."""
    reply = api.put(jpeg(), {**photo_headers(name_of(camera)), "Content-Type": label})
    assert reply.status_code == 201, reply.text
    assert api.listed(camera)[0]["content_type"] == "image/jpeg"


def test_a_deletion_applies_to_the_id_in_every_format(api: Api, store: Store, camera: str) -> None:
    """A raw picture and a clip under the id of a deleted photo are rejected and not stored."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    for body in (dng(1), mp4(1), jpeg(8, 8)):
        reply = api.put(body, photo_headers(name))
        assert reply.status_code == 409
        assert "was deleted. Its id cannot be reused" in reply.json()["detail"]
    again = api.put(jpeg(), photo_headers(name))
    assert (again.status_code, again.json()["id"]) == (200, str(name))
    assert api.listed(camera) == []
    assert len(store.blobs(camera)) == 1  # the tombstone
