"""`GET /api/lanes`: what cameras did in each minute."""

from datetime import UTC, datetime, timedelta

from function_app.auth.caller import Caller
from function_app.days.lanes import lanes
from function_app.days.timeline import whole_minutes
from function_app.http.parameters import CAMERA, MOMENT, optional
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.services import Services
from photo_wire.moment import format_time

MAX_RANGE = timedelta(days=7)
FROM = optional("from", MOMENT, "Begin with the minute of this moment; by default a day before.")
TO = optional("to", MOMENT, "End with the minute before this moment; by default now.")
PARAMETERS = (FROM, TO, CAMERA)


def get_lanes(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the intervals of each camera that the caller may see, by its name, as of the last
    run of the counting timer."""
    now = datetime.now(UTC)
    start, end = whole_minutes(request[FROM], request[TO], now, MAX_RANGE)
    camera = request[CAMERA]
    found = lanes(services, caller, (start, end), now, None if camera is None else {camera})
    as_of = max((one.as_of for one in found if one.as_of), default=None)
    return json_response(
        {
            "as_of": format_time(as_of) if as_of else None,
            "lanes": [
                {
                    "camera": one.camera,
                    "intervals": [interval.describe() for interval in one.intervals],
                }
                for one in found
            ],
        }
    )
