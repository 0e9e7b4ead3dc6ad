"""Storage that is missing, wrong, full or away. Real Azurites throughout."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobServiceClient, ResourceTypes, generate_account_sas

from function_app.services import Services, connect
from function_app.settings import Settings, StorageAccess
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from tests.conftest import NewStore, StartAzurite, StartBackend
from tests.support.api import MOMENT, Api, Store, name_of, new_camera, photo_headers
from tests.support.pictures import jpeg
from tests.support.samples import BODY, photo_of
from tests.support.table_relay import TableRelay

OTHER_KEY = "b3RoZXIga2V5IHRoYW4gdGhlIGFjY291bnQncw=="


def test_container_and_table_come_with_the_first_photo(new_store: NewStore, sdk_only: bool) -> None:
    """Also where several photos are the first at once, on several instances."""
    connection_string = new_store()
    settings = Settings(connection_string, storage=StorageAccess(sdk_only=sdk_only))
    instances = [connect(settings) for _ in range(4)]
    photos = [photo_of(new_camera()) for _ in instances]

    def store(instance: Services, photo: Photo) -> tuple[Photo | None, Photo | None]:
        return instance.blobs.add(photo, BODY), instance.index.add(photo, MOMENT)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(store, instances, photos)) == [(None, None)] * 4
    assert len(instances[0].index.query(View(), 10)) == 4


def test_an_empty_account_has_no_photos(new_store: NewStore) -> None:
    """Before the first photo everything can be asked, and nothing is created by asking."""
    connection_string = new_store()
    backend = connect(Settings(connection_string))
    photo = photo_of("camera")
    assert backend.index.query(View(), 5) == []
    assert backend.index.get(photo.name) is None
    assert backend.blobs.read(photo, 0, 1) is None
    backend.blobs.check()
    backend.index.check()
    service = BlobServiceClient.from_connection_string(connection_string)
    assert list(service.list_containers()) == []


def everything(backend: Services) -> Iterator[object]:
    """Each operation of a store, tried in turn; gives the StorageUnavailableError of each."""
    photo = photo_of(new_camera())
    for operation in (
        lambda: backend.blobs.add(photo, BODY),
        lambda: backend.blobs.read(photo, 0, 1),
        lambda: backend.blobs.remove(photo),
        backend.blobs.check,
        lambda: backend.index.add(photo, MOMENT),
        lambda: backend.index.get(photo.name),
        lambda: backend.index.query(View(), 5),
        backend.index.check,
    ):
        with pytest.raises(StorageUnavailableError) as caught:
            operation()
        yield caught.value


def test_a_refused_connection_is_storage_away(sdk_only: bool) -> None:
    """Nobody listens there; and no account key in any text."""
    azurite = Azurite()  # not started
    for error in everything(
        connect(Settings(azurite.connection_string, storage=StorageAccess(sdk_only=sdk_only)))
    ):
        assert "cannot be reached" in str(error)
        assert ACCOUNT_KEY not in str(error)


def test_a_wrong_key_is_storage_away_with_advice(azurite: Azurite, sdk_only: bool) -> None:
    """The photo waits on the device until somebody corrects the setting, which is named."""
    wrong = azurite.connection_string.replace(ACCOUNT_KEY, OTHER_KEY)
    for error in everything(connect(Settings(wrong, storage=StorageAccess(sdk_only=sdk_only)))):
        assert "AzureWebJobsStorage" in str(error)
        assert OTHER_KEY not in str(error)


def test_a_shared_access_signature_opens_everything(
    azurite: Azurite, camera: str, sdk_only: bool
) -> None:
    """A connection string need not hold the account's key."""
    backend, photo = (
        connect(Settings(signed(azurite), storage=StorageAccess(sdk_only=sdk_only))),
        photo_of(camera),
    )
    assert backend.blobs.add(photo, BODY) is backend.index.add(photo, MOMENT) is None
    assert backend.blobs.add(photo, b"other") == backend.index.get(photo.name) == photo
    assert backend.blobs.read(photo, 0, len(BODY)) == BODY


def signed(azurite: Azurite) -> str:
    """A connection string without the account's key, for an hour."""
    signature = generate_account_sas(
        ACCOUNT,
        ACCOUNT_KEY,
        ResourceTypes(service=True, container=True, object=True),
        "rwdlacu",  # to read, write, delete, list, add, create and update
        datetime.now(UTC) + timedelta(hours=1),
        services="bt",  # blobs and tables
    )
    blob, _, table = azurite.ports
    return (
        f"BlobEndpoint=http://127.0.0.1:{blob}/{ACCOUNT};"
        f"TableEndpoint=http://127.0.0.1:{table}/{ACCOUNT};SharedAccessSignature={signature}"
    )


def test_a_connection_that_died_in_the_pool_is_no_failure(azurite: Azurite, camera: str) -> None:
    """A load balancer may close a kept connection in silence: the next request opens another."""
    with TableRelay(azurite) as relay:
        backend = connect(Settings(relay.connection_string))
        assert backend.index.add(photo_of(camera), MOMENT) is None
        relay.reset_next_request()
        assert backend.index.get(name_of(camera)) == photo_of(camera)
        assert relay.resets == 1


class SmallAzurite(Azurite):
    """An Azurite that holds two megabytes and refuses the rest."""

    def command(self) -> list[str]:
        return [*super().command(), "--extentMemoryLimit", "2"]


def test_a_full_store_is_never_already_stored(start_backend: StartBackend, camera: str) -> None:
    """Azurite answers 409 MemoryExtentStoreAtSizeLimit, and the SDK raises ResourceExistsError:
    the device must hear 503, keep the photo, and see nothing listed."""
    with SmallAzurite() as azurite:
        api, store = Api(start_backend(azurite.connection_string)), Store(azurite.connection_string)
        name = name_of(camera)
        reply = api.put(jpeg(2304, 1296) + bytes(3 << 20), photo_headers(name))
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "10")
        assert "MemoryExtentStoreAtSizeLimit" in reply.text
        assert api.listed(camera) == []
        assert store.blobs(camera) == store.rows(camera) == []
        assert api.put(jpeg(), photo_headers(name)).status_code == 201


@pytest.mark.slow
def test_storage_may_go_and_come_back(
    start_azurite: StartAzurite, start_backend: StartBackend
) -> None:
    """Stopped: 503 with Retry-After for the device, a sentence for the reader. Started again:
    everything works without a restart of the backend."""
    azurite = start_azurite()
    api, camera = Api(start_backend(azurite.connection_string)), new_camera()
    headers = photo_headers(name_of(camera))
    assert api.ask("/api/health").status_code == 200
    azurite.stop()
    for reply in (api.put(jpeg(), headers), api.read("/api/photos"), api.ask("/api/health")):
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "10"
        assert "Storage is unavailable" in reply.json()["detail"]
    azurite.start()
    assert api.put(jpeg(), headers).status_code == 201
    assert [photo["id"] for photo in api.listed(camera)] == [headers["X-Photo-Id"]]
    assert api.ask("/api/health").json()["status"] == "ok"
