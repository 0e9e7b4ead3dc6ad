"""Runs in .venv-3.13: the app inside Microsoft's own Functions runtime for Python.

`python -m tests.conformance.azure_worker` loads function_app as Azure's worker does. It prints one
line of JSON with the functions that were found, and then answers one request in a line of JSON on
standard input with one reply on standard output, until standard input ends. What the worker says to
the host is protobuf, of which the wheel brings no classes: simple objects stand in for them.
"""

import asyncio
import base64
import json
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime
from azure_functions_runtime.bindings.datumdef import Datum, datum_as_proto
from azure_functions_runtime.native_invocation import invocation_request_native


class _Message(SimpleNamespace):
    """A protobuf message: it holds what it was made with."""


class _BindingInfo(_Message):
    inout, out, undefined = 2, 1, 0


class _StatusResult(_Message):
    Success, Failure = "success", "failure"


class _Cookie(_Message):
    SameSite = SimpleNamespace(Lax="Lax", Strict="Strict", ExplicitNone="None")


setattr(_Cookie.SameSite, "None", "")  # a cookie that does not say


class _Protos:
    """The module of messages that the host's proxy gives to the runtime."""

    BindingInfo = _BindingInfo
    StatusResult = _StatusResult
    RpcHttpCookie = _Cookie

    def __getattr__(self, name: str) -> type[_Message]:
        return _Message


PROTOS = _Protos()


async def serve() -> None:
    """Load the app, say what it has, and answer what is asked."""
    runtime.start_threadpool_executor()
    ids = await _load()
    for line in sys.stdin:
        asked = json.loads(line)
        reply = await _invoke(ids[asked["function"]], asked)
        print(json.dumps(reply), flush=True)
    runtime.stop_threadpool_executor()


async def _load() -> dict[str, str]:
    """Index the app. Prints its functions; returns their ids by name."""
    directory = str(Path.cwd())
    request = _Message(
        worker_init_request=_Message(capabilities={}, function_app_directory=directory)
    )
    properties = {"host": "127.0.0.1", "protos": PROTOS}
    started = await runtime.worker_init_request(_Message(request=request, properties=properties))
    _check(started.result)
    indexed = await runtime.functions_metadata_request(_Message())
    _check(indexed.result)
    functions = indexed.function_metadata_results
    for one in functions:
        load = _Message(function_load_request=_Message(function_id=one.function_id))
        _check((await runtime.function_load_request(_Message(request=load))).result)
    found = [
        {"name": one.name, "bindings": [json.loads(binding) for binding in one.raw_bindings]}
        for one in functions
    ]
    print(json.dumps(found), flush=True)
    return {one.name: one.function_id for one in functions}


async def _invoke(function_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    http = {
        "method": Datum(asked["method"], "string"),
        "url": Datum(asked["url"], "string"),
        "headers": _strings(asked["headers"]),
        "params": _strings(asked["route_params"]),
        "query": _strings(asked["query"]),
        "body": Datum(base64.b64decode(asked["body"]), "bytes"),
    }
    invocation = str(uuid.uuid4())
    inputs = [("req", Datum(http, "http"))]
    ok, datum, _, error, trace = await invocation_request_native(
        invocation, function_id, inputs, {}
    )
    if not ok:
        raise RuntimeError(f"{error}\n{trace}")
    reply = datum_as_proto(datum, PROTOS).http  # as it goes over the wire to the host
    return {
        "status": int(reply.status_code),
        "headers": reply.headers,
        "cookies": [_plain(cookie) for cookie in reply.cookies or []],
        "body": base64.b64encode(reply.body.bytes).decode(),
    }


def _strings(values: dict[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}


def _plain(cookie: _Cookie) -> dict[str, Any]:
    """A cookie's attributes; the nullable ones hold their value one level deeper."""
    return {
        name: value.value if isinstance(value, _Message) else value
        for name, value in vars(cookie).items()
    }


def _check(result: _StatusResult) -> None:
    if result.status != _StatusResult.Success:
        raise RuntimeError(f"{result.exception.message}\n{result.exception.stack_trace}")


if __name__ == "__main__":
    asyncio.run(serve())
