"""What the errors of the Pi's camera library mean, and what to do about them.

They come from many layers: V4L2's ioctls, the allocation of contiguous memory, picamera2, PyAV.
"""

import errno
from collections.abc import Iterator

from pi_uploader.cameras.camera import CameraError

_ENCODER = "/dev/video11"
_NO_MEMORY = ("failed to allocate capture buffers", "Cannot allocate memory")
_BUSY = ("Device or resource busy", "__init__ sequence did not complete", "Pipeline handler in use")
_OF_SOFTWARE = (KeyError, IndexError, AttributeError, TypeError, ImportError, NotImplementedError)

MEMORY_ADVICE = (
    "set a smaller CAMERA_SIZE such as 1920x1080, or give the camera more contiguous memory: "
    "cma-128 behind dtoverlay=vc4-kms-v3d in /boot/firmware/config.txt"
)


def described(error: BaseException) -> str:
    """Return what the error is, and what it means if that is known."""
    if isinstance(error, CameraError):
        return str(error)
    advice = _advice(error)
    text = f"{type(error).__name__}: {error}"
    return f"{text}; {advice}" if advice else text


def is_of_software(error: BaseException) -> bool:
    """Return whether the camera itself may be well: then opening it again changes nothing."""
    return _is_encoder(error) or isinstance(error, _OF_SOFTWARE)


def _advice(error: BaseException) -> str:
    if _is_encoder(error):
        return (
            f"clips need the Pi's H.264 encoder, {_ENCODER}: is it there (the module "
            "bcm2835-codec), and is this user in the group video?"
        )
    chain = list(_chain(error))
    texts = [str(one) for one in chain]
    if any(
        isinstance(one, MemoryError) or getattr(one, "errno", None) == errno.ENOMEM for one in chain
    ) or _is_any(_NO_MEMORY, texts):
        return f"the memory for pictures (CMA) is used up: {MEMORY_ADVICE}"
    if _is_any(_BUSY, texts) or any(getattr(one, "errno", None) == errno.EBUSY for one in chain):
        return "does another program use it?"
    if isinstance(error, ImportError):
        return "apt-get install --reinstall python3-picamera2 python3-av"
    if isinstance(error, _OF_SOFTWARE):
        return (
            "its library behaves otherwise than the tested versions; pi-uploader doctor says which "
            "it is, the cable is not the cause"
        )
    return ""


def _is_encoder(error: BaseException) -> bool:
    return any(
        (isinstance(one, OSError) and one.filename == _ENCODER) or _ENCODER in str(one)
        for one in _chain(error)
    )


def _is_any(pieces: tuple[str, ...], texts: list[str]) -> bool:
    return any(piece in text for piece in pieces for text in texts)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and what caused it."""
    while error:
        yield error
        error = error.__cause__ or error.__context__
