"""GPIO pins, as inputs whose edges gpiozero reports."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pi_uploader.errors import NightjarError
from pi_uploader.settings.setting import SettingsError

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice

CHIPS_FOLDER = Path("/dev")  # of the devices of the pins: gpiochip0 and so on


class PinBusyError(NightjarError, OSError):
    """Another program uses the pin. The text names the setting, the pin and that program."""

    retryable = True
    hint = "where the service has it: sudo systemctl stop pi-uploader-capture"


@contextmanager
def open_pin(setting: str, pin: int, pull_up: bool) -> Iterator["DigitalInputDevice"]:
    """Open the pin with this BCM number, which `setting` names, until the end of the block. With
    `pull_up` it is active while it is pulled LOW, else while it is high.

    Raises SettingsError, with the messages of gpiozero's drivers, if the pin cannot be used, and
    PinBusyError if another program uses it.
    """
    device = _open(setting, pin, pull_up)
    try:
        yield device
    finally:
        device.close()


def _open(setting: str, pin: int, pull_up: bool) -> "DigitalInputDevice":
    from gpiozero import DigitalInputDevice, PinFactoryFallback

    with warnings.catch_warnings(record=True) as fallbacks:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PinFactoryFallback)
        try:
            return DigitalInputDevice(pin, pull_up=pull_up)
        except Exception as error:
            reasons = [str(one.message).removeprefix("Falling back from ") for one in fallbacks]
            raise _explain(error, setting, pin, reasons) from error


def _explain(error: Exception, setting: str, pin: int, reasons: Sequence[str]) -> Exception:
    """Return the error that tells a person what is wrong with the pin and what to do."""
    if _is_busy(error):
        return PinBusyError(
            f"{setting}: pin {pin} is in use{_holder(pin)}; end that program, or use another pin "
            f"and set {setting} to its BCM number"
        )
    detail = f"{type(error).__name__}: {error}"
    if reasons:
        detail += f" ({'; '.join(reasons)})"
    return SettingsError(
        [f"{setting}: pin {pin} cannot be used, {detail}; {_advice(error, setting)}"]
    )


def _is_busy(error: Exception) -> bool:
    from gpiozero import GPIOPinInUse

    return isinstance(error, GPIOPinInUse) or "GPIO busy" in str(error)


def _advice(error: Exception, setting: str) -> str:
    chips = sorted(CHIPS_FOLDER.glob("gpiochip*"))
    if chips and not any(os.access(chip, os.R_OK | os.W_OK) for chip in chips):
        return (
            f"this user may not open {chips[0]}: sudo usermod -aG gpio USER, and sign in again (the"
            " services of install.sh are in that group)"
        )
    return (
        "on a Pi install python3-lgpio and give the venv the system's packages; elsewhere set "
        f"{setting}=none"
    )


def _holder(pin: int) -> str:
    """Return which program uses the pin, by the kernel's name for it, as part of a message."""
    from gpiozero import Device

    try:
        import lgpio

        handle = getattr(Device.pin_factory, "_handle", None)
        name = str(lgpio.gpio_get_line_info(handle, pin)[4]) if handle is not None else ""
    except Exception:  # noqa: BLE001  whatever fails, the message works without the name
        name = ""
    return f" by {name!r}" if name else " by another program (gpioinfo lists who has which)"
