"""A minimal FastAPI app that stores photos with the SDKs: the blob, then its row."""

import os

from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient
from fastapi import Body, FastAPI, Header

from bench.peers.names import CONTAINER, TABLE, row

app = FastAPI()
_connection = os.environ["PEERS_CONNECTION"]
_blobs = ContainerClient.from_connection_string(_connection, CONTAINER)
_table = TableClient.from_connection_string(_connection, TABLE)


@app.put("/api/camera/photo", status_code=201)  # type: ignore[untyped-decorator]
def put_photo(
    body: bytes = Body(media_type="image/jpeg"),
    x_photo_id: str = Header(),
) -> dict[str, str]:
    _blobs.upload_blob(x_photo_id, body)
    _table.create_entity(row(x_photo_id, len(body)))
    return {}
