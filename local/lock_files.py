"""The requirements files with hashes that local/lock.py writes, and pip's options for Azure's
machines."""

from collections.abc import Iterable
from pathlib import Path

from local.processes import ROOT

AZURE_PYTHONS = ("3.11", "3.12", "3.13")  # as infra/main.bicep allows
PI_LOCK = ROOT / "systemd" / "requirements.txt"
SERVE_LOCK = ROOT / "systemd" / "requirements-serve.txt"
MQTT_LOCK = ROOT / "systemd" / "requirements-mqtt.txt"
CONTAINER_PYTHON = AZURE_PYTHONS[0]  # of the images of compose.yaml
DEVICE_LOCK = ROOT / "local" / f"requirements-device-{CONTAINER_PYTHON}.txt"
PI_PYTHONS = ("3.11", "3.13")  # of Raspberry Pi OS Bookworm and Trixie
_GLIBC_OF_BOOKWORM = 36  # 2.36
_GLIBC_MINORS = (*range(28, 4, -1), 2014, 2010)  # 2.28 and older: all run on Azure's machines


def detect_lock(python: str) -> Path:
    """Return the file from which a Pi with this version of Python installs what runs models."""
    return ROOT / "systemd" / f"requirements-detect-{python}.txt"


EXTRA_LOCKS = (SERVE_LOCK, MQTT_LOCK, *map(detect_lock, PI_PYTHONS))  # of what is off by default


def azure_lock(python: str) -> Path:
    """Return the file from which Azure installs for this version of Python, such as 3.13."""
    return ROOT / "infra" / f"requirements-{python}.txt"


def bench_lock(python: str) -> Path:
    """Return the file from which `make bench` installs what Nightjar is compared with."""
    return ROOT / "bench" / f"requirements-{python}.txt"


def azure_platform(python: str) -> list[str]:
    """Return pip's options for Azure's machines: Linux on x86-64 with this version of Python."""
    return _platform(python, _GLIBC_MINORS, "x86_64")


def pi_platform(python: str) -> list[str]:
    """Return pip's options for a Pi with a 64-bit system and this version of Python."""
    return _platform(python, (*range(_GLIBC_OF_BOOKWORM, 28, -1), *_GLIBC_MINORS), "aarch64")


def _platform(python: str, glibc_minors: Iterable[int], machine: str) -> list[str]:
    tags = [f"manylinux_2_{one}" if one < 100 else f"manylinux{one}" for one in glibc_minors]
    platforms = [option for tag in tags for option in ("--platform", f"{tag}_{machine}")]
    abis = ["--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    target = ["--python-version", python, "--implementation", "cp"]
    # otherwise pip compares Requires-Python with the Python on which it runs
    return [*platforms, *abis, *target, "--ignore-requires-python"]
