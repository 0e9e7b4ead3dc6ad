"""The fake of an IMX500's network: `hardware.network` says how it fails, and what it returns."""

from typing import Any

from picamera2 import hardware


class NetworkIntrinsics:
    def __init__(self, val: dict[str, Any] | None = None) -> None:
        self._intrinsics = val or {}

    @property
    def labels(self) -> list[str] | None:
        labels: list[str] | None = self._intrinsics.get("classes", {}).get("labels")
        return labels

    @labels.setter
    def labels(self, val: list[str]) -> None:
        self._intrinsics["classes"] = {"labels": val}

    @property
    def ignore_dash_labels(self) -> bool | None:
        ignores: bool | None = self._intrinsics.get("classes", {}).get("ignore_undefined")
        return ignores

    @ignore_dash_labels.setter
    def ignore_dash_labels(self, val: bool | None) -> None:
        self._intrinsics["classes"]["ignore_undefined"] = val


class IMX500:
    def __init__(
        self, network_file: str, camera_id: str = "", tensor_injection: bool = False
    ) -> None:
        if hardware.network.get("error"):
            raise hardware.network["error"]
        if any(not one.closed for one in hardware.opened):
            raise OSError("the camera is open, and its network cannot be changed")
        hardware.network["opened"] = (network_file, camera_id)

    @property
    def network_intrinsics(self) -> NetworkIntrinsics | None:
        return NetworkIntrinsics(hardware.network.get("intrinsics"))

    def get_outputs(self, metadata: dict[str, Any], add_batch: bool = False) -> list[Any] | None:
        outputs = metadata.get("CnnOutputTensor")
        if isinstance(outputs, Exception):
            raise outputs
        return outputs
