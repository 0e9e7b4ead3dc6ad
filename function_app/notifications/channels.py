"""`/api/notifications/channels`: list, make, change and remove channels. People have their own; an
owner sees those of all, and may switch them off or remove them."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from function_app.auth.caller import Caller
from function_app.http import json_schema
from function_app.http.authorization import page_origin
from function_app.http.parameters import Kind, choice, defaulting, opaque, optional, required
from function_app.http.preferences import Preferences
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.localization.translation import Language
from function_app.notification_queue.messages import ChannelMessage
from function_app.notifications.channel_json import (
    KINDS,
    WEBHOOK,
    WEBPUSH,
    channel_to_json,
    endpoint_of,
)
from function_app.notifications.rule_json import RULE_CHANGE, apply_change
from function_app.notify import channels
from function_app.notify.channels import Channel
from function_app.notify.notification import Address
from function_app.notify.outbox import Outbox
from function_app.notify.rules import Rule
from function_app.notify.senders import hosts
from function_app.notify.senders.addresses import MAX_LENGTH, address_problem, new_webhook_secret
from function_app.notify.senders.sender import rules_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.parallel import map_parallel
from photo_wire.errors import WireError

MAX_LABEL = 60  # characters
MIN_FORM = 32  # characters of a form's id, so that none is guessed, and none is used twice


def _parse_label(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_LABEL:
        raise WireError(name, f"must be a string of 1 to {MAX_LABEL} characters")
    if not value.isprintable():
        raise WireError(name, "has characters that cannot be printed")
    return value.strip()


def _parse_address(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WireError(name, "must be a string that is not empty")
    return value.strip()


_LABEL = Kind(
    json_schema.text(minLength=1, maxLength=MAX_LABEL),
    f"a string of 1 to {MAX_LABEL} characters",
    _parse_label,
)
_ADDRESS = Kind(json_schema.text(minLength=1, maxLength=MAX_LENGTH), "an address", _parse_address)
LABEL = required("label", _LABEL, "What the person calls it.")
KIND = required("kind", choice(KINDS), "How it is reached.")
ADDRESS = required(
    "address",
    _ADDRESS,
    "A browser's push subscription as JSON, the URL of a webhook, or an address as Apprise has "
    "them. It is never shown again.",
)
RULE = defaulting("rule", RULE_CHANGE, {}, "What it is for. What is left out has its default.")
NEW_CHANNEL = JSONBody("NewNotificationChannel", (LABEL, KIND, ADDRESS, RULE))

NEW_LABEL = optional("label", _LABEL, "What the person calls it.")
NEW_ADDRESS = optional("address", _ADDRESS, "Another address of the same kind.")
RULE_CHANGES = defaulting("rule", RULE_CHANGE, {}, "What is left out stays.")
CHANGES = JSONBody("NotificationChannelChanges", (NEW_LABEL, NEW_ADDRESS, RULE_CHANGES))

CHANNEL = required("channel", opaque(json_schema.text(pattern="^[0-9a-f]{16}$")), "Its id.")
ALL = defaulting("all", choice(["0", "1"]), "0", "1 for those of all people: for owners.")


def list_channels(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the caller's channels, or those of all people."""
    is_of_all = request[ALL] == "1"
    if is_of_all and not caller.is_owner:
        raise HTTPProblemError(403, "Only owners see the channels of other people.")
    return json_response({"channels": read_channels(services, caller, is_of_all=is_of_all)})


def read_channels(
    services: Services, caller: Caller, *, is_of_all: bool = False
) -> list[dict[str, Any]]:
    """Return the caller's channels, or those of all people, as JSON. A request for the list, and
    one for each channel."""
    table, network = services.notifications, services.settings.network
    found = channels.list_channels(table, None if is_of_all else caller.name)
    states = map_parallel(lambda one: Outbox(table, one).state(), [one.id for one in found])
    return [channel_to_json(one, states[one.id], network) for one in found]


def make_channel(request: Request, services: Services, caller: Caller, form: str = "") -> Response:
    """201 with the channel, and once with the secret that signs the messages to a webhook. For a
    browser that is a channel of the caller already: 200 with that, switched on. `form` is the id of
    the form by which it is made: sent again with the same, it is 200 with the channel of before."""
    now, kind = datetime.now(UTC), request[KIND]
    secret = new_webhook_secret() if kind == WEBHOOK else ""
    address = Address(kind, request[ADDRESS], secret)
    _check_address(address, services, caller)
    origin, language = page_origin(request.headers), Preferences.read(request).language
    if kind == WEBPUSH and (known := _known_browser(address, services, caller, now)):
        changes = _Changes({"is_on": True}, None, address, origin, language)
        changed = _change(known, changes, services, now)
        return json_response({**to_json(changed, services), "secret": None})
    rule = apply_change(Rule(language=language), request[RULE])
    channel = channels.new_channel(caller.name, request[LABEL], address, now, rule, origin)
    if len(form) >= MIN_FORM:
        channel = replace(channel, id=_id_by_form(form, channel))
    stored = channels.create(services, channel, now, partial(_is_same_browser, address))
    if stored is channel:
        _record(request, services, caller, "made the channel", channel)
    shown = {**to_json(stored, services), "secret": stored.address.secret or None}
    return json_response(shown, 201 if stored is channel else 200)


def new_form() -> str:
    """Return the id of a form by which a person makes a channel."""
    return secrets.token_urlsafe()


def _id_by_form(form: str, channel: Channel) -> str:
    """Return the id of the channel that this form makes with what was typed."""
    made_of = [channel.owner, form, channel.label, channel.address.kind, channel.address.text]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def _is_same_browser(address: Address, channel: Channel) -> bool:
    return address.kind == WEBPUSH and endpoint_of(channel.address) == endpoint_of(address)


def change_channel(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the channel as it is now. Somebody else's an owner may switch off, no more."""
    now, channel = datetime.now(UTC), find_channel(request[CHANNEL], services, caller)
    label, text, rule = request[NEW_LABEL], request[NEW_ADDRESS], request[RULE_CHANGES]
    is_own = channel.owner == caller.name
    if not is_own and (label or text or rule != {"is_on": False}):
        raise HTTPProblemError(403, f"This channel is {channel.owner}'s: you may switch it off.")
    address = replace(channel.address, text=text) if text else None
    if address:
        _check_address(address, services, caller)
    changes = _Changes(rule, label, address)
    if is_own:
        language = Preferences.read(request).language
        changes = replace(changes, origin=page_origin(request.headers), language=language)
    changed = _change(channel, changes, services, now)
    _record(request, services, caller, "changed the channel", changed)
    return json_response(to_json(changed, services))


def remove_channel(request: Request, services: Services, caller: Caller) -> Response:
    """204. What waits for the channel is not sent any more."""
    channel = find_channel(request[CHANNEL], services, caller)
    channels.remove(services, channel.owner, channel.id, datetime.now(UTC))
    _record(request, services, caller, "removed the channel", channel)
    return Response(204)


def find_channel(channel_id: str, services: Services, caller: Caller) -> Channel:
    """Return a channel of the caller, or of anybody for an owner. Raises HTTPProblemError (404),
    the same for one that is not there and for one that the caller may not see."""
    is_id = len(channel_id) == 16 and set(channel_id) <= set("0123456789abcdef")
    found = channels.find_by_id(services.notifications, channel_id) if is_id else None
    if found is None or (found.owner != caller.name and not caller.is_owner):
        raise unknown_channel()
    return found


def unknown_channel() -> HTTPProblemError:
    """Return the problem for a channel that is not there."""
    return HTTPProblemError(404, "There is no such channel: it was removed.")


def resume(channel: Channel, services: Services, now: datetime) -> None:
    """Have a channel be sent what waits for it at once, also if it was stopped."""
    Outbox(services.notifications, channel.id).resume(now)
    services.notifier.put(ChannelMessage(channel.id), now)


def _known_browser(
    address: Address, services: Services, caller: Caller, now: datetime
) -> Channel | None:
    """Return the caller's channel of this browser. Those of other people for it are removed: who
    signs in here must not see their messages."""
    found = None
    for channel in channels.list_channels(services.notifications):
        if not _is_same_browser(address, channel):
            continue
        if channel.owner == caller.name:
            found = channel
        else:
            channels.remove(services, channel.owner, channel.id, now)
    return found


@dataclass(frozen=True, slots=True)
class _Changes:
    """What is None stays. `origin` and `language` are for a channel that has none yet."""

    rule: Mapping[str, Any]
    label: str | None = None
    address: Address | None = None
    origin: str = ""
    language: Language | None = None


def _change(channel: Channel, changes: _Changes, services: Services, now: datetime) -> Channel:
    """Store changes of a channel. With another address, or once it is switched on, it begins
    anew."""
    address = changes.address

    def change(current: Channel) -> Channel:
        rule = replace(current.rule, language=current.rule.language or changes.language)
        return replace(
            current,
            label=changes.label or current.label,
            address=replace(address, secret=current.address.secret) if address else current.address,
            rule=apply_change(rule, changes.rule),
            origin=current.origin or changes.origin,
        )

    changed = channels.update(services.notifications, channel.owner, channel.id, change)
    if changed is None:
        raise unknown_channel()
    if address or changes.rule.get("is_on"):
        resume(changed, services, now)
    return changed


def explained(why: str, caller: Caller) -> str | None:
    """Return why something was not sent as the caller may know it: an owner is told which setting
    would allow it. None for ""."""
    return (hosts.advice_for_owner(why) if caller.is_owner else why) or None


def _check_address(address: Address, services: Services, caller: Caller) -> None:
    problem = address_problem(address, rules_of(services.settings.network))
    if why := explained(problem or "", caller):
        raise HTTPProblemError(400, f"{why[0].upper()}{why[1:]}.")


def to_json(channel: Channel, services: Services) -> dict[str, object]:
    """Return the channel as the API has it, with its state. One request."""
    state = Outbox(services.notifications, channel.id).state()
    return channel_to_json(channel, state, services.settings.network)


def _record(
    request: Request, services: Services, caller: Caller, action: str, channel: Channel
) -> None:
    whose = "" if channel.owner == caller.name else f" of {channel.owner}"
    services.audit_log.record(request.headers, caller.actor, action, channel.label + whose)
