"""The topics of a device.

PREFIX/DEVICE/availability        online or offline, by the broker if the device is gone
PREFIX/DEVICE/state               JSON: temperature, photos that wait
PREFIX/DEVICE/CAMERA/availability online while the capture process runs
PREFIX/DEVICE/CAMERA/state        JSON: state, armed, why it fails, the last photo
PREFIX/DEVICE/CAMERA/motion       ON for each motion; not retained
PREFIX/DEVICE/CAMERA/photo        the last photo in small, a JPEG
PREFIX/DEVICE/CAMERA/take         PRESS: take a photo now
PREFIX/DEVICE/CAMERA/armed/set    ON or OFF
"""

from dataclasses import dataclass

ONLINE, OFFLINE = "online", "offline"
ON, OFF, PRESS = "ON", "OFF", "PRESS"


@dataclass(frozen=True, slots=True)
class CameraTopics:
    """The topics of one camera; `base` is what they begin with."""

    base: str

    @property
    def availability(self) -> str:
        return f"{self.base}/availability"

    @property
    def state(self) -> str:
        return f"{self.base}/state"

    @property
    def motion(self) -> str:
        return f"{self.base}/motion"

    @property
    def photo(self) -> str:
        return f"{self.base}/photo"

    @property
    def take(self) -> str:
        return f"{self.base}/take"

    @property
    def set_armed(self) -> str:
        return f"{self.base}/armed/set"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a device."""

    prefix: str
    device: str

    @property
    def base(self) -> str:
        return f"{self.prefix}/{self.device}"

    @property
    def availability(self) -> str:
        return f"{self.base}/availability"

    @property
    def state(self) -> str:
        return f"{self.base}/state"

    @property
    def commands(self) -> tuple[str, str]:
        """What the device subscribes to: the commands to all of its cameras."""
        every = self.camera("+")
        return every.take, every.set_armed

    def camera(self, name: str) -> CameraTopics:
        return CameraTopics(f"{self.base}/{name}")
