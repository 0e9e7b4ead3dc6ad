"""Calls into a library that may hang, each with a deadline."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from pi_uploader.cameras.camera import CameraGoneError

Result = TypeVar("Result")


def in_time(seconds: float, what: str, call: Callable[[], Result]) -> Result:
    """Return what `call` returns. It runs in a thread that is left behind if it takes longer: then
    raises CameraGoneError, since only the end of the process ends that thread."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name=f"camera {what}", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        if future.done():
            raise  # of the call itself
        raise CameraGoneError(f"{what} it hangs, for {seconds:g} s now") from error
