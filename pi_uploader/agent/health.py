"""The state of this machine, from /proc, /sys and statvfs. What cannot be read is None."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from photo_wire.heartbeat import Network, NetworkKind

THROTTLED_FILE = "sys/devices/platform/soc/soc:firmware/get_throttled"  # of a Pi's firmware
_THROTTLED_BITS = {  # https://www.raspberrypi.com/documentation/computers/os.html, get_throttled
    0: "undervoltage",
    1: "frequency-capped",
    2: "throttled",
    3: "temperature-limit",
}
_SINCE_BOOT_BIT = 16  # the same four, 16 bits higher: it has been so since the boot
_ETHERNET = 1  # ARPHRD_ETHER in /sys/class/net/*/type; Wi-Fi and USB modems have it, too
_IDLE, _IOWAIT, _STEAL = 3, 4, 7  # columns of /proc/stat; proc_stat(5)


@dataclass(frozen=True, slots=True)
class Health:
    """`uptime` is in seconds, `cpu` the busy share of all cores (0 to 1) since the last reading,
    memory and disk in bytes, `temperature` in degrees Celsius. `throttled` names what the firmware
    limits now; a name that ends in -earlier tells that it did since the boot. The network is that
    of the default route."""

    uptime: float | None = None
    cpu: float | None = None
    memory_free: int | None = None
    memory_total: int | None = None
    disk_free: int | None = None
    disk_total: int | None = None
    inodes_free: int | None = None
    temperature: float | None = None
    throttled: tuple[str, ...] = ()
    network: Network | None = None


@dataclass
class HealthReader:
    """Reads the state of the machine and of the disk that holds `folder`. `root` is / except in
    tests. Not thread-safe."""

    folder: Path
    root: Path = Path("/")
    _cpu_before: tuple[int, int] = field(default=(0, 0), init=False)  # busy and all ticks

    def read(self) -> Health:
        """Return the state now. This takes about a millisecond, and never raises for what the
        machine does not have."""
        memory = self._memory()
        disk_free, disk_total, inodes_free = self._disk()
        return Health(
            uptime=_number(self._text("proc/uptime").partition(" ")[0]),
            cpu=self._cpu_share(),
            memory_free=memory.get("MemAvailable"),
            memory_total=memory.get("MemTotal"),
            disk_free=disk_free,
            disk_total=disk_total,
            inodes_free=inodes_free,
            temperature=self._temperature(),
            throttled=self._throttled(),
            network=self._network(),
        )

    def _text(self, path: str) -> str:
        """Return a small file's text; empty if it cannot be read."""
        try:
            with (self.root / path).open(errors="replace") as file:
                return file.read(64 * 1024)
        except OSError:
            return ""

    def _cpu_share(self) -> float | None:
        """Return the busy share since the last call; at the first call since the boot."""
        columns = self._text("proc/stat").partition("\n")[0].split()
        if columns[:1] != ["cpu"] or not all(map(str.isdecimal, columns[1:])):
            return None
        ticks = [int(one) for one in columns[1 : _STEAL + 2]]  # guests are counted in user time
        if len(ticks) <= _IOWAIT:
            return None
        total, idle = sum(ticks), ticks[_IDLE] + ticks[_IOWAIT]
        busy_before, total_before = self._cpu_before
        self._cpu_before = total - idle, total
        passed = total - total_before
        if passed <= 0:
            return None
        return min(max((total - idle - busy_before) / passed, 0.0), 1.0)

    def _memory(self) -> dict[str, int]:
        found = re.findall(r"^(\w+):\s+([0-9]{1,15}) kB$", self._text("proc/meminfo"), re.M)
        return {name: int(kilobytes) * 1024 for name, kilobytes in found}

    def _disk(self) -> tuple[int | None, int | None, int | None]:
        """Return free and total bytes, and free inodes (None if the disk has no such limit)."""
        try:
            stats = os.statvfs(self.folder)
        except OSError:
            return None, None, None
        inodes = stats.f_favail if stats.f_files else None
        return stats.f_bavail * stats.f_frsize, stats.f_blocks * stats.f_frsize, inodes

    def _temperature(self) -> float | None:
        millidegrees = _number(self._text("sys/class/thermal/thermal_zone0/temp").strip())
        return None if millidegrees is None else millidegrees / 1000

    def _throttled(self) -> tuple[str, ...]:
        text = self._text(THROTTLED_FILE).strip()
        if not re.fullmatch("(0x)?[0-9a-f]{1,8}", text):
            return ()
        flags = int(text, 16)
        now = [name for bit, name in _THROTTLED_BITS.items() if flags >> bit & 1]
        earlier = [
            f"{name}-earlier"
            for bit, name in _THROTTLED_BITS.items()
            if flags >> bit + _SINCE_BOOT_BIT & 1 and name not in now
        ]
        return (*now, *earlier)

    # --- network

    def _network(self) -> Network | None:
        interface = self._default_interface()
        if interface is None:
            return None
        return Network(self._kind_of(interface), self._signal_of(interface))

    def _default_interface(self) -> str | None:
        """Return the interface of the default route with the lowest metric, IPv4 before IPv6."""
        ipv4 = re.findall(
            r"^(\S+)\t0{8}\t\S+\t\S+\t\S+\t\S+\t([0-9]{1,10})\t0{8}\t",
            self._text("proc/net/route"),
            re.M,
        )
        ipv6 = re.findall(
            r"^0{32} 00 \S+ \S+ \S+ ([0-9a-f]{8}) \S+ \S+ \S+ +(?!lo$)(\S+)$",
            self._text("proc/net/ipv6_route"),
            re.M,
        )
        routes = [(int(metric), interface) for interface, metric in ipv4]
        routes = routes or [(int(metric, 16), interface) for metric, interface in ipv6]
        return min(routes)[1] if routes else None

    def _kind_of(self, interface: str) -> NetworkKind:
        folder = self.root / "sys/class/net" / interface
        is_mobile = "DEVTYPE=wwan" in self._text(f"sys/class/net/{interface}/uevent")
        if is_mobile or interface.startswith(("wwan", "ppp")):
            return NetworkKind.MOBILE
        with suppress(OSError):
            if (folder / "wireless").exists() or (folder / "phy80211").exists():
                return NetworkKind.WIFI
            is_ethernet = self._text(f"sys/class/net/{interface}/type").strip() == f"{_ETHERNET}"
            if is_ethernet and (folder / "device").exists():  # others, such as a VPN, have none
                return NetworkKind.ETHERNET
        return NetworkKind.OTHER

    def _signal_of(self, interface: str) -> float | None:
        """Return the level in /proc/net/wireless. Above 0 it is relative, not in dBm."""
        for line in self._text("proc/net/wireless").splitlines():
            name, _, rest = line.partition(":")
            columns = rest.split()
            if name.strip() == interface and len(columns) >= 3:
                level = _number(columns[2])
                return level if level is not None and level < 0 else None
        return None


def _number(text: str) -> float | None:
    """Return a decimal number as the kernel writes it; None for anything else."""
    match = re.fullmatch(r"(-?[0-9]{1,15}(?:\.[0-9]{0,6})?)", text)
    return float(match[1]) if match else None
