"""TLS: one handshake for each open connection, and the CA bundle is read once for all."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from bench.clients import drain, filled, ordinary_client
from bench.effort import Effort
from bench.report import Figure
from tests.support.certificates import Authority, Kind
from tests.support.fault_server import FaultServer

CONNECTIONS = 2


def measure(folder: Path, effort: Effort) -> list[Figure]:
    photos = effort.pick(100, 20, 4)
    authority = Authority(folder)
    bundle = {"REQUESTS_CA_BUNDLE": str(authority.bundle)}
    counts = {}
    for client in (drain, ordinary_client):
        filled(folder / client.__name__, photos, 20_000)
        with (
            FaultServer(certificate=authority.certificate(Kind.GOOD)) as server,
            mock.patch.dict(os.environ, bundle),
            _bundles_read() as read,
        ):
            client(folder / client.__name__, server.base_url, "key", CONNECTIONS)()
            counts[client] = (server.handshakes * 100 / photos, len(read) * 100 / photos)
    return [
        Figure(
            f"TLS handshakes per 100 photos, {CONNECTIONS} connections",
            counts[drain][0] * photos / 100,
            "",
            CONNECTIONS,
            at_most=True,
        ),
        Figure("  a naive client's", counts[ordinary_client][0]),
        Figure("readings of the CA bundle", counts[drain][1] * photos / 100, "", 1, at_most=True),
        Figure("  a naive client's, per 100 photos", counts[ordinary_client][1]),
    ]


@contextmanager
def _bundles_read() -> Iterator[list[object]]:
    read: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def recording(context: ssl.SSLContext, *args: object, **kwargs: object) -> None:
        read.append(args or kwargs)
        load(context, *args, **kwargs)  # type: ignore[arg-type]

    with mock.patch.object(ssl.SSLContext, "load_verify_locations", recording):
        yield read
