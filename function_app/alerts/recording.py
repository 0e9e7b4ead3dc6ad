"""Record alerts of devices, except for losses of photos that are stored after all."""

from datetime import datetime

from function_app.services import Services
from function_app.storage.models import StoredAlert
from photo_wire.alert import LOSS, Alert, AlertsReceipt
from photo_wire.media import Media


def record_alerts(alerts: list[Alert], services: Services, now: datetime) -> AlertsReceipt:
    """Store alerts that arrived at this moment, except for losses of stored photos. Return which
    were recorded, and which photos are stored. Raises StorageUnavailableError.

    A photo that arrives at the same moment is indexed in one transaction and its loss is recorded
    in another, and one of the two fails: so either the upload takes the loss back, or this does.
    """
    stored = {alert.name for alert in alerts if is_loss_of_stored(alert, services, now)}
    new = [alert for alert in alerts if alert.kind != LOSS or alert.name not in stored]
    if new:
        services.alerts.add([StoredAlert(alert, now) for alert in new])
    losses = {
        alert.name: str(alert.details.get("sha256", "")) for alert in new if alert.kind == LOSS
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
    indexed = services.photo_store.index_existing(photo, now)
    return indexed is None or indexed.sha256 == photo.sha256
