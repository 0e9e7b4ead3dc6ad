"""A minimal Functions app that stores photos with the SDKs: the blob, then its row."""

import os
from functools import cache

import azure.functions as func
from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient

from bench.peers.names import CONTAINER, TABLE, row

app = func.FunctionApp()


@cache
def _stores() -> tuple[ContainerClient, TableClient]:
    connection = os.environ["PEERS_CONNECTION"]
    return (
        ContainerClient.from_connection_string(connection, CONTAINER),
        TableClient.from_connection_string(connection, TABLE),
    )


@app.route("api/camera/photo", methods=["PUT"], auth_level=func.AuthLevel.FUNCTION)
def put_photo(req: func.HttpRequest) -> func.HttpResponse:
    body, name = req.get_body(), req.headers["X-Photo-Id"]
    blobs, table = _stores()
    blobs.upload_blob(name, body)
    table.create_entity(row(name, len(body)))
    return func.HttpResponse("{}", status_code=201, mimetype="application/json")
