"""Thumbnails in a container of their own. All may be deleted at any time; they are made anew."""

from collections.abc import Iterator

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContentSettings

from function_app.storage.errors import ask, error_code
from function_app.storage.models import Photo, blob_path
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name

CONTAINER = "thumbnails"


class AzureThumbnails:
    """Thumbnails in one container, which is created when it is first missed."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._container = service.get_container_client(CONTAINER)

    def read(self, photo: Photo) -> bytes | None:
        def get() -> bytes | None:
            try:
                return self._container.download_blob(_path(photo.name)).readall()
            except ResourceNotFoundError:
                return None

        return ask(get)

    def write(self, photo: Photo, body: bytes) -> None:
        kind = ContentSettings(content_type=Media.JPEG.content_type)

        def put() -> None:
            self._container.upload_blob(
                _path(photo.name), body, overwrite=True, content_settings=kind
            )

        ask(put, self._create)

    def remove(self, name: PhotoName) -> None:
        def delete() -> None:
            try:
                self._container.delete_blob(_path(name))
            except ResourceNotFoundError:
                return

        ask(delete)

    def query(self, camera: str) -> Iterator[PhotoName]:
        pages = self._container.list_blobs(name_starts_with=f"{camera}/").by_page()

        def look() -> list[str] | None:
            try:
                page = next(pages, None)
            except ResourceNotFoundError:
                return None
            return None if page is None else [blob.name for blob in page]

        while (page := ask(look)) is not None:  # an empty one may come before others
            for path in page:
                if name := _name(path):
                    yield name

    def _create(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError as error:
            if error_code(error) != "ContainerAlreadyExists":
                raise


def _path(name: PhotoName) -> str:
    return blob_path(name, Media.JPEG)


def _name(path: str) -> PhotoName | None:
    try:
        return parse_name(path.rpartition("/")[2].removesuffix(".jpg"))
    except WireError:
        return None
