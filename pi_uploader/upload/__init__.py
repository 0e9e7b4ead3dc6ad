"""The way up: which photo goes next, its PUT, and what the reply means for it."""

import threading

from pi_uploader.settings import UploadSettings
from pi_uploader.spool import Spool
from pi_uploader.upload.delivery import Delivery
from pi_uploader.upload.loop import Uploader, work

__all__ = ["run_upload"]


def run_upload(settings: UploadSettings, stop: threading.Event) -> int:
    """Upload from the spool until `stop` is set. Returns the process's exit code."""
    uploader = Uploader(Spool(settings.spool), Delivery(settings.base_url, settings.function_key))
    work(uploader, stop)
    return 0
