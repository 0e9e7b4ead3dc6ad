"""What is sent to channels: a test at once, silence for a while, what became of messages, and the
key with which browsers subscribe."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from function_app.auth.caller import Caller
from function_app.http import json_schema
from function_app.http.authorization import check_camera_is_visible
from function_app.http.parameters import (
    CAMERA_NAME,
    Kind,
    defaulting,
    json_number,
    opaque,
    optional,
    whole_number,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.notifications.channels import (
    CHANNEL,
    explained,
    find_channel,
    resume,
    to_json,
    unknown_channel,
)
from function_app.notifications.rule_json import MAX_NAMES
from function_app.notify import channels
from function_app.notify.budget import PHOTOS
from function_app.notify.channels import Channel
from function_app.notify.deliveries import Delivery, State
from function_app.notify.events import PHOTO, SIGN_IN, TEST
from function_app.notify.notification import Notification, Outcome, Trust
from function_app.notify.outbox import Outbox
from function_app.notify.rules import MAX_SNOOZE, moment_to_json
from function_app.notify.senders import open_sender, vapid
from function_app.notify.trial_limit import count_test
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.parallel import map_parallel
from photo_wire.moment import format_time
from photo_wire.name import parse_name

MAX_DELIVERIES = 50

_ID = json_schema.text(pattern="^[0-9a-f]{16}$")
MINUTES = defaulting(
    "minutes",
    json_number(0, MAX_SNOOZE // timedelta(minutes=1)),
    60,
    "For how long, from now on. 0 ends the silence.",
)
CAMERA = optional("camera", CAMERA_NAME, "About this camera; if left out, about all.")
ONE_CHANNEL = optional(
    "channel",
    Kind(_ID, "a channel's id", lambda value, name: str(value)),
    "Only this channel; if left out, all of the caller's.",
)
SNOOZE = JSONBody("Snooze", (MINUTES, CAMERA, ONE_CHANNEL), is_required=False)

OF_CHANNEL = optional("channel", opaque(_ID), "Only of this channel.")
LIMIT = defaulting("limit", whole_number(1, MAX_DELIVERIES), 20, "Maximum number of entries.")


def send_test(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what the receiver answered to a message that was sent just now. With Retry-After if
    nothing was sent, since other notifications are being sent."""
    now = datetime.now(UTC)
    channel = _own_channel(request[CHANNEL], services, caller)
    count_test(services.notifications, caller.name, now)
    t = channel.rule.t
    notification = Notification(
        id=f"{TEST}-{secrets.token_hex(8)}.{channel.id}",
        kind=TEST,
        title=t("notification.test"),
        body=t("notification.test_hint", label=channel.label),
        url=channel.link("/notifications", services.settings.network),
        camera="",
        at=now,
        tag=TEST,
        language=t.language,
    )
    state = Outbox(services.notifications, channel.id).state()
    trust = state.trust if state else Trust.NEW
    with open_sender(services, caller.name, trust) as send:
        result = send(channel.address, notification)
    is_sent = result.outcome is Outcome.SENT
    if is_sent and state and (state.stopped or state.failing_since):
        Outbox(services.notifications, channel.id).change(State.working)
        resume(channel, services, now)
    services.audit_log.record(request.headers, caller.actor, "tested the channel", channel.label)
    why = explained(result.why, caller)
    response = json_response({"sent": is_sent, "outcome": result.outcome, "why": why})
    if result.outcome is Outcome.BUSY and result.after:
        response = replace(response, headers={"Retry-After": f"{result.after:.0f}"})
    return response


def snooze(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the channels that are silent now, or no longer."""
    now, camera, table = datetime.now(UTC), request[CAMERA], services.notifications
    if camera:
        check_camera_is_visible(camera, caller)
    if channel_id := request[ONE_CHANNEL]:
        chosen = [_own_channel(channel_id, services, caller)]
    else:
        chosen = channels.list_channels(table, caller.name)
    until = now + timedelta(minutes=request[MINUTES])
    silent = []
    for channel in chosen:
        if len(channel.rule.snoozed_cameras) >= MAX_NAMES and until > now:
            raise HTTPProblemError(409, f"At most {MAX_NAMES} cameras can be silent at once.")
        silent.append(channels.snooze(table, caller.name, channel.id, camera, until, now))
    return json_response({"channels": [to_json(one, services) for one in silent if one]})


def list_deliveries(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the last messages to the caller's channels, or to one."""
    found = read_deliveries(services, caller, request[LIMIT], request[OF_CHANNEL])
    return json_response({"deliveries": found})


def read_deliveries(
    services: Services, caller: Caller, limit: int, channel_id: str | None = None
) -> list[dict[str, object]]:
    """Return the last messages to the caller's channels, or to one, the newest first, as JSON.
    Those of cameras that the caller may no longer see are left out."""
    table = services.notifications
    if channel_id:
        ids = [find_channel(channel_id, services, caller).id]
    else:
        ids = [one.id for one in channels.list_channels(table, caller.name)]
    newest = map_parallel(lambda one: Outbox(table, one).newest(limit), ids)
    found = [(delivery, one) for one in ids for delivery in newest[one]]
    found = [(one, channel) for one, channel in found if _may_see(one, caller)]
    found.sort(key=lambda one: (one[0].at, one[0].number), reverse=True)
    return [_delivery_to_json(one, channel, caller) for one, channel in found[:limit]]


def get_push_key(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the applicationServerKey of the backend."""
    key = vapid.public_key(vapid.private_key(services.notifications))
    return json_response({"key": key})


def _own_channel(channel_id: str, services: Services, caller: Caller) -> Channel:
    channel = find_channel(channel_id, services, caller)
    if channel.owner != caller.name:
        raise unknown_channel()
    return channel


def _may_see(delivery: Delivery, caller: Caller) -> bool:
    reference = delivery.reference
    if reference["kind"] == SIGN_IN:  # of the channel's owner, or shown to an owner
        return True
    if person := reference.get("person"):  # whose channel failed
        return caller.is_owner or person == caller.name
    return caller.may_see(parse_name(reference["id"]).camera)


def _delivery_to_json(delivery: Delivery, channel: str, caller: Caller) -> dict[str, object]:
    reference = delivery.reference
    return {
        "channel": channel,
        "at": format_time(delivery.at),
        "state": delivery.state,
        "title": delivery.title,
        "why": explained(delivery.why, caller),
        "done_at": moment_to_json(delivery.done_at),
        "events": delivery.events,
        "photo": reference["id"] if reference["kind"] in (PHOTO, PHOTOS) else None,
    }
