"""The routes of cameras: what was received from each, what each was doing, and alerts."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.route import GET, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule
from photo_wire.alert import ALERTS_PATH

if TYPE_CHECKING:
    from function_app.alerts import api as alerts
    from function_app.days import api as days
    from function_app.days import timeline
    from function_app.maintenance import api as maintenance
    from function_app.stats import api as stats
else:
    alerts = LazyModule("function_app.alerts.api")
    days = LazyModule("function_app.days.api")
    timeline = LazyModule("function_app.days.timeline")
    maintenance = LazyModule("function_app.maintenance.api")
    stats = LazyModule("function_app.stats.api")


ROUTES: tuple[Route, ...] = (
    Route(
        "api/cameras/{camera}/timeline",
        GET,
        Access.READER,
        "get_timeline",
        lambda: Endpoint(
            timeline.get_timeline,
            Operation(
                "Get what a camera was doing, to the minute and without gaps, as of now. At most "
                "31 days.",
                {200: "Timeline"},
                (404, 422),
            ),
            Inputs(path=(timeline.CAMERA,), query=timeline.PARAMETERS),
        ),
    ),
    Route(
        "api/lanes",
        GET,
        Access.READER,
        "get_lanes",
        lambda: Endpoint(
            days.get_lanes,
            Operation(
                "Get what all cameras were doing, to the minute and without gaps, as of the last "
                "count. At most 7 days.",
                {200: "Lanes"},
            ),
            Inputs(query=days.PARAMETERS),
        ),
    ),
    Route(
        "api/cameras",
        GET,
        Access.READER,
        "list_cameras",
        lambda: Endpoint(
            stats.list_cameras,
            Operation(
                "List the cameras, with what was received from each and when.", {200: "Cameras"}
            ),
            Inputs(query=stats.CAMERAS_PARAMETERS),
        ),
    ),
    Route(
        "api/cameras/{name}",
        ("DELETE",),
        Access.ADMIN,
        "delete_camera",
        lambda: Endpoint(
            maintenance.delete_camera,
            Operation(
                "Remove a camera with its photos, its alerts and its stats. They cannot be "
                "restored.",
                {200: "RemovedCamera"},
                (404,),
            ),
            Inputs(path=(maintenance.CAMERA,)),
        ),
    ),
    Route(
        "api/days",
        GET,
        Access.READER,
        "list_days",
        lambda: Endpoint(
            stats.list_days,
            Operation("Count the photos of each day (UTC).", {200: "Days"}),
            Inputs(query=stats.DAYS_PARAMETERS),
        ),
    ),
    Route(
        "api/stats",
        GET,
        Access.READER,
        "get_stats",
        lambda: Endpoint(
            stats.get_stats,
            Operation(
                "Count the photos that were received, that are stored and that were lost, by "
                "camera and day (UTC).",
                {200: "Stats"},
            ),
            Inputs(query=stats.STATS_PARAMETERS),
        ),
    ),
    Route(
        "api/status",
        GET,
        Access.READER,
        "get_status",
        lambda: Endpoint(
            stats.get_status,
            Operation(
                "Get the system status: totals, last photo, last cleanup and repair.",
                {200: "Status"},
            ),
            Inputs(query=()),
        ),
    ),
    Route(
        ALERTS_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        "post_alerts",
        lambda: Endpoint(
            alerts.post_alerts,
            Operation(
                "Record alerts, such as the loss of a photo.", {200: "AlertsReceipt"}, (422, 429)
            ),
            Inputs(body=alerts.NEW_ALERTS),
        ),
    ),
    Route(
        "api/alerts",
        GET,
        Access.READER,
        "list_alerts",
        lambda: Endpoint(
            alerts.list_alerts,
            Operation("List alerts, the last received first.", {200: "AlertPage"}),
            Inputs(query=alerts.PARAMETERS),
        ),
    ),
)
