"""The state of the machine, read from files as the kernel of a Pi writes them."""

from pathlib import Path

import pytest

from photo_wire.heartbeat import Network, NetworkKind
from pi_uploader.agent.health import THROTTLED_FILE, Health, HealthReader

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
wlan0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""
IPV6_ROUTES = (
    f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
    f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00000003     usb0\n"
)
WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0     17        0
"""


class Machine:
    """A folder with files as in /."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reader = HealthReader(root, root)

    def write(self, path: str, text: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_a_pi_has(machine: Machine) -> None:
    machine.write("proc/uptime", "98123.45 380000.01\n")
    machine.write("proc/stat", "cpu  600 0 300 9000 100 0 0 0 0 0\ncpu0 1 2 3\n")
    machine.write("proc/meminfo", "MemTotal:  443000 kB\nMemFree: 1 kB\nMemAvailable: 300000 kB\n")
    machine.write("sys/class/thermal/thermal_zone0/temp", "48212\n")
    machine.write(THROTTLED_FILE, "50005\n")
    machine.write("proc/net/route", ROUTES)
    machine.write("proc/net/wireless", WIRELESS)
    machine.write("sys/class/net/wlan0/wireless/keep")
    health = machine.reader.read()
    assert health.uptime == 98123.45
    assert health.cpu == 0.09
    assert (health.memory_free, health.memory_total) == (300_000 * 1024, 443_000 * 1024)
    assert health.temperature == 48.212
    assert health.throttled == ("undervoltage", "throttled")
    assert health.network == Network(NetworkKind.WIFI, -56)
    assert health.disk_total
    assert health.disk_free is not None
    assert health.disk_free <= health.disk_total


def test_a_machine_that_has_nothing_of_this(tmp_path: Path) -> None:
    assert HealthReader(tmp_path / "missing", tmp_path).read() == Health()


@pytest.mark.parametrize("damaged", ["", "\0\0", "cpu", "cpu a b c d e f", "-", "9" * 400])
def test_files_that_are_damaged_are_as_good_as_missing(damaged: str, machine: Machine) -> None:
    paths = (
        *("proc/uptime", "proc/stat", "proc/meminfo", "proc/net/route", "proc/net/wireless"),
        *("proc/net/ipv6_route", "sys/class/thermal/thermal_zone0/temp", THROTTLED_FILE),
    )
    for path in paths:
        machine.write(path, damaged)
    health = machine.reader.read()
    found = (health.cpu, health.memory_free, health.temperature, health.network)
    assert found == (None,) * 4
    assert health.throttled == ()


def test_the_cpu_share_is_that_since_the_last_reading(machine: Machine) -> None:
    shares = []
    for ticks in ("100 0 0 900 0 0 0 0", "200 0 0 900 0 0 0 0", "200 0 0 900 0 0 0 0"):
        machine.write("proc/stat", f"cpu {ticks} 0 0\n")
        shares.append(machine.reader.read().cpu)
    assert shares == [0.1, 1.0, None]


def test_what_the_firmware_limited_earlier(machine: Machine) -> None:
    machine.write(THROTTLED_FILE, "0x90008\n")
    assert machine.reader.read().throttled == ("temperature-limit", "undervoltage-earlier")
    machine.write(THROTTLED_FILE, "0\n")
    assert machine.reader.read().throttled == ()


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"sys/class/net/usb0/type": "1", "sys/class/net/usb0/device/x": ""}, "ethernet"),
        ({"sys/class/net/usb0/type": "1"}, "other"),
        ({"sys/class/net/usb0/uevent": "DEVTYPE=wwan\nINTERFACE=usb0\n"}, "mobile"),
        ({"sys/class/net/usb0/phy80211/x": ""}, "wifi"),
        ({}, "other"),
    ],
)
def test_the_kind_of_network(files: dict[str, str], kind: str, machine: Machine) -> None:
    machine.write("proc/net/ipv6_route", IPV6_ROUTES)
    for path, text in files.items():
        machine.write(path, text)
    assert machine.reader.read().network == Network(NetworkKind(kind))
