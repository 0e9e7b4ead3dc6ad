"""Faults of the Pi's camera library: calls that hang, and errors that need an explanation.

Errors come from many layers: V4L2's ioctls, the allocation of contiguous memory, picamera2, PyAV.
"""

import errno
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from pi_uploader.cameras.camera import CameraError, CameraGoneError

SAVE_TIMEOUT_SECONDS = 20.0  # to encode a photo; a Pi Zero needs about four for 12 megapixels
MEMORY_ADVICE = (
    "set a smaller CAMERA_SIZE such as 1920x1080, or give the camera more contiguous memory: "
    "cma-128 behind dtoverlay=vc4-kms-v3d in /boot/firmware/config.txt"
)
_ENCODER = "/dev/video11"
_NO_MEMORY = ("failed to allocate capture buffers", "Cannot allocate memory")
_BUSY = ("Device or resource busy", "__init__ sequence did not complete", "Pipeline handler in use")
_SOFTWARE_ERRORS = (
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    ImportError,
    NotImplementedError,
)

Result = TypeVar("Result")


def call_with_timeout(seconds: float, action: str, call: Callable[[], Result]) -> Result:
    """Return what `call` returns, which runs in a thread of its own. `action` names it in the error
    text.

    Raises CameraGoneError after `seconds`: the thread is abandoned, and only the end of the process
    ends it.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  raised by future.result()
            future.set_exception(error)

    threading.Thread(target=run, name=f"camera {action}", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        if future.done():
            raise  # raised by the call itself
        raise CameraGoneError(f"{action} it hangs, for {seconds:g} s now") from error


def save(call: Callable[[], object]) -> None:
    """Encode or store a picture by `call`. Raises as `call_with_timeout` does."""
    call_with_timeout(SAVE_TIMEOUT_SECONDS, "saving", call)


def describe_error(error: BaseException) -> str:
    """Return the error's text, with what to do about it if that is known."""
    if isinstance(error, CameraError):
        return str(error)
    advice = _advice(error)
    text = f"{type(error).__name__}: {error}"
    return f"{text}; {advice}" if advice else text


def is_software_error(error: BaseException) -> bool:
    """Return whether the software is at fault, not the camera: reopening it would not help."""
    return _is_encoder_error(error) or isinstance(error, _SOFTWARE_ERRORS)


def _advice(error: BaseException) -> str:
    if _is_encoder_error(error):
        return (
            f"clips need the Pi's H.264 encoder, {_ENCODER}: is it there (the module "
            "bcm2835-codec), and is this user in the group video?"
        )
    errors = list(_chain(error))
    numbers = {getattr(one, "errno", None) for one in errors}
    is_memory_error = any(isinstance(one, MemoryError) for one in errors)
    if is_memory_error or errno.ENOMEM in numbers or _mentions(errors, _NO_MEMORY):
        return f"the memory for pictures (CMA) is used up: {MEMORY_ADVICE}"
    if errno.EBUSY in numbers or _mentions(errors, _BUSY):
        return "does another program use it?"
    if isinstance(error, ImportError):
        return "apt-get install --reinstall python3-picamera2 python3-av"
    if isinstance(error, _SOFTWARE_ERRORS):
        return (
            "its library behaves otherwise than the tested versions; pi-uploader doctor says which "
            "it is, the cable is not the cause"
        )
    return ""


def _is_encoder_error(error: BaseException) -> bool:
    return any(
        (isinstance(one, OSError) and one.filename == _ENCODER) or _ENCODER in str(one)
        for one in _chain(error)
    )


def _mentions(errors: list[BaseException], pieces: tuple[str, ...]) -> bool:
    return any(piece in str(error) for piece in pieces for error in errors)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes."""
    while error:
        yield error
        error = error.__cause__ or error.__context__
