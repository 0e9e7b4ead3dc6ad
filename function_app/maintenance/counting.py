"""Count what arrived, was deleted and was lost, and write the figures that reads show."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from function_app.services import Services
from function_app.storage.figures import Figures, compute_figures
from function_app.storage.models import LastSeen
from function_app.storage.photo_counts import PhotoCounts, total_deleted
from function_app.storage.row_keys import View, arrival_position
from function_app.timer_watch import COUNT, record_run

_THREADS = 16


def update_figures(services: Services, now: datetime) -> int:
    """Count, and write the figures of each camera whose row differs; return how many were written
    or removed. Raises StorageUnavailableError.

    It may be stopped at any point, and run beside another instance: the next run corrects every row
    that is wrong, whatever the reason. The moment as of which the figures are is written last.
    """
    seen = services.index.cameras()
    written = services.figures.read()
    counts_of = services.index.count_photos(now, seen)
    losses_of = services.loss_counts.count(now)

    def compute(camera: str) -> Figures:
        counts = counts_of.get(camera, PhotoCounts({}))
        last, checked = "", ""
        if camera in seen:
            last, checked = _last_photo(services, seen[camera], counts, written.get(camera))
        return compute_figures(counts, losses_of.get(camera, Counter[date]()), last, checked)

    with ThreadPoolExecutor(_THREADS) as pool:  # the last photo may take a request
        names = sorted({*seen, *losses_of})
        figures = dict(zip(names, pool.map(compute, names), strict=True))
    changed = {one: figures[one] for one in names if figures[one] != written.get(one)}
    services.figures.write(changed)
    removed = written.keys() - figures.keys()
    for camera in removed:
        services.figures.remove(camera)
    record_run(services.accounts, COUNT, now)
    return len(changed) + len(removed)


def _last_photo(
    services: Services, seen: LastSeen, counts: PhotoCounts, written: Figures | None
) -> tuple[str, str]:
    """Return the id of the camera's photo that was indexed last, and "". If that one may have been
    deleted, return the newest that exists, and the state for which it was looked up: as long as the
    state stays, the one that was `written` does. It takes a request to look it up."""
    if not counts.total.photos:
        return "", ""
    position = arrival_position(seen.last, seen.indexed_at)
    if counts.checkpoint is None or position > counts.deleted_up_to:
        return str(seen.last), ""
    state = (
        f"{position} {counts.generation} {counts.deleted_up_to} {total_deleted(counts.checkpoint)}"
    )
    if written and written.last_checked == state:
        return written.last_photo or "", state
    newest = services.index.query(View(seen.last.camera), 1)
    return str(newest[0].name) if newest else "", state
