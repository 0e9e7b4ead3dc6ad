"""The requirements files with hashes that local/lock.py writes, and pip's options for Azure's
machines."""

from pathlib import Path

from local.processes import ROOT

AZURE_PYTHONS = ("3.11", "3.12", "3.13")  # as infra/main.bicep allows
PI_LOCK = ROOT / "systemd" / "requirements.txt"
SERVE_LOCK = ROOT / "systemd" / "requirements-serve.txt"
MQTT_LOCK = ROOT / "systemd" / "requirements-mqtt.txt"
EXTRA_LOCKS = (SERVE_LOCK, MQTT_LOCK)  # of what is off by default
_GLIBC_MINORS = (*range(28, 4, -1), 2014, 2010)  # 2.28 and older: all run on Azure's machines


def azure_lock(python: str) -> Path:
    """Return the file from which Azure installs for this version of Python, such as 3.13."""
    return ROOT / "infra" / f"requirements-{python}.txt"


def bench_lock(python: str) -> Path:
    """Return the file from which `make bench` installs what Nightjar is compared with."""
    return ROOT / "bench" / f"requirements-{python}.txt"


def azure_platform(python: str) -> list[str]:
    """Return pip's options for Azure's machines: Linux on x86-64 with this version of Python."""
    tags = [f"manylinux_2_{one}" if one < 100 else f"manylinux{one}" for one in _GLIBC_MINORS]
    platforms = [option for tag in tags for option in ("--platform", f"{tag}_x86_64")]
    abis = ["--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    target = ["--python-version", python, "--implementation", "cp"]
    # otherwise pip compares Requires-Python with the Python on which it runs
    return [*platforms, *abis, *target, "--ignore-requires-python"]
