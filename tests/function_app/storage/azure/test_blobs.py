"""What is in the blobs of the adapter on Azure. Real Azurites throughout."""

import pytest
from azure.core.exceptions import HttpResponseError

from function_app.services import Services
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo
from local.azurite import Azurite
from photo_wire.media import Media
from tests.support.api import MOMENT, Store, name_of
from tests.support.samples import BODY, SHA, photo_of


def test_the_blob_tells_everything(azurite: Azurite, connected: Services, camera: str) -> None:
    """Its metadata, its type and its MD5: the index can be rebuilt from it."""
    photo = Photo(name_of(camera), Media.MP4, SHA, len(BODY), MOMENT, "motion", "synced", "Büro")
    connected.blobs.add(photo, BODY)
    blob = Store(azurite.connection_string).container.get_blob_client(photo.path)
    properties = blob.get_blob_properties()
    assert properties.metadata == photo.to_properties()
    assert properties.content_settings.content_type == "video/mp4"
    assert properties.content_settings.content_md5 is not None


def test_what_is_removed_while_it_is_looked_at_is_no_failure(
    azurite: Azurite, connected: Services, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo of another format had the id, and another request removes this one again."""
    photo, blobs = photo_of(camera), connected.blobs
    assert blobs.add(photo, BODY) is None
    ours = blobs._put  # type: ignore[attr-defined]

    def put_late(*args: object) -> None:
        try:
            ours(*args)
        except HttpResponseError:
            blobs.remove(photo)
            raise

    monkeypatch.setattr(blobs, "_put", put_late)
    assert blobs.add(photo, BODY) is None
    assert blobs.find(photo.name, photo.media) == photo


def test_a_foreign_blob_is_not_taken_for_a_photo(
    azurite: Azurite, connected: Services, camera: str
) -> None:
    """Somebody put a file under the photo's path: it is neither confirmed nor overwritten."""
    connected.blobs.add(photo_of(f"{camera}-2"), BODY)  # makes the container
    photo = photo_of(camera)
    blob = Store(azurite.connection_string).container.get_blob_client(photo.path)
    blob.upload_blob(b"mine")
    with pytest.raises(DamagedRecordError):
        connected.blobs.add(photo, BODY)
    assert blob.download_blob().readall() == b"mine"
