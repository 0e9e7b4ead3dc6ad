"""Run the local host with the memory that Azure's Python worker needs for a request besides its
body: `python -m tests.support.worker_host ARGS` takes the arguments of local.host.

In Azure a request comes as a gRPC message. The worker has its bytes, then the parsed message with
the body in it, and then the body that the app is given. So two copies more are held here while a
request is handled, which is the most that the worker has at any time. The Functions host itself is
not counted: Azure gives an instance 272 MB for it beside its own memory
(https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes).
"""

import sys
from typing import Any
from unittest import mock

from azure.functions import HttpResponse

from local import host
from local.server import Handler, Request, Server

COPIES = 2


class WorkerServer(Server):
    """A server that copies each request's body before it is handled."""

    def __init__(self, handle: Handler, *args: Any) -> None:
        super().__init__(lambda request: _with_copies(handle, request), *args)


def _with_copies(handle: Handler, request: Request) -> HttpResponse:
    copies = [bytearray(request.body) for _ in range(COPIES)]
    response = handle(request)
    copies.clear()
    return response


if __name__ == "__main__":
    with mock.patch.object(host, "Server", WorkerServer):
        sys.exit(host.main())
