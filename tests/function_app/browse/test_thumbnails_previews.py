"""Thumbnails of photos with a preview: no decoder, one range of the blob, nothing written."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.functions import HttpRequest

from function_app.browse import thumbnails
from function_app.http.responses import Response
from function_app.ingest.intake import Upload, receive
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.media import exif
from function_app.media.thumbnails import Decoder, Job
from function_app.services import Services, connect
from function_app.settings import Secrets, Settings
from function_app.storage.models import Photo, State, parse_photo
from local.azurite import Azurite
from photo_wire.headers import PhotoHeaders, Trigger
from photo_wire.name import PhotoName
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from tests.support.api import MOMENT, name_of, new_camera
from tests.support.handlers import call
from tests.support.memory_store import MemoryBlobs, MemoryThumbnails, memory_services
from tests.support.pictures import jpeg, jpeg_with_preview
from tests.support.recorder import Recorder

TOKEN = "a token that may read"
SETTINGS = Settings("", secrets=Secrets(read_token=TOKEN))
TAKEN = SimulatedCamera("gate", lambda: MOMENT).take(CaptureContext("gate", Trigger.MOTION, MOMENT))


class CountingDecoder(Decoder):
    """Counts the processes that it would start."""

    def __init__(self) -> None:
        super().__init__()
        self.started = 0

    def run(self, job: Job) -> bytes:
        self.started += 1
        return b"decoded"


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> CountingDecoder:
    counting = CountingDecoder()
    monkeypatch.setattr(thumbnails, "_decoder", counting)
    return counting


class CountingStore:
    """A store in memory that counts what is asked of blobs and thumbnails."""

    def __init__(self) -> None:
        counts: Counter[str] = Counter()
        self.counts = counts

        class Blobs(MemoryBlobs):
            def read(self, photo: Photo, first: int, count: int) -> bytes | None:
                counts["ranges"] += 1
                counts["bytes"] += count
                return super().read(photo, first, count)

        class Thumbnails(MemoryThumbnails):
            def read(self, photo: Photo) -> bytes | None:
                counts["thumbnails read"] += 1
                return super().read(photo)

            def write(self, photo: Photo, body: bytes) -> None:
                counts["thumbnails written"] += 1
                super().write(photo, body)

        self.services = memory_services(SETTINGS, blobs=Blobs(), thumbnails=Thumbnails())


def store(services: Services, name: PhotoName, body: bytes) -> None:
    receive(Upload(body, PhotoHeaders(name=name)), services.photo_store, MOMENT)


def thumbnail_of(services: Services, name: PhotoName, etag: str | None = None) -> Response:
    headers = {"Authorization": f"Bearer {TOKEN}", **({"If-None-Match": etag} if etag else {})}
    request = HttpRequest(
        "GET", "/", headers=headers, params={}, route_params={"id": str(name)}, body=b""
    )
    return call("get_thumbnail", request, services)


def test_a_page_of_fresh_photos_of_the_device_decodes_nothing(decoder: CountingDecoder) -> None:
    """50 of them: one range each, of little more than the preview, and no write."""
    stored = CountingStore()
    names = [name_of("gate", MOMENT + timedelta(seconds=number)) for number in range(50)]
    for name in names:
        store(stored.services, name, TAKEN.content)
    replies = [thumbnail_of(stored.services, name) for name in names]
    assert {reply.status for reply in replies} == {200}
    assert decoder.started == 0
    assert stored.counts.pop("bytes") <= 50 * 30_000
    assert stored.counts == {"ranges": 50}


def test_other_photos_are_decoded_as_before(decoder: CountingDecoder) -> None:
    """Those of strangers, and those of older versions, whose records state no preview."""
    stored = CountingStore()
    name = name_of("gate")
    store(stored.services, name, jpeg(640, 480))
    for _ in range(2):
        assert thumbnail_of(stored.services, name).body == b"decoded"
    assert decoder.started == stored.counts["thumbnails written"] == stored.counts["ranges"] == 1


def test_the_etag_says_which_thumbnail_it_is(decoder: CountingDecoder) -> None:
    """A browser that has the decoded one of an older version asks for the preview."""
    services = memory_services(SETTINGS)
    name = name_of("gate")
    store(services, name, TAKEN.content)
    reply = thumbnail_of(services, name)
    etag = reply.headers["ETag"]
    assert thumbnail_of(services, name, etag).status == 304
    decoded = etag.replace("preview", "480")
    assert decoded != etag
    assert thumbnail_of(services, name, decoded).status == 200


@pytest.mark.parametrize("turned", [1, 6])
def test_a_preview_is_turned_as_its_photo(decoder: CountingDecoder, turned: int) -> None:
    services, name = memory_services(SETTINGS), name_of("gate")
    store(services, name, jpeg_with_preview(jpeg(480, 360), jpeg(1200, 900), orientation=turned))
    assert exif.orientation(thumbnail_of(services, name).body) == turned


def test_a_deleted_photo_has_no_thumbnail(decoder: CountingDecoder) -> None:
    """404, whether its rows are gone or only its bytes. No repair misses the thumbnail."""
    services, name = memory_services(SETTINGS), name_of("gate")
    store(services, name, TAKEN.content)
    report = reconcile(services, MOMENT + timedelta(days=1))
    assert (report.photos, report.listed, report.unlisted, report.thumbnails) == (1, 0, 0, 0)
    photo = services.index.get(name)
    assert photo
    services.blobs.write_tombstone(photo, MOMENT)
    assert thumbnail_of(services, name).status == 404
    delete(photo, services, MOMENT)
    assert thumbnail_of(services, name).status == 404
    assert decoder.started == 0


@pytest.mark.parametrize("is_by_a_person", [True, False])
def test_retention_does_not_look_for_a_thumbnail(is_by_a_person: bool) -> None:
    """What a person deletes has to be gone at once, also the thumbnail of an older version."""
    removed: list[PhotoName] = []

    class Thumbnails(MemoryThumbnails):
        def remove(self, name: PhotoName) -> None:
            removed.append(name)

    services, name = memory_services(SETTINGS, thumbnails=Thumbnails()), name_of("gate")
    store(services, name, TAKEN.content)
    photo = services.index.get(name)
    assert photo
    delete(photo, services, MOMENT if is_by_a_person else None)
    assert removed == ([name] if is_by_a_person else [])


def test_a_repair_restores_the_place_of_the_preview(decoder: CountingDecoder) -> None:
    """It is in the blob's metadata, too."""
    services, name = memory_services(SETTINGS), name_of("gate")
    store(services, name, TAKEN.content)
    photo = services.index.get(name)
    assert photo
    assert photo.preview
    stored = services.blobs.find(name, photo.media)
    assert stored == photo


@pytest.mark.parametrize("record", ["3 500 1", "999999999 500 1", "0 99999 1", "x"])
def test_a_changed_record_leads_to_a_decoded_thumbnail(
    decoder: CountingDecoder, record: str
) -> None:
    """Somebody changed the photo's metadata in Storage Explorer."""
    services, name = memory_services(SETTINGS), name_of("gate")
    store(services, name, TAKEN.content)
    photo = services.index.get(name)
    assert photo
    assert photo.preview
    properties = {**photo.to_properties(), "preview": record}
    services.index.remove(photo, State.EXPIRED)
    services.index.add_anyway(parse_photo(properties), MOMENT)
    assert thumbnail_of(services, name).body == b"decoded"


class TestOnAzurite:
    @pytest.fixture
    def recorded(self, azurite: Azurite) -> Iterator[tuple[Services, Recorder, Recorder]]:
        """Services whose requests to blobs and tables are recorded."""
        blob_port, _, table_port = azurite.ports
        with Recorder(blob_port) as blobs, Recorder(table_port) as tables:
            through = azurite.connection_string
            for port, recorder in ((blob_port, blobs), (table_port, tables)):
                through = through.replace(f"http://127.0.0.1:{port}/", f"{recorder.base_url}/")
            yield connect(Settings(through, secrets=SETTINGS.secrets)), blobs, tables

    def test_a_thumbnail_takes_one_request_for_the_row_and_one_for_the_range(
        self, recorded: tuple[Services, Recorder, Recorder], decoder: CountingDecoder
    ) -> None:
        """With a session one request more says whose it is."""
        services, blobs, tables = recorded
        name = name_of(new_camera())
        store(services, name, TAKEN.content)
        blobs.exchanges.clear()
        tables.exchanges.clear()
        body = thumbnail_of(services, name).body
        assert body.startswith(b"\xff\xd8\xff")
        (read,), (found,) = blobs.exchanges, tables.exchanges
        assert (read.method, read.status, found.method) == ("GET", 206, "GET")
        assert read.reply == body
