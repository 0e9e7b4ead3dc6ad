"""The stores in memory: what the Azure adapters promise, without Azure."""

from typing import Any

from function_app.auth.audit_log import AuditLog
from function_app.auth.device_keys import DeviceKeys
from function_app.new_alerts import CountedAlerts
from function_app.notification_queue.notifier import Notifier
from function_app.notification_queue.notifying_alerts import NotifyingAlerts
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.figures import FiguresTable
from function_app.storage.loss_counts import LossCounts
from tests.support.memory_store.alerts import MemoryAlerts
from tests.support.memory_store.blobs import MemoryBlobs, MemoryDeviceBlobs, MemoryThumbnails
from tests.support.memory_store.index import MemoryIndex
from tests.support.memory_store.queue import MemoryQueue
from tests.support.memory_store.table import MAX_PROPERTY_BYTES, MAX_ROW_BYTES, MemoryTable

__all__ = [
    "MAX_PROPERTY_BYTES",
    "MAX_ROW_BYTES",
    "MemoryAlerts",
    "MemoryBlobs",
    "MemoryDeviceBlobs",
    "MemoryIndex",
    "MemoryQueue",
    "MemoryTable",
    "MemoryThumbnails",
    "memory_services",
]


def memory_services(settings: Settings, **parts: Any) -> Services:
    """Services that keep everything in memory; `parts` replace some of them. `rows` are those of
    the counts."""
    rows = parts.pop("rows", None) or MemoryTable()
    notifications = parts.get("notifications") or MemoryTable()
    notifier = parts.get("notifier") or Notifier(MemoryQueue(), notifications)
    devices = parts.get("devices") or MemoryTable()
    kept = CountedAlerts(parts.pop("alerts", None) or MemoryAlerts(), devices)
    alerts = NotifyingAlerts(kept, notifier)
    default = {
        "blobs": MemoryBlobs(),
        "index": MemoryIndex(rows),
        "thumbnails": MemoryThumbnails(),
        "alerts": alerts,
        "accounts": MemoryTable(),
        "devices": devices,
        "device_blobs": MemoryDeviceBlobs(),
        "device_keys": DeviceKeys(devices, alerts),
        "audit_log": AuditLog(MemoryTable(), settings.network.trusted_proxies),
        "loss_counts": LossCounts(rows, alerts),
        "figures": FiguresTable(rows),
        "notifications": notifications,
        "notifier": notifier,
        "poison": MemoryQueue(),
    }
    return Services(**{**default, **parts}, settings=settings)
