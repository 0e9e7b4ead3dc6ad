"""What the handlers work with, made once per process at the first request."""

import os
import threading
from dataclasses import dataclass

from function_app.settings import Settings, read_settings
from function_app.storage.account import open_account
from function_app.storage.records import Alerts, PhotoBlobs, PhotoIndex

_lock = threading.Lock()
_shared: "Backend | None" = None


@dataclass(frozen=True, slots=True)
class Backend:
    """The photos' bytes, their index, the alerts, and the settings."""

    blobs: PhotoBlobs
    index: PhotoIndex
    alerts: Alerts
    settings: Settings


def shared_backend() -> Backend:
    """This process's backend, from its environment. Raises SettingsError, each time anew, while
    the environment cannot be used."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = connect(read_settings(os.environ))
        return _shared


def connect(settings: Settings) -> Backend:
    """A backend on the storage account of `settings`. Sends nothing."""
    blobs, index, alerts = open_account(settings.connection_string, settings.max_photo_bytes)
    return Backend(blobs, index, alerts, settings)
