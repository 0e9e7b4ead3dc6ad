"""What handlers work with. A process makes it once, at its first request."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from function_app.auth.audit_log import AuditLog
from function_app.auth.day_views import DayViews
from function_app.auth.device_keys import DeviceKeys
from function_app.auth.photo_views import PhotoViews
from function_app.media.redacted_photos import RedactedPhotos
from function_app.memory import return_large_buffers
from function_app.new_alerts import CountedAlerts
from function_app.notification_queue.notifier import Notifier
from function_app.notification_queue.notifying_alerts import NotifyingAlerts
from function_app.settings import Settings, read_settings
from function_app.storage.azure.account import open_account
from function_app.storage.azure.alerts import AzureAlerts
from function_app.storage.azure.blobs import AzurePhotoBlobs, AzureThumbnails
from function_app.storage.azure.device_blobs import AzureDeviceBlobs
from function_app.storage.azure.index import AzurePhotoIndex
from function_app.storage.azure.photo_table import TABLE
from function_app.storage.azure.queues import NOTIFICATIONS, POISON, AzureQueue
from function_app.storage.azure.tables import AzureTable
from function_app.storage.figures import FiguresTable
from function_app.storage.interfaces import Alerts, DeviceBlobs, Queue
from function_app.storage.loss_counts import LossCounts
from function_app.storage.photo_interfaces import PhotoBlobs, PhotoIndex, Thumbnails
from function_app.storage.photo_store import PhotoStore
from function_app.storage.table_store import TableStore
from function_app.timer_watch import TimerWatch

if TYPE_CHECKING:
    from function_app.storage.commands import Commands


@dataclass(slots=True)
class KnownCameras:
    """The cameras that this process has seen, so that it need not look them up again. Threads share
    it."""

    _names: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def unknown(self, cameras: Iterable[str]) -> set[str]:
        """Return those of these cameras that are not known."""
        with self._lock:
            return set(cameras) - self._names

    def add(self, cameras: Iterable[str]) -> None:
        """Remember these cameras."""
        with self._lock:
            self._names |= set(cameras)

    def remove(self, camera: str) -> None:
        """Forget a camera, for example because it was deleted."""
        with self._lock:
            self._names.discard(camera)


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with: the stores of photos, alerts and accounts, the audit log, the counts
    of lost photos, the figures, the settings, and what this process remembers of timers, cameras,
    views of days and photos, and redacted photos. `accounts` has users, sessions, tokens, shared
    links, login attempts and the runs of the timers; `devices` what is known of devices, by the
    keys of storage/device_keys.py, and `device_blobs` what devices read and write by links.
    `device_keys` has which key and which cameras each has. `notifications` has channels and what
    they are told of, `notifier` puts messages into their queue, and `poison` has those that could
    not be handled."""

    blobs: PhotoBlobs
    index: PhotoIndex
    thumbnails: Thumbnails
    alerts: Alerts
    accounts: TableStore
    devices: TableStore
    device_blobs: DeviceBlobs
    device_keys: DeviceKeys
    audit_log: AuditLog
    loss_counts: LossCounts
    figures: FiguresTable
    notifications: TableStore
    notifier: Notifier
    poison: Queue
    settings: Settings
    timer_watch: TimerWatch = field(default_factory=TimerWatch)
    known_cameras: KnownCameras = field(default_factory=KnownCameras)
    day_views: DayViews = field(default_factory=DayViews)
    photo_views: PhotoViews = field(default_factory=PhotoViews)
    redacted_photos: RedactedPhotos = field(default_factory=RedactedPhotos)

    @property
    def photo_store(self) -> PhotoStore:
        """The blobs and the index, for what writes both."""
        return PhotoStore(self.blobs, self.index, self.loss_counts.take_back)

    @property
    def commands(self) -> "Commands":
        """The commands of devices, for what writes their rows and blobs."""
        from function_app.storage.commands import Commands  # a photo seldom needs it

        return Commands(self.devices, self.device_blobs)


class LazyServices:
    """Makes the services of a process when they are first needed. Threads share it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = threading.Lock()
        self._services: Services | None = None

    def __call__(self) -> Services:
        """Return the services. Raises SettingsError, at each call, as long as the environment
        cannot be used."""
        with self._lock:
            if self._services is None:
                return_large_buffers()
                self._services = connect(read_settings(self._environment))
            return self._services


def connect(settings: Settings) -> Services:
    """Return services on the storage account of `settings`. Sends nothing."""
    account = open_account(
        settings.connection_string,
        settings.max_photo_bytes,
        settings.storage.account_name,
        settings.storage.sdk_only,
    )
    notifications = AzureTable(account, "notifications")
    notifier = Notifier(AzureQueue(account, NOTIFICATIONS), notifications)
    devices, counts = AzureTable(account, "devices"), AzureTable(account, TABLE)
    alerts = NotifyingAlerts(CountedAlerts(AzureAlerts(account), devices), notifier)
    return Services(
        blobs=AzurePhotoBlobs(account),
        index=AzurePhotoIndex(account),
        thumbnails=AzureThumbnails(account),
        alerts=alerts,
        accounts=AzureTable(account, "people"),  # the table is named after its first content
        devices=devices,
        device_blobs=AzureDeviceBlobs(account),
        device_keys=DeviceKeys(devices, alerts),
        audit_log=AuditLog(AzureTable(account, "accesses"), settings.network.trusted_proxies),
        loss_counts=LossCounts(counts, alerts),
        figures=FiguresTable(counts),
        notifications=notifications,
        notifier=notifier,
        poison=AzureQueue(account, POISON),
        settings=settings,
    )
