"""Pins that cannot be used: the setting, the pin, each driver's error, and what to do."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from gpiozero import Device
from gpiozero.pins.local import LocalPiFactory
from gpiozero.pins.mock import MockFactory

from pi_uploader.doctor import Severity, examine
from pi_uploader.settings import SettingsError
from pi_uploader.triggers import TriggerQueue, pins
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.pins import PinBusyError, open_pin
from tests.support.program import StartProgram


class LgpioError(Exception):
    """As lgpio.error, whose text is in quotes."""

    def __str__(self) -> str:
        return repr(self.args[0])


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A fake lgpio, which gpiozero's own driver uses; the real one needs a Pi."""
    fake = SimpleNamespace(
        error=LgpioError,
        gpiochip_open=lambda chip: 0,
        gpiochip_close=lambda handle: None,
        gpio_claim_input=lambda handle, pin, flags=0: None,
        gpio_get_line_info=lambda handle, pin: [0, pin, 1, f"GPIO{pin}", "pigpiod"],
        **dict.fromkeys(("SET_PULL_NONE", "SET_PULL_UP", "SET_PULL_DOWN"), 0),
        **dict.fromkeys(("BOTH_EDGES", "RISING_EDGE", "FALLING_EDGE"), 0),
    )
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setattr(LocalPiFactory, "_get_revision", lambda self: 0xC03114)
    monkeypatch.setattr(pins, "CHIPS_FOLDER", tmp_path)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    former, Device.pin_factory = Device.pin_factory, None
    yield fake
    Device.pin_factory = former
    sys.modules.pop("gpiozero.pins.lgpio", None)


def refuse(text: str) -> object:
    def call(*_: object, **__: object) -> None:
        raise LgpioError(text)

    return call


@pytest.mark.parametrize("factory", [None, "lgpio"])
def test_a_user_outside_the_group_gpio_is_named_the_group(
    lgpio: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factory: str | None
) -> None:
    """The advice is not to install lgpio, which is there."""
    lgpio.gpiochip_open = refuse("can not open gpiochip")
    (tmp_path / "gpiochip0").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    if factory:
        monkeypatch.setenv("GPIOZERO_PIN_FACTORY", factory)
    with pytest.raises(SettingsError) as caught, motion_trigger(17, TriggerQueue()):
        pass
    message = str(caught.value)
    assert message.startswith("PIR_PIN: pin 17 cannot be used, ")
    assert "'can not open gpiochip'" in message
    assert "sudo usermod -aG gpio" in message
    assert "python3-lgpio" not in message


def test_a_missing_driver_is_named_with_the_error_of_each(lgpio: SimpleNamespace) -> None:
    sys.modules["lgpio"] = None  # type: ignore[assignment]
    with pytest.raises(SettingsError) as caught, contact_trigger(18, TriggerQueue()):
        pass
    message = str(caught.value)
    assert "CAMERA_PIN: pin 18" in message
    assert "lgpio: " in message
    assert "install python3-lgpio" in message


def test_a_pin_that_another_program_uses_is_named_with_that_program(lgpio: SimpleNamespace) -> None:
    """The pin can be opened when it is free again."""
    free = lgpio.gpio_claim_input
    lgpio.gpio_claim_input = refuse("GPIO busy")
    with pytest.raises(PinBusyError) as caught, contact_trigger(18, TriggerQueue()):
        pass
    assert str(caught.value) == (
        "CAMERA_PIN: pin 18 is in use by 'pigpiod'; end that program, or use another pin and set "
        "CAMERA_PIN to its BCM number"
    )
    lgpio.gpio_get_line_info = refuse("bad handle")
    with pytest.raises(PinBusyError, match=r"another program \(gpioinfo lists"):
        pins._open("CAMERA_PIN", 18, pull_up=True)
    lgpio.gpio_claim_input = free


def test_a_pin_that_this_process_uses_is_busy_too(pins: MockFactory) -> None:
    with open_pin("PIR_PIN", 17, pull_up=False), pytest.raises(PinBusyError, match="pin 17"):
        open_pin("CAMERA_PIN", 17, pull_up=True).__enter__()


def test_the_doctor_reports_the_same(lgpio: SimpleNamespace, tmp_path: Path) -> None:
    lgpio.gpio_claim_input = refuse("GPIO busy")
    environ = {"CAMERA_SOURCE": "simulated", "CAMERA_SPOOL": str(tmp_path / "spool")}
    finding = {one.subject: one for one in examine(environ)}["pin 17"]
    assert finding.severity is Severity.BAD
    assert finding.text.startswith("PIR_PIN: pin 17 is in use by 'pigpiod'")


BUSY = """\
from pi_uploader.triggers import pins
def busy(*_): raise pins.PinBusyError("PIR_PIN: pin 17 is in use by 'pigpiod'; end that program")
pins._open = busy
from pi_uploader.cli import main
raise SystemExit(main(["capture"]))
"""


def test_a_busy_pin_ends_the_process_with_1_and_a_line(start_program: StartProgram) -> None:
    """The other program may end, so the service is started again."""
    program = start_program("-c", BUSY, CAMERA_SOURCE="simulated")
    assert program.process.wait(90) == 1
    assert program.output.count("\n") == 1
    assert "PIR_PIN: pin 17 is in use by 'pigpiod'" in program.output
