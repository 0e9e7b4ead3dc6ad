"""The quota of alerts of unknown senders, for each camera that has a device with a key: whoever
stole a function key could hide what the device reports among thousands of them."""

from datetime import datetime

from function_app.services import Services
from function_app.storage.device_keys import UNKNOWN_ALERTS
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import MAX_ATTEMPTS

MAX_A_DAY = 100  # of a camera, by days in UTC


def within_quota(sent: list[StoredAlert], services: Services, now: datetime) -> list[StoredAlert]:
    """Return the alerts without those of unknown senders that exceed the quota of their camera. Two
    requests for each camera with unknown senders. Raises StorageUnavailableError."""
    unknown: dict[str, list[StoredAlert]] = {}
    for one in sent:
        if one.is_unknown:
            unknown.setdefault(one.alert.name.camera, []).append(one)
    rejected = {
        id(one)
        for camera, alerts in unknown.items()
        for one in alerts[_take(camera, len(alerts), services, now) :]
    }
    return [one for one in sent if id(one) not in rejected]


def _take(camera: str, count: int, services: Services, now: datetime) -> int:
    """Return how many of `count` alerts of a camera the quota allows, and count these."""
    day = f"{now:%Y-%m-%d}"
    for _ in range(MAX_ATTEMPTS):
        row = services.devices.get(UNKNOWN_ALERTS, camera)
        used = int(row.properties["count"]) if row and row.properties["day"] == day else 0
        allowed = max(min(count, MAX_A_DAY - used), 0)
        if not allowed:
            return 0
        properties = {"day": day, "count": str(used + allowed)}
        if row is None:
            is_counted = services.devices.insert(UNKNOWN_ALERTS, camera, properties)
        else:
            is_counted = services.devices.replace(UNKNOWN_ALERTS, row, properties)
        if is_counted:
            return allowed
    raise StorageUnavailableError(f"the alerts of {camera} are counted too often at once")
