"""The way up: which photo goes next, its PUT, and what the reply means for it."""

import logging
import threading

from pi_uploader.clock import Clock
from pi_uploader.settings import UploadSettings
from pi_uploader.spool import Quota, Spool
from pi_uploader.upload.client import BackendClient
from pi_uploader.upload.local_archive import keep_all
from pi_uploader.upload.loop import Uploader, work
from pi_uploader.upload.rate_limit import MonthlyQuota, Pace
from pi_uploader.upload.state import state_file
from pi_uploader.watchdog import Watchdog

__all__ = ["run_upload"]

log = logging.getLogger("upload")

FINISH = 5.0  # seconds; a photo that is cut off after them waits in the spool as before


def run_upload(settings: UploadSettings, stop: threading.Event) -> int:
    """Upload from the spool until `stop` is set. Returns the process's exit code."""
    watchdog = Watchdog()
    spool = Spool(
        settings.spool,
        quota=Quota(settings.spool_bytes, settings.reserve_bytes),
        runtime=settings.runtime,
    )
    clock = Clock(settings.clock_is_trusted)
    if settings.base_url is None:
        log.info("CAMERA_UPLOAD is off: the photos stay here, in %s", spool.archive.folder)
        watchdog.ready()
        watchdog.report()
        keep_all(spool, stop, watchdog.watch("keeping"), clock)
        return 0
    uploader = Uploader(
        spool,
        BackendClient(settings.base_url, settings.function_key, connections=settings.uploads),
        pace=Pace(settings.bytes_per_second, clock, stop.wait),
        data_budget=MonthlyQuota(settings.spool / "data-sent.json", settings.monthly_bytes),
        state_file=state_file(settings.spool),
        keep=settings.keep is not None or settings.keep_bytes is not None,
        clock=clock,
    )
    names = [f"upload {number + 1}" for number in range(settings.uploads)]
    threads = [
        threading.Thread(
            target=work, args=(uploader, stop, watchdog.watch(name)), name=name, daemon=True
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    watchdog.ready()
    watchdog.report()
    stop.wait()
    for thread in threads:
        thread.join(FINISH / len(threads))
    uploader.finish()
    return 0
