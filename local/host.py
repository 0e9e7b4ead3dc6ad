"""The local Functions host: the real FunctionApp behind HTTP, where Core Tools are not available.

It behaves as the Functions host 4.1037: 404 for a wrong method, an empty 401 for a wrong key, an
empty body in place of a chunked one, 500 for a body above 100 MB, an empty 500 for an exception.

`python -m local.host --port 7071` serves function_app with the keys in FUNCTION_KEY (several are
separated by commas). They are in the environment because a process list shows arguments. Timer
functions run by their schedules, and queue functions for the messages of their queues; `POST
/admin/functions/{name}` with the key in MASTER_KEY runs a timer function at once.
"""

import argparse
import hmac
import importlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from azure.functions import AuthLevel, HttpRequest, HttpResponse
from azure.functions.decorators.function_app import Function
from azure.functions.decorators.http import HttpTrigger

from local.processes import ROOT
from local.queues import QueueOptions, Queues
from local.routes import Route
from local.server import Request, Server
from local.timers import Timers

_LOG = logging.getLogger("local.host")


@dataclass(frozen=True)
class HttpFunction:
    """A function with an HTTP trigger: its route, who may call it, and what to call."""

    name: str
    route: Route
    methods: frozenset[str]  # empty: every method
    auth_level: AuthLevel
    parameter: str
    call: Callable[..., Any]

    def allows(self, method: str) -> bool:
        return not self.methods or method in self.methods

    def __call__(self, request: Request, route_params: dict[str, str]) -> HttpResponse:
        """Return the function's response; 500 without a body if it raises."""
        try:
            http_request = HttpRequest(
                method=request.method,
                url=request.url,
                headers=request.headers,
                params=request.query,
                route_params=route_params,
                body=request.body,
            )
            response = self.call(**{self.parameter: http_request})
            if isinstance(response, HttpResponse):
                return response
            raise TypeError(f"{self.name} returned {type(response).__name__}, not an HttpResponse")
        except Exception:  # noqa: BLE001 - whatever the app raises is a 500, as in Azure
            _LOG.exception("%s failed", self.name)
            return HttpResponse(status_code=500)


class Host:
    """Answers requests with an app's functions, which `app.get_functions()` returns once per app.

    Functions at level FUNCTION need one of `keys`; `prefix` is host.json's routePrefix. `admin`
    answers what begins with /admin/; functions with other triggers are ignored. Raises ValueError
    for a route that the real host would reject or that this one does not support."""

    def __init__(
        self,
        functions: Iterable[Function],
        keys: Sequence[str],
        prefix: str = "",
        admin: Callable[[Request], HttpResponse] | None = None,
    ) -> None:
        all_functions = [_http_function(one, prefix) for one in functions]
        http_functions = filter(None, all_functions)
        self.functions = sorted(http_functions, key=lambda one: one.route.rank)
        self._keys = keys
        self._admin = admin

    def handle(self, request: Request) -> HttpResponse:
        """Return the response of the function whose route matches; 404 if none does, 401 if the
        key is wrong."""
        if self._admin and request.path.lower().startswith("/admin/"):
            return self._admin(request)
        for function in self.functions:
            route_params = function.route.match(request.path)
            if route_params is None or not function.allows(request.method):
                continue
            if function.auth_level is AuthLevel.ANONYMOUS or is_authorized(request, self._keys):
                return function(request, route_params)
            return HttpResponse(status_code=401)
        return HttpResponse(status_code=404)


def is_authorized(request: Request, keys: Sequence[str]) -> bool:
    """Return whether the request has one of these keys."""
    key_text = request.headers.get("x-functions-key", request.query.get("code", ""))
    matches = [hmac.compare_digest(key_text.encode(), key.encode()) for key in keys]
    return any(matches)  # after comparing all: constant time


@dataclass(frozen=True)
class Admin:
    """Answers `POST /admin/functions/{name}` as the real host does: with the master key it runs a
    timer function at once."""

    timers: Timers
    master_keys: Sequence[str]  # none or one

    def __call__(self, request: Request) -> HttpResponse:
        """Return 202 if the function will run, 404 if there is none, 401 for a wrong key."""
        if not is_authorized(request, self.master_keys):
            return HttpResponse(status_code=401)
        prefix, _, name = request.path.rstrip("/").rpartition("/")
        if request.method != "POST" or prefix.lower() != "/admin/functions":
            return HttpResponse(status_code=404)
        return HttpResponse(status_code=202 if self.timers.run_soon(name) else 404)


def _http_function(function: Function, prefix: str) -> HttpFunction | None:
    trigger, name = function.get_trigger(), str(function.get_function_name())
    if not isinstance(trigger, HttpTrigger):
        return None
    template = "/".join(filter(None, [prefix.strip("/"), trigger.route or name]))
    if template.startswith(("admin", "runtime")):
        raise ValueError(f"{name}: the real host rejects the route {template!r} for its beginning")
    return HttpFunction(
        name=name,
        route=Route(template),
        methods=frozenset(str(method) for method in trigger.methods or ()),
        auth_level=AuthLevel(trigger.auth_level or AuthLevel.FUNCTION),
        parameter=trigger.name,
        call=function.get_user_function(),
    )


def main() -> int:
    """Serve function_app until SIGTERM or SIGINT. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0 serves a real Pi, too")
    options = parser.parse_args()
    _log_in_utc()
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every call at INFO
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    keys = [key for key in os.environ.pop("FUNCTION_KEY", "").split(",") if key]
    master_keys = [key for key in (os.environ.pop("MASTER_KEY", ""),) if key]
    if not keys:
        print("FUNCTION_KEY is not set: set it to the key that devices use.", file=sys.stderr)
        return 2
    # This host adds the client's address, as Azure's does.
    os.environ.setdefault("TRUSTED_PROXY_COUNT", "1")
    host_json = json.loads((ROOT / "host.json").read_text())
    prefix = host_json.get("extensions", {}).get("http", {}).get("routePrefix", "api")
    app = importlib.import_module("function_app").app  # as Azure's Python worker does
    functions = app.get_functions()
    timers = Timers(functions, os.environ)
    queues = Queues(functions, os.environ, QueueOptions.read(host_json))
    host = Host(functions, keys, prefix, Admin(timers, master_keys))
    try:
        server = Server(host.handle, options.address, options.port)
    except OSError as error:
        print(f"Port {options.port}: {error.strerror}. Choose another --port.", file=sys.stderr)
        return 1
    _LOG.info("%d functions on %s", len(host.functions), server.base_url)
    with timers, queues, server:
        server.serve_forever()
    return 0


def _log_in_utc() -> None:
    """Log in UTC, as the device does, so that the lines of both can be compared."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )


def _exit(number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
