"""Compose the notification of a delivery when it is due, if its person may still be told of it."""

from contextlib import suppress
from datetime import UTC, datetime

from function_app.auth import users
from function_app.auth.caller import Role
from function_app.localization.translation import Translation
from function_app.media.errors import InvalidPhotoError
from function_app.media.previews import shown
from function_app.notify.budget import PHOTOS, parse_collected
from function_app.notify.channels import Channel
from function_app.notify.deliveries import Delivery
from function_app.notify.events import PHOTO, Event, find_event, photo_event
from function_app.notify.notification import Notification, SnoozeTexts
from function_app.notify.wording import LATE, Reader, describe
from function_app.services import Services
from function_app.storage.device_keys import FIRST_CAMERA, STATES
from function_app.storage.models import Photo, StoredAlert
from photo_wire.alert import BACK, SILENT, UNDELIVERED
from photo_wire.moment import parse_time
from photo_wire.name import PhotoName, parse_name

RECENT_ALERTS = 20  # of a camera, among which its silence is looked for

# Why a delivery is left out when it is due. Persisted, and shown.
NOT_ALLOWED, DELETED, UNWANTED = "not-allowed", "deleted", "unwanted"


def compose(
    channel: Channel, delivery: Delivery, services: Services, now: datetime
) -> Notification | str:
    """Return what is to be sent, or why nothing is: the person's rights and rule as they are now
    count."""
    user = users.find(services.accounts, channel.owner)
    if user is None:
        return NOT_ALLOWED
    event: Event | str
    if delivery.reference["kind"] == PHOTOS:
        event, more, cameras = _collected(channel, delivery, user, services, now)
    else:
        found = find_event(delivery.reference, services)
        event, more, cameras = _checked(found, channel, user, now), delivery.more, ()
    if isinstance(event, str):
        return event
    is_late = event.kind == PHOTO and event.arrived_at - event.at >= LATE
    was_offline = is_late and was_silent(event, services, now)
    reader = Reader(channel.rule, now, user.cameras is None, was_offline, cameras)
    text = describe(event, more, reader)
    is_browser = channel.address.kind == "webpush"
    number = f"{delivery.event}.{channel.id}"
    snooze_path = f"/notifications?channel={channel.id}&snooze={event.camera}"
    return Notification(
        number,
        event.kind,
        text.title,
        text.body,
        _link(channel, text.path, services),
        event.camera,
        event.at,
        str(event.photo.name) if event.photo else None,
        _thumbnail(channel, event.photo, services),
        number,
        _link(channel, snooze_path, services),
        reader.t.language,
        _snooze_texts(event.camera, reader.t) if is_browser else None,
    )


def _link(channel: Channel, path: str, services: Services) -> str | None:
    """Return the link to a page. A browser knows the gallery to which a path belongs."""
    link = channel.link(path, services.settings.network)
    return path if link is None and channel.address.kind == "webpush" else link


def _snooze_texts(camera: str, t: Translation) -> SnoozeTexts:
    """Return the texts with which a browser offers a snooze of a camera."""
    return {
        "button": t("notification.snooze"),
        "title": t("notification.snoozed", camera=camera, end="{end}"),
        "body": t("notification.snoozed_hint"),
    }


def _collected(
    channel: Channel, delivery: Delivery, user: users.User, services: Services, now: datetime
) -> tuple[Event | str, int, tuple[str, ...]]:
    """Return the last photo of what was collected that may be told (or why none is), how many
    others are, and of which cameras."""
    collected = parse_collected(delivery.reference["collected"])
    shares = {
        camera: share
        for camera, share in collected.shares.items()
        if _sees(user, camera) and channel.rule.is_for_camera(camera, now)
    }
    others = collected.others + sum(one.photos for one in shares.values()) - 1
    newest = sorted((parse_name(one.newest) for one in shares.values()), key=_captured_at)
    why = NOT_ALLOWED
    for name in reversed(newest):
        photo = services.index.get(name)
        event = _checked(photo_event(photo) if photo else None, channel, user, now)
        if isinstance(event, Event):
            return event, others, tuple(shares)
        why = event
    return why, others, ()


def _thumbnail(channel: Channel, photo: Photo | None, services: Services) -> bytes | None:
    """Return the photo's thumbnail for a channel that shows it, if there is one already."""
    if photo is None or channel.address.kind != "apprise":
        return None
    if photo.preview:
        body = services.blobs.read(photo, photo.preview.offset, photo.preview.size)
        with suppress(InvalidPhotoError):
            return shown(body, photo.preview) if body else None
    return services.thumbnails.read(photo) or None


def may_know(user: users.User, event: Event) -> bool:
    """Return whether a person may be told of an event: of the cameras that they may see, of their
    own sign-ins and channels, and an owner of all channels."""
    if event.person is not None:
        is_owner = user.role is Role.OWNER and event.kind == UNDELIVERED
        return event.person == user.name or is_owner
    return _sees(user, event.camera)


def _sees(user: users.User, camera: str) -> bool:
    return user.cameras is None or camera in user.cameras


def _captured_at(name: PhotoName) -> datetime:
    return name.captured_at


def _checked(event: Event | None, channel: Channel, user: users.User, now: datetime) -> Event | str:
    """Return the event, or why the person is not told of it: their rights and their rule count as
    they are now."""
    if event is None:
        return DELETED
    if not may_know(user, event):
        return NOT_ALLOWED
    if not channel.rule.asks_for(event):
        return UNWANTED
    return channel.rule.leaves_out(event, now) or event


def was_silent(event: Event, services: Services, now: datetime) -> bool:
    """Return whether the backend heard nothing of the camera's device when this photo was taken, as
    far as the last alerts tell. Up to four requests."""
    device = services.device_keys.bindings.device_of(event.camera, now)
    row = services.devices.get(STATES, device) if device else None
    # A silence is reported under one camera of the device.
    reported_under = row.properties.get(FIRST_CAMERA) if row else None
    for camera in {event.camera, reported_under or event.camera}:
        for stored in services.alerts.newest_of(camera, RECENT_ALERTS, None):
            alert = stored.alert
            if alert.kind not in (SILENT, BACK) or stored.received_at > event.arrived_at:
                continue
            if device in (None, alert.details.get("devices")):
                if _covers(stored, event.at):
                    return True
                break
    return False


def _covers(stored: StoredAlert, at: datetime) -> bool:
    with suppress(ValueError):
        since = parse_time(str(stored.alert.details.get("since")))
        end = stored.received_at if stored.alert.kind == BACK else datetime.max.replace(tzinfo=UTC)
        return since <= at <= end
    return False
