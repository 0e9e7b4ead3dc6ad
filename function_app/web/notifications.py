"""`/notifications`: where a person is told of photos and alerts, and when; silence for a while; and
what became of the last messages. All but Web Push works without JavaScript."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

from function_app.auth.caller import Caller
from function_app.http.parameters import TEXT, choice, defaulting, required, whole_number
from function_app.http.preferences import Preferences
from function_app.http.request import FormBody, Request, parse_form
from function_app.http.responses import Response, redirect
from function_app.localization.sentences import say
from function_app.localization.translation import LANGUAGES, Translation
from function_app.notifications import channels, messages
from function_app.notifications.channel_json import APPRISE, FAILING, STOPPED, WEBHOOK
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.web.followed import render_followed
from function_app.web.form_problems import FormError, problem_text, with_problem
from function_app.web.rule_form import (
    ALERTS,
    DAYS,
    FormTextError,
    RuleForm,
    form_of,
    read_rule_form,
)
from photo_wire.errors import WireError
from photo_wire.headers import Trigger
from photo_wire.moment import parse_time

CHANNEL = channels.CHANNEL
PATH = "/notifications"
SHOWN_DELIVERIES = 20
SNOOZE_MINUTES = (60, 480, 1440, 10_080)
_TROUBLE = (STOPPED, FAILING)
# What people choose from, and the reasons for which the page has words of its own.
_CHOICES = {
    "minutes": SNOOZE_MINUTES,
    "triggers": [str(one) for one in Trigger],
    "alerts": ALERTS,
    "days": DAYS,
    "kinds": (APPRISE, WEBHOOK),
    "languages": LANGUAGES,
    "zones": ["UTC", *sorted(one for one in available_timezones() if "/" in one)],
    "reasons": ("hours", "quiet-hours", "snoozed", "deleted", "not-allowed", "unwanted"),
}

OF_CAMERA = required("camera", TEXT)  # "" for all: a form without it silences nothing
MINUTES = required("minutes", whole_number(0, SNOOZE_MINUTES[-1], "a number of minutes"))
SNOOZE_FORM = FormBody((OF_CAMERA, MINUTES))
LABEL, KIND = defaulting("label", TEXT, ""), defaulting("kind", TEXT, APPRISE)
ADDRESS, FORM_ID = defaulting("address", TEXT, ""), defaulting("form", TEXT, "")
NEW_FORM = FormBody((LABEL, KIND, ADDRESS, FORM_ID))
DO = required("do", choice(("test", "on", "off", "remove")))
DO_FORM = FormBody((DO,))


def get_notifications_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; with `?part` what changes of it, and 304 if that is as before. `?snooze=`
    is a camera to be chosen; `?saved=` and `?tested=` say what was done to a channel, `?failed=`
    of which channel to show what failed."""
    return _page(request, services, caller)


def post_snooze(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page once a camera, or all, are silent, or no longer."""
    t = Translation(Preferences.read(request).language)
    try:
        form = SNOOZE_FORM.read(request.body)
    except WireError as error:
        shown = {"problems": {"snooze": t("notifications.choose_silence")}}
        return with_problem(_page(request, services, caller, shown), error)
    camera = form[OF_CAMERA] or None
    try:
        values: dict[Any, Any] = {
            messages.CAMERA: messages.CAMERA.kind.parse(camera, "camera") if camera else None,
            messages.MINUTES: form[MINUTES],
            messages.ONE_CHANNEL: None,
        }
        if not channels.read_channels(services, caller):
            nothing = HTTPProblemError(409, "There is no channel to silence.")
            return with_problem(_page(request, services, caller), nothing)  # the page says it
        messages.snooze(replace(request, values=values), services, caller)
    except FormError as error:
        shown = {"problems": {"snooze": problem_text(error, request)}}
        return with_problem(_page(request, services, caller, shown), error)
    return redirect(f"{PATH}#silence-title")


def post_channel(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page with the new channel; for a webhook the page with the secret, which is shown
    this once; the page with the problem and what was typed, except the address, which may have a
    password in it, if there is one."""
    form = NEW_FORM.read(request.body)
    zone = Preferences.read(request).zone_name
    try:
        values: dict[Any, Any] = {
            channels.LABEL: channels.LABEL.kind.parse(form[LABEL], "name"),
            channels.KIND: channels.KIND.kind.parse(form[KIND], "kind"),
            channels.ADDRESS: channels.ADDRESS.kind.parse(form[ADDRESS], "address"),
            channels.RULE: {"zone": zone} if zone else {},
        }
        asked = replace(request, values=values)
        reply = channels.make_channel(asked, services, caller, form[FORM_ID])
    except FormError as error:
        new = {"label": form[LABEL], "kind": form[KIND]}
        shown = {"new": new, "problems": {"new": problem_text(error, request)}}
        return with_problem(_page(request, services, caller, shown), error)
    made = json.loads(reply.body)
    if made["secret"]:
        return _page(request, services, caller, {"secret": made["secret"]})
    return redirect(f"{PATH}#channel-{made['id']}")


def post_rule(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page once the rule and the name of a channel are stored; the page with the problem
    and what was typed if there is one."""
    channel = _find(request, services, caller)
    form = read_rule_form(parse_form(request.body), channel)
    t = Translation(Preferences.read(request).language)
    try:
        values: dict[Any, Any] = {
            CHANNEL: request[CHANNEL],
            channels.NEW_LABEL: channels.LABEL.kind.parse(form.label, "name"),
            channels.NEW_ADDRESS: None,
            channels.RULE_CHANGES: form.to_change(),
        }
        channels.change_channel(replace(request, values=values), services, caller)
    except FormTextError as error:
        shown = {"typed": {channel["id"]: form.with_problem(t(error.key))}}
        return replace(_page(request, services, caller, shown), status=400)
    except FormError as error:
        wrong = error.field if isinstance(error, WireError) else ""
        typed = form.with_problem(problem_text(error, request), wrong)
        shown = {"typed": {channel["id"]: typed}}
        return with_problem(_page(request, services, caller, shown), error)
    return redirect(f"{PATH}?saved={channel['id']}#rule-{channel['id']}")


def post_channel_action(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page once a channel is tested, switched on or off, or removed; the page with the
    problem beside the channel if there is one."""
    channel_id, action = request[CHANNEL], DO_FORM.read(request.body)[DO]
    values: dict[Any, Any] = {CHANNEL: channel_id}
    try:
        if action == "test":
            return _test(replace(request, values=values), services, caller)
        if action == "remove":
            channels.remove_channel(replace(request, values=values), services, caller)
            return redirect(f"{PATH}#channels-title")
        values |= {channels.NEW_LABEL: None, channels.NEW_ADDRESS: None}
        values[channels.RULE_CHANGES] = {"is_on": action == "on"}
        reply = channels.change_channel(replace(request, values=values), services, caller)
    except FormError as error:
        shown = {"problems": {channel_id: problem_text(error, request)}}
        return with_problem(_page(request, services, caller, shown), error)
    is_own = json.loads(reply.body)["owner"] == caller.name
    return redirect(f"{PATH}#{f'switch-{channel_id}' if is_own else 'others-title'}")


def _test(request: Request, services: Services, caller: Caller) -> Response:
    channel_id = request[CHANNEL]
    result = json.loads(messages.send_test(request, services, caller).body)
    if result["sent"]:
        return redirect(f"{PATH}?tested={channel_id}#test-{channel_id}")
    preferences = Preferences.read(request)
    key = "notifications.test_failed_why" if result["why"] else "notifications.test_failed"
    why = say(result["why"] or "", preferences.language, preferences.zone)
    problem = Translation(preferences.language)(key, why=why)
    return _page(request, services, caller, {"problems": {channel_id: problem}})


def _find(request: Request, services: Services, caller: Caller) -> Mapping[str, Any]:
    """Return a channel of the caller as the API has it. Raises HTTPProblemError (404)."""
    found = channels.find_channel(request[CHANNEL], services, caller)
    if found.owner != caller.name:
        raise channels.unknown_channel()
    return channels.to_json(found, services)


def _page(
    request: Request, services: Services, caller: Caller, form: Mapping[str, Any] | None = None
) -> Response:
    """Return the page. `form` has what was wrong with a form, and what it had."""
    query = request.http.params if request.method != "POST" else {}
    found = channels.read_channels(services, caller, is_of_all=caller.is_owner)
    own = [one for one in found if one["owner"] == caller.name]
    own.sort(key=lambda one: str(one["created_at"]))
    others = [one for one in found if one["owner"] != caller.name]
    others.sort(key=lambda one: (one["state"] not in _TROUBLE, one["owner"], one["label"]))
    failed = query.get("failed", "")
    values = {
        **{name: query.get(name, "") for name in ("snooze", "saved", "tested")},
        "part_of": f"{PATH}?{f'failed={quote(failed)}&' if failed else ''}part",
        "cameras": sorted(services.index.cameras(caller.cameras)),
        "channels": own,
        "others": others,
        "labels": {one["id"]: one["label"] for one in found},
        "deliveries": messages.read_deliveries(services, caller, SHOWN_DELIVERIES),
        "silences": _silences(own, datetime.now(UTC)),
        "failed": failed,
        "failures": _failures(failed, services, caller),
        "choices": _CHOICES,
        "new": {"label": "", "kind": APPRISE},
        "secret": "",
        "problems": {},
        "typed": {},
        **(form or {}),
    }
    typed: Mapping[str, RuleForm] = values["typed"]
    values["forms"] = {one["id"]: typed.get(one["id"]) or form_of(one) for one in own}
    fresh = {"new_form": channels.new_form()}
    return render_followed("notifications", request, caller, values, fresh)


def _silences(own: Iterable[Mapping[str, Any]], now: datetime) -> list[tuple[str, str]]:
    """Return until when each camera is silent on one of the channels at least; "" for all
    cameras."""
    ends: dict[str, str] = {}
    for channel in own:
        rule = channel["rule"]
        found = {**rule["snoozed_cameras"], "": rule["snoozed_until"]}
        for camera, end in found.items():
            if end and parse_time(end) > now:
                ends[camera] = max(end, ends.get(camera, ""))
    return sorted(ends.items())


def _failures(channel_id: str, services: Services, caller: Caller) -> list[dict[str, object]]:
    """Return the last messages that could not be sent to a channel; none for "", and for a channel
    that is gone or not the caller's to see."""
    if not channel_id:
        return []
    try:
        found = messages.read_deliveries(services, caller, SHOWN_DELIVERIES, channel_id)
    except HTTPProblemError:
        return []
    return [one for one in found if one["state"] == "failed"]
