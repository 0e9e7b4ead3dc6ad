"""The routes of the pages for people. `/` and the pages' files are a route of `routes/__init__`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from function_app.http.authorization import Access
from function_app.http.parameters import PHOTO
from function_app.http.responses import Response
from function_app.http.route import GET_OR_HEAD, Endpoint, Inputs, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app.web import (
        alerts,
        calendar,
        choice,
        day,
        day_filter,
        devices,
        live,
        moved,
        notifications,
        pages,
        photo,
        problem_pages,
        sign_in,
        trash,
    )
    from function_app.web.settings import account, display
    from function_app.web.statistics import devices as statistics_of_devices
    from function_app.web.statistics import hours as statistics_of_hours
    from function_app.web.statistics import photos as statistics_of_photos
else:
    alerts = LazyModule("function_app.web.alerts")
    calendar = LazyModule("function_app.web.calendar")
    choice = LazyModule("function_app.web.choice")
    day = LazyModule("function_app.web.day")
    day_filter = LazyModule("function_app.web.day_filter")
    devices = LazyModule("function_app.web.devices")
    live = LazyModule("function_app.web.live")
    moved = LazyModule("function_app.web.moved")
    notifications = LazyModule("function_app.web.notifications")
    pages = LazyModule("function_app.web.pages")
    photo = LazyModule("function_app.web.photo")
    problem_pages = LazyModule("function_app.web.problem_pages")
    sign_in = LazyModule("function_app.web.sign_in")
    trash = LazyModule("function_app.web.trash")
    account = LazyModule("function_app.web.settings.account")
    display = LazyModule("function_app.web.settings.display")
    statistics_of_devices = LazyModule("function_app.web.statistics.devices")
    statistics_of_hours = LazyModule("function_app.web.statistics.hours")
    statistics_of_photos = LazyModule("function_app.web.statistics.photos")


def problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for a problem."""
    return problem_pages.problem_page(req, response)


def file_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for a problem, or the problem if no page was asked for."""
    return problem_pages.file_problem_page(req, response)


def api_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the same for what the API has for programs, and people open, too."""
    return problem_pages.api_problem_page(req, response)


def script_problem(req: func.HttpRequest, response: Response) -> Response:
    """Return a problem of the API in the language of the page whose script asks."""
    return problem_pages.script_problem(req, response)


def guest_file_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for a guest's problem, or the problem if no page was asked for."""
    return problem_pages.guest_file_problem_page(req, response)


def guest_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for a problem of somebody who has a link and no account."""
    return problem_pages.guest_problem_page(req, response)


def page(path: str, name: str, make_endpoint: Callable[[], Endpoint]) -> Route:
    """Return the route of a page that people see once they are signed in."""
    return Route(path, GET_OR_HEAD, Access.PAGE, name, make_endpoint, problem_page)


def form(path: str, name: str, make_endpoint: Callable[[], Endpoint]) -> Route:
    """Return the route to which a form of such a page posts."""
    return Route(path, ("POST",), Access.PAGE, name, make_endpoint, problem_page)


ROUTES: tuple[Route, ...] = (
    page("days", "get_days", lambda: Endpoint(calendar.get_days)),
    page(
        "days/{date}",
        "get_day",
        lambda: Endpoint(day.get_day, inputs=Inputs(path=(day_filter.DATE,))),
    ),
    page("photos", "get_photos", lambda: Endpoint(moved.get_photos)),
    page(
        "photos/{id}",
        "get_photo_page",
        lambda: Endpoint(photo.get_photo_page, inputs=Inputs(path=(PHOTO,))),
    ),
    form("choice/delete", "delete_chosen", lambda: Endpoint(choice.delete_chosen)),
    form("choice/restore", "restore_chosen", lambda: Endpoint(choice.restore_chosen)),
    form("choice/protect", "protect_chosen", lambda: Endpoint(choice.protect_chosen)),
    form("choice/correct", "correct_chosen", lambda: Endpoint(choice.correct_chosen)),
    form("choice/download", "download_chosen", lambda: Endpoint(choice.download_chosen)),
    form("choice/share", "share_chosen", lambda: Endpoint(choice.share_chosen)),
    page("alerts", "get_alerts_page", lambda: Endpoint(alerts.get_alerts_page)),
    form("alerts", "post_alerts_seen", lambda: Endpoint(alerts.post_alerts_seen)),
    page("devices", "get_devices_page", lambda: Endpoint(devices.get_devices_page)),
    page(
        "devices/{device}",
        "get_device_page",
        lambda: Endpoint(devices.get_device_page, inputs=Inputs(path=(devices.DEVICE,))),
    ),
    form(
        "devices/{device}",
        "post_device_command",
        lambda: Endpoint(devices.post_device_command, inputs=Inputs(path=(devices.DEVICE,))),
    ),
    form(
        "devices/{device}/key",
        "post_device_key",
        lambda: Endpoint(devices.post_device_key, inputs=Inputs(path=(devices.DEVICE,))),
    ),
    page(
        "live/{camera}",
        "get_live_page",
        lambda: Endpoint(live.get_live_page, inputs=Inputs(path=(live.CAMERA,))),
    ),
    form(
        "live/{camera}",
        "post_live_photo",
        lambda: Endpoint(live.post_live_photo, inputs=Inputs(path=(live.CAMERA,))),
    ),
    page("statistics", "get_statistics", lambda: Endpoint(statistics_of_photos.get_statistics)),
    page(
        "statistics/hours",
        "get_statistics_hours",
        lambda: Endpoint(statistics_of_hours.get_statistics_hours),
    ),
    page(
        "statistics/devices",
        "get_statistics_devices",
        lambda: Endpoint(statistics_of_devices.get_statistics_devices),
    ),
    page("trash", "get_trash_page", lambda: Endpoint(trash.get_trash_page)),
    page(
        "notifications",
        "get_notifications_page",
        lambda: Endpoint(notifications.get_notifications_page),
    ),
    form(
        "notifications/silence",
        "post_snooze",
        lambda: Endpoint(notifications.post_snooze),
    ),
    form(
        "notifications/channels",
        "post_channel",
        lambda: Endpoint(notifications.post_channel),
    ),
    form(
        "notifications/channels/{channel}",
        "post_rule",
        lambda: Endpoint(notifications.post_rule, inputs=Inputs(path=(notifications.CHANNEL,))),
    ),
    form(
        "notifications/channels/{channel}/action",
        "post_channel_action",
        lambda: Endpoint(
            notifications.post_channel_action, inputs=Inputs(path=(notifications.CHANNEL,))
        ),
    ),
    page("settings/account", "get_account_page", lambda: Endpoint(account.get_account_page)),
    page("settings/display", "get_display_page", lambda: Endpoint(display.get_display_page)),
    Route(
        "settings/display",
        ("POST",),
        Access.PAGE,
        "post_display",
        lambda: Endpoint(display.post_display),
        problem_page,
    ),
    Route(
        "sign-in",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_sign_in",
        lambda: Endpoint(sign_in.get_sign_in),
        problem_page,
    ),
    Route(
        "sign-in",
        ("POST",),
        Access.PUBLIC,
        "post_sign_in",
        lambda: Endpoint(sign_in.post_sign_in),
        problem_page,
    ),
    Route(
        "sign-out",
        ("POST",),
        Access.PUBLIC,  # a browser forgets its session also while that cannot be looked up
        "post_sign_out",
        lambda: Endpoint(sign_in.post_sign_out),
        problem_page,
    ),
)
