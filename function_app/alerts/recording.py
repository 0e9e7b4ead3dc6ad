"""Record alerts of devices, except for losses of photos that are stored after all."""

from datetime import datetime

from function_app.services import Services
from function_app.storage.models import StoredAlert
from photo_wire.alert import LOSS, Alert, AlertsReceipt
from photo_wire.media import Media


def record_alerts(sent: list[StoredAlert], services: Services, now: datetime) -> AlertsReceipt:
    """Store alerts that arrived at this moment, except for losses of stored photos. Return which
    were recorded, and which photos are stored. Those of an unknown sender are stored, and nothing
    else. Raises StorageUnavailableError.

    A photo that arrives at the same moment is indexed in one transaction and its loss is recorded
    in another, and one of the two fails: so either the upload takes the loss back, or this does.
    """
    alerts = [one.alert for one in sent if not one.is_unknown]
    stored = {alert.name for alert in alerts if is_loss_of_stored(alert, services, now)}
    added = [
        one
        for one in sent
        if one.is_unknown or one.alert.kind != LOSS or one.alert.name not in stored
    ]
    if added:
        services.alerts.add(added)
    new = [one.alert for one in added]
    losses = {
        one.alert.name: str(one.alert.details.get("sha256", ""))
        for one in added
        if one.alert.kind == LOSS and not one.is_unknown
    }
    arrived = services.index.record_losses(losses)
    stored |= arrived
    for name in stored:  # also of one that was stored before: an earlier call may have been stopped
        services.loss_counts.take_back(name)
    recorded = {alert.name for alert in new if alert.kind != LOSS or alert.name not in arrived}
    return AlertsReceipt(frozenset(map(str, recorded)), frozenset(map(str, stored)))


def is_loss_of_stored(alert: Alert, services: Services, now: datetime) -> bool:
    """Return whether an alert is the loss of a photo that is stored, or was until it was deleted:
    the device gave it up because the receipt never arrived. If its bytes are stored and it is not
    indexed, it is indexed first. Raises StorageUnavailableError."""
    media = Media.of_content_type(str(alert.details.get("content_type", "")))
    if alert.kind != LOSS or media is None:
        return False
    photo = services.blobs.find_or_tombstone(alert.name, media)
    if photo is None or photo.sha256 != alert.details.get("sha256"):
        return False
    if photo.deleted_at:
        return True
    services.notifier.tell_found(photo, now)
    indexed = services.photo_store.index_existing(photo, now)
    return indexed is None or indexed.sha256 == photo.sha256
