"""Count what arrived, was deleted and was lost, and write the figures that reads show."""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from function_app.days.update import begin
from function_app.services import Services
from function_app.storage.figures import MAX_YEARS, Figures, compute_figures, of_cameras
from function_app.storage.models import LastSeen
from function_app.storage.parallel import map_parallel
from function_app.storage.photo_counts import PhotoCounts, restorations, total_deleted
from function_app.storage.row_keys import View, arrival_position, figures_key
from function_app.timer_watch import COUNT, record_run

NO_PHOTOS = PhotoCounts({})

log = logging.getLogger(__name__)


def update_figures(services: Services, now: datetime) -> int:
    """Count, and write the figures of each camera whose row differs; return how many were written
    or removed. Raises StorageUnavailableError.

    It may be stopped at any point, and run beside another instance: the next run corrects every row
    that is wrong, whatever the reason. The moment as of which the figures are is written last.
    """
    days = begin(services, now)  # first: what arrived before a heartbeat that it reads is counted
    seen = services.index.cameras()
    rows = services.figures.read_rows()
    written = of_cameras(rows)
    counts_of = services.index.count_photos(now, seen)
    damaged = seen.keys() - counts_of.keys()  # their figures stay as they are
    losses_of = services.loss_counts.count(now, damaged)
    last_photos = _last_photos(services, seen, counts_of, written)
    cameras = {*seen, *losses_of, *damaged}
    figures = {
        camera: compute_figures(
            counts_of.get(camera, NO_PHOTOS),
            losses_of.get(camera, Counter[date]()),
            *last_photos.get(camera, ("", "")),
            today=now.date(),
        )
        for camera in sorted(cameras - damaged)
    }
    changed = {one: figures[one] for one in figures if figures[one] != written.get(one)}
    days.list_changed(changed, written)
    failed = services.figures.write(changed)
    _log_incomplete(changed)
    removed = rows.keys() - set(map(figures_key, cameras))
    for key in removed:
        services.figures.remove_row(key)
    record_run(services.accounts, COUNT, now)
    days.finish(figures, cameras)
    return len(changed) - len(failed) + len(removed)


def _log_incomplete(figures: Mapping[str, Figures]) -> None:
    """Warn if not all days of a camera fit into its row, in one line for all cameras."""
    if cameras := [camera for camera, one in figures.items() if not one.is_complete]:
        log.warning(
            "count: photos or losses of %d cameras, such as %s, are dated in more than %d years; "
            "those of the years furthest from today are in the totals, but not in the days",
            len(cameras),
            cameras[0],
            MAX_YEARS,
        )


def _last_photos(
    services: Services,
    seen: Mapping[str, LastSeen],
    counts_of: Mapping[str, PhotoCounts],
    written: Mapping[str, Figures],
) -> dict[str, tuple[str, str]]:
    """Return the id of each camera's photo that was indexed last, and "". If that one may have been
    deleted, return the newest that exists, and what `_checked` returns for it. To look it up takes
    a request; as long as the state stays, the photo that was written before does."""
    found, states = {}, {}
    for camera, counts in counts_of.items():
        one = seen[camera]
        if not counts.total.photos:
            found[camera] = ("", "")
        elif not (state := _state(one, counts)):
            found[camera] = (str(one.last), "")
        elif camera in written and written[camera].last_checked == _checked(
            state, last := written[camera].last_photo or ""
        ):
            found[camera] = (last, _checked(state, last))
        else:
            states[camera] = state
    newest = map_parallel(lambda camera: services.index.query(View(camera), 1), states)
    for camera, photos in newest.items():
        last = str(photos[0].name) if photos else ""
        found[camera] = (last, _checked(states[camera], last))
    return found


def _checked(state: str, last_photo: str) -> str:
    """Return the text that says that this photo was the last one in this state."""
    return f"{state} {last_photo}"


def _state(seen: LastSeen, counts: PhotoCounts) -> str:
    """Return a text that changes whenever a photo of the camera arrives, is deleted or restored, or
    was a stub; an empty one if the photo that was indexed last has not been deleted."""
    position = arrival_position(seen.last, seen.indexed_at) if seen.last else ""
    if seen.last and (counts.checkpoint is None or position > counts.deleted_up_to):
        return ""
    changes = ""
    if counts.checkpoint:
        changes = f"{total_deleted(counts.checkpoint)} {restorations(counts.checkpoint)}"
    return f"{position} {counts.generation} {counts.deleted_up_to} {changes}"
