"""`pi-uploader upload`: the threads that upload, or keep photos here without a backend."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pi_uploader.agent.agent import Agent, UploadSide
from pi_uploader.agent.end_reason import RESTART, end_reason
from pi_uploader.agent.pause import PAUSE_FILE, UploadPause
from pi_uploader.agent.state import DeviceInfo
from pi_uploader.client import BackendClient
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.identity import Identity
from pi_uploader.settings import UploadSettings
from pi_uploader.spool import Quota, Spool, SpooledPhoto
from pi_uploader.upload.limits import MonthlyQuota, RateLimit, UploadLimits
from pi_uploader.upload.state import state_file
from pi_uploader.upload.time_correction import DEFER_SECONDS, MAX_DISK_ERRORS, TimeCorrection
from pi_uploader.upload.uploader import Uploader, UploadOptions
from pi_uploader.upload.wake_ups import (
    MARGIN_SECONDS,
    POLL_SECONDS,
    NotificationThread,
    WakeUps,
)
from pi_uploader.watchdog import KeepAlive, Watchdog, no_keep_alive

JOIN_SECONDS = 5.0  # at the end; a photo that is not sent by then stays in the spool
ERROR_PAUSE_SECONDS = 5.0  # after an unexpected error
DISK_PAUSE_SECONDS = 60.0  # after many disk errors

Sleep = Callable[[float], object]

log = logging.getLogger("upload")


def run_upload(settings: UploadSettings, stop: threading.Event) -> int:
    """Upload from the spool until `stop` is set; return the exit code of the process. If uploading
    is off, archive the photos instead."""
    watchdog = Watchdog()
    spool = Spool(
        settings.spool,
        quota=Quota(settings.spool_bytes, settings.reserve_bytes),
        runtime=settings.runtime,
    )
    if settings.base_url is None:
        log.info("CAMERA_UPLOAD is off: the photos stay here, in %s", spool.archive.folder)
        _run_archive(spool, Clock(settings.clock_is_trusted), watchdog, stop)
    else:
        client = BackendClient(
            settings.base_url,
            settings.function_key,
            connections=settings.uploads,
            identity=Identity.open(settings.spool, os.environ, settings.device),
        )
        _run_uploads(settings, spool, client, watchdog, stop)
    return 0


def _run_archive(spool: Spool, clock: Clock, watchdog: Watchdog, stop: threading.Event) -> None:
    """Archive photos, each as soon as it is in the spool."""
    watchdog.notify_ready()
    watchdog.start()
    wake_ups = WakeUps()
    notifications = NotificationThread(
        spool.folder, wake_ups.wake, keep_alive=watchdog.watch("notifications")
    )

    def close_at_stop() -> None:
        stop.wait()
        notifications.close()
        wake_ups.close()

    threading.Thread(target=close_at_stop, name="stop", daemon=True).start()
    keep_all(spool, stop, watchdog.watch("keeping"), clock, wake_ups.sleep)


def _run_uploads(
    settings: UploadSettings,
    spool: Spool,
    client: BackendClient,
    watchdog: Watchdog,
    stop: threading.Event,
) -> None:
    """Upload photos in several threads, beside the agent."""
    clock = Clock(settings.clock_is_trusted)
    pause = UploadPause(settings.spool / PAUSE_FILE, clock)
    options = _upload_options(settings, pause, clock, stop)
    uploader = Uploader(spool, client, options, clock=clock)
    pause.on_change(uploader.notify)
    count = thread_count(settings.uploads, settings.bytes_per_second is not None)
    names = [f"upload {number + 1}" for number in range(count)]
    threads = [
        threading.Thread(
            target=upload_all,
            args=(uploader, stop, watchdog.watch(name)),
            name=name,
            daemon=True,
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    notifications = NotificationThread(
        spool.folder, uploader.notify, uploader.poll, watchdog.watch("notifications")
    )
    side = UploadSide(uploader, pause, options.carrier, options.limits)
    with agent_running(settings, spool, client, side, stop, watchdog):
        watchdog.notify_ready()
        watchdog.start()
        stop.wait()
        notifications.close()
        uploader.wake_ups.close()
    for thread in threads:
        thread.join(JOIN_SECONDS / len(threads))
    uploader.finish()


def _upload_options(
    settings: UploadSettings, pause: UploadPause, clock: Clock, stop: threading.Event
) -> UploadOptions:
    return UploadOptions(
        limits=UploadLimits(
            RateLimit(settings.bytes_per_second, clock, stop.wait),
            MonthlyQuota(settings.spool / "data-sent.json", settings.monthly_bytes),
        ),
        state_file=state_file(settings.spool),
        keep=settings.keep is not None or settings.keep_bytes is not None,
        pause=pause,
        detectors=settings.detectors,
    )


@contextmanager
def agent_running(
    settings: UploadSettings,
    spool: Spool,
    client: BackendClient,
    side: UploadSide,
    stop: threading.Event,
    watchdog: Watchdog,
) -> Iterator[None]:
    """Run the agent until the end of the block, and then say goodbye to the backend; without
    heartbeats, run none. An agent that cannot begin is logged: uploads go on."""
    if settings.heartbeat is None:
        yield
        return
    device = DeviceInfo(settings.device, settings.site, settings.heartbeat, settings.poll)
    try:
        agent = Agent(device, spool, client, side, Clock(settings.clock_is_trusted))
        threading.Thread(
            target=agent.run, args=(stop.set, watchdog.watch("agent")), name="agent", daemon=True
        ).start()
    except Exception:
        log.exception("no heartbeats are sent, and no commands executed")
        yield
        return
    yield
    agent.close(RESTART if agent.should_restart else end_reason(os.environ))


def thread_count(uploads: int, has_rate_limit: bool = False) -> int:
    """Return the number of upload threads. With several photos in flight there is one more than
    are sent at once, to prepare the next photo. With one it would cost more than it gains
    (docs/decisions/0129), and a rate limit leaves time for that."""
    return uploads + (uploads > 1 and not has_rate_limit)


def upload_all(
    uploader: Uploader,
    stop: threading.Event,
    keep_alive: KeepAlive = no_keep_alive,
    sleep: Sleep | None = None,
) -> None:
    """Upload photo after photo until `stop` is set. No error ends the loop, not even that of a disk
    that fails for a while. `sleep` waits for some seconds or less, by default until the uploader is
    notified."""
    sleep = sleep or uploader.wake_ups.sleep
    while not stop.is_set():
        try:
            wait = uploader.step(keep_alive)
        except Exception:
            log.exception("the upload goes on after an unexpected error")
            wait = ERROR_PAUSE_SECONDS
        if wait:
            keep_alive(wait + MARGIN_SECONDS)
            sleep(wait)


def keep_all(
    spool: Spool,
    stop: threading.Event,
    keep_alive: KeepAlive = no_keep_alive,
    clock: Clock = SYSTEM_CLOCK,
    sleep: Sleep | None = None,
) -> None:
    """Archive every photo that waits, until `stop` is set. One that cannot be moved is deferred for
    an hour and does not hold up the others. `sleep` waits for some seconds or less, by default
    until `stop`."""
    sleep = sleep or stop.wait
    time_correction = TimeCorrection(spool, clock)
    deferred_until: dict[SpooledPhoto, float] = {}  # until when, in monotonic seconds
    while not stop.is_set():
        keep_alive(10 * DISK_PAUSE_SECONDS)
        time_correction.name_undated()
        disk_errors = 0
        for photo in spool.waiting_photos():
            if stop.is_set() or disk_errors == MAX_DISK_ERRORS:
                break
            if deferred_until.get(photo, 0.0) > clock.monotonic():
                continue
            try:
                spool.remove(photo, keep=True)
                log.info("photo kept %s", photo.name)
            except OSError as error:
                disk_errors += 1
                deferred_until[photo] = clock.monotonic() + DEFER_SECONDS
                log.error("%s cannot be kept now: disk error: %s", photo.name, error.strerror)
        is_failing = disk_errors == MAX_DISK_ERRORS
        sleep(DISK_PAUSE_SECONDS if is_failing else min(time_correction.due_in(), POLL_SECONDS))
