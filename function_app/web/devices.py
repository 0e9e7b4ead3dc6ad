"""`/devices`: how each device is; `/devices/{device}`: one of them, what was asked of it and what
became of that, and the keys about which an owner decides. All of it works without JavaScript."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from function_app.auth.caller import Caller, Scope
from function_app.devices import command_api, command_history, keys
from function_app.devices.api import read_device, read_devices
from function_app.devices.views import UNREACHABLE
from function_app.http.json_schema import text
from function_app.http.parameters import TEXT, Kind, defaulting, optional, required, whole_number
from function_app.http.request import FormBody, Request
from function_app.http.responses import Response, redirect
from function_app.problems import HTTPProblemError, no_such_page
from function_app.services import Services
from function_app.web.followed import render_followed
from function_app.web.form_problems import FormError, problem_text, with_problem
from photo_wire import command as wire
from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time

DEVICE = keys.DEVICE
HOURS_CHOICES = (1, 8, 24, 0)  # how long a camera is disarmed or uploads are paused; 0: no end
_OPEN = ("asked", "taken")
_CHANGES_STATE = ("arm", "disarm", "pause", "resume", "restart")
_ANSWER_AWAITED = timedelta(minutes=1)  # a device reads its commands every 20 s
_REPORT_AWAITED = timedelta(seconds=30)  # after such a command was done
_STATUS_SHOWN = timedelta(minutes=10)  # of the newest command
_OF_FINDING = ("what", "verdict", "sentence", "next_step")
_WITH_END = (wire.Kind.DISARM, wire.Kind.PAUSE)
_SHARED = {
    "unreachable": UNREACHABLE,
    "kinds": tuple(wire.Kind),
    "severities": ("ok", "warning", "bad"),  # of the doctor's findings
    "identity_command": "sudo pi-uploader identity",
}

# What a button asks for: a kind of command, and for which camera if it is for one.
ASK = required("ask", TEXT)
HOURS = optional("hours", whole_number(0, 24, "a number of hours"))
COMMAND_FORM = FormBody((ASK, HOURS))
DECISION = required("decision", Kind(text(), "a decision", lambda value, name: _decision(value)))
OWN_KEY = defaulting("fingerprint", TEXT, "")
KEY_FORM = FormBody((DECISION, OWN_KEY))


def _decision(value: str) -> tuple[bool, str]:
    """Return whether something is approved, and its fingerprint or the camera that is meant, from
    "approve" or "reject", a space, and that."""
    verb, _, meant = value.partition(" ")
    if verb not in ("approve", "reject"):
        raise WireError("decision", "must begin with approve or reject")
    return verb == "approve", meant


def get_devices_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; with `?part` its list alone, and 304 if it is as before. Three requests to
    the tables, with that of the session, for up to a thousand devices and cameras."""
    now = datetime.now(UTC)
    seen = _last_seen(services, caller)
    found = read_devices(services, caller, now, as_kept=True)
    devices = [_prepare(one, seen, now) for one in found]
    values = {"devices": devices, "seen": seen}
    return render_followed("devices", request, caller, {**_SHARED, **values})


def get_device_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; with `?part` what changes of it, and 304 if that is as before. With
    `?command=` it has the output of this command."""
    return _page(request, services, caller, {"problem": "", "hours": HOURS_CHOICES[0]})


def post_device_command(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page, where the button has the focus, once the device is asked; the page with the
    problem if it cannot be."""
    if Scope.CONTROL not in caller.scopes:
        raise no_such_page()
    form = COMMAND_FORM.read(request.body)
    kind, _, camera = form[ASK].partition(" ")
    until = None
    if kind in _WITH_END and form[HOURS] is None:  # "no end" is chosen, never left out
        raise WireError("hours", f"is missing; it must be {HOURS.kind.expected}")
    if kind in _WITH_END and form[HOURS]:
        until = datetime.now(UTC) + timedelta(hours=form[HOURS])
    values: dict[Any, Any] = {
        DEVICE: request[DEVICE],
        command_api.KIND: command_api.KIND.kind.parse(kind, "ask"),
        command_api.OF_CAMERA: command_api.OF_CAMERA.kind.parse(camera, "ask") if camera else None,
        command_api.UNTIL: until,
        command_api.MAX_LINES: None,
        command_api.EXPIRES_IN: command_api.DEFAULT_TTL,
    }
    try:
        command_api.post_command(replace(request, values=values), services, caller)
    except FormError as error:
        shown = {"problem": problem_text(error, request), "hours": form[HOURS]}
        return with_problem(_page(request, services, caller, shown), error)
    button = f"arm-{camera}" if camera else {"resume": "pause"}.get(kind, kind)
    return redirect(f"/devices/{request[DEVICE]}#{button}")


def post_device_key(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page once the decision about a key or a camera is stored; the page with the
    problem if it is not."""
    if Scope.ADMIN not in caller.scopes or caller.cameras is not None:
        raise no_such_page()
    form = KEY_FORM.read(request.body)
    is_approved, meant = form[DECISION]
    camera = meant if form[OWN_KEY] else None
    values: dict[Any, Any] = {
        DEVICE: request[DEVICE],
        keys.FINGERPRINT: form[OWN_KEY] or meant,
        keys.APPROVE: is_approved,
        keys.CHOSEN_CAMERAS: frozenset({camera}) if camera else None,
    }
    try:
        keys.decide_key(replace(request, values=values), services, caller)
    except FormError as error:
        shown = {"key_problem": problem_text(error, request)}
        return with_problem(_page(request, services, caller, shown), error)
    return redirect(f"/devices/{request[DEVICE]}#key-title")


def _page(
    request: Request, services: Services, caller: Caller, form: Mapping[str, object]
) -> Response:
    """Return the page of a device. `form` has what was wrong with a form, and what it had."""
    device, now = request[DEVICE], datetime.now(UTC)
    seen = _last_seen(services, caller)
    found = _prepare(read_device(device, services, caller, now), seen, now)
    may_ask = Scope.CONTROL in caller.scopes
    chosen = request.http.params.get("command")
    commands = command_history.read_commands(device, services, caller, chosen) if may_ask else []
    newest = commands[0] if commands and _is_recent(commands[0], now) else None
    values = {
        "device": found,
        "seen": seen,
        "commands": commands,
        "chosen": chosen,
        "newest": newest,
        "is_pending": newest is not None and _is_pending(newest, found, now),
        "findings": {one["id"]: _findings(one) for one in commands},
        **_keys(device, services, caller, now),
        "hours_choices": HOURS_CHOICES,
        "problem": "",
        "key_problem": "",
        "hours": HOURS_CHOICES[0],
        **form,
    }
    return render_followed("device", request, caller, {**_SHARED, **values})


def _prepare(device: Mapping[str, Any], seen: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return a device with whether its uploads are paused now, and when it was last heard of: by a
    report or a photo."""
    times = [seen.get(one["camera"]) for one in device["cameras"]]
    return {
        **device,
        "is_paused": is_paused(device, now),
        "last_at": max((one for one in (device["received_at"], *times) if one), default=None),
    }


def is_paused(device: Mapping[str, Any], now: datetime) -> bool:
    """Return whether a device's uploads are paused now."""
    end = device["paused_until"]
    return end is not None and parse_time(end) > now


def _last_seen(services: Services, caller: Caller) -> dict[str, str]:
    """Return when the last photo or stub of each camera came, which may be after its device's
    report."""
    seen = services.index.cameras(caller.cameras)
    return {camera: format_time(one.arrived_at) for camera, one in seen.items()}


def _keys(device: str, services: Services, caller: Caller, now: datetime) -> dict[str, object]:
    """Return the keys of a device, for an owner, and which devices have the cameras it wants."""
    if Scope.ADMIN not in caller.scopes:
        return {"keys": None, "owners": {}}
    try:
        found = keys.read_keys(device, services)
    except HTTPProblemError:  # a device without a key
        return {"keys": None, "owners": {}}
    device_of = services.device_keys.bindings.device_of
    return {"keys": found, "owners": {one: device_of(one, now) for one in found["wanted"]}}


def _is_recent(command: Mapping[str, Any], now: datetime) -> bool:
    finished_at = command["finished_at"] or command["expires_at"]
    return command["state"] in _OPEN or now - parse_time(finished_at) < _STATUS_SHOWN


def _is_pending(command: Mapping[str, Any], device: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the page is to look again soon: a command was asked, or has changed the state
    that the next heartbeat reports."""
    if command["state"] in _OPEN:
        return now - parse_time(command["asked_at"]) < _ANSWER_AWAITED
    if command["state"] != "done" or command["kind"] not in _CHANGES_STATE:
        return False
    end = parse_time(command["finished_at"])
    if now - end >= _REPORT_AWAITED:
        return False
    if device["state"] == "off" or not device["received_at"]:
        return True
    heard_at = parse_time(device["received_at"])
    # The heartbeat with the result of a restart is one of before it.
    return heard_at <= end if command["kind"] == "restart" else heard_at < end


def _findings(command: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """Return what `pi-uploader doctor --json` found; None for another command, and for a report
    that was cut."""
    if command["kind"] != wire.Kind.DOCTOR or not command["output"]:
        return None
    try:
        found = json.loads(command["output"])
        return [{name: str(one.get(name) or "") for name in _OF_FINDING} for one in found]
    except (ValueError, RecursionError, TypeError, AttributeError):
        return None
