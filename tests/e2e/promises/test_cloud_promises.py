"""The promises of the backend."""

from contextlib import suppress
from threading import Thread

import requests

from local.azurite import Azurite
from tests.conftest import StartBackend
from tests.support.api import Api, Store, name_of, new_camera, photo_headers
from tests.support.pictures import jpeg
from tests.support.table_relay import TableRelay
from tests.support.waiting import wait_for


def test_promise_05_a_crash_between_blob_and_index_heals_on_retry(
    azurite: Azurite, start_backend: StartBackend
) -> None:
    """The backend is killed when the blob is there and its rows are not: nothing is listed that is
    not stored. The same PUT again, twice, leaves one blob and one entry."""
    camera, picture = new_camera(), jpeg(seed=5)
    headers = photo_headers(name_of(camera))
    # A new camera's first photo asks for the known cameras before it is stored; this one is known.
    first_of_camera = name_of(camera, tag="00000001")
    store = Store(azurite.connection_string)

    def put_in_vain(api: Api) -> None:
        with suppress(requests.RequestException):
            api.put(picture, headers)

    with TableRelay(azurite) as relay:
        backend = start_backend(relay.connection_string)
        Api(backend).put(jpeg(seed=4), photo_headers(first_of_camera))
        earlier, rows = store.blobs(camera), store.rows(camera)
        relay.swallow()
        putting = Thread(target=put_in_vain, args=(Api(backend),))
        putting.start()
        assert relay.swallowed.wait(90)
        [blob] = wait_for(lambda: set(store.blobs(camera)) - set(earlier), what="the blob")
        backend.kill()
        putting.join(90)
    assert store.rows(camera) == rows
    backend.connection_string = azurite.connection_string
    backend.start()
    api = Api(backend)
    assert [one["id"] for one in api.all_listed(camera)] == [str(first_of_camera)]
    receipts = [api.put(picture, headers).json() for _ in range(2)]
    assert receipts[0] == receipts[1]
    assert sorted(store.blobs(camera)) == sorted([*earlier, blob])
    [listed] = [one for one in api.all_listed(camera) if one["id"] != str(first_of_camera)]
    assert blob.endswith(f"{listed['id']}.jpg")
