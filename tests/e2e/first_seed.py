"""The requests of the oldest client (docs/seeds.md, its first table), in both forms.

No new header, no id, no capture time; any 2xx counts as success and the reply's body is not read.
"""

import requests

_SECONDS = 90  # they waited 30; a test waits for a busy machine, too


def send_with_header(base_url: str, picture: bytes, function_key: str) -> bool:
    """Send as the older client and its README do; return whether it takes this as a success."""
    reply = requests.put(
        f"{base_url}/api/camera/photo",
        data=picture,
        headers={"Content-Type": "image/jpeg", "x-functions-key": function_key},
        timeout=_SECONDS,
    )
    return 200 <= reply.status_code < 300


def send_with_query(
    base_url: str, picture: bytes, function_key: str, website_id: str, camera_name: str
) -> bool:
    """Send as the newer client does; return whether it takes this as a success."""
    reply = requests.put(
        f"{base_url}/api/camera/photo",
        params={"websiteId": website_id, "cameraName": camera_name, "code": function_key},
        data=picture,
        headers={"Content-Type": "image/jpeg"},
        timeout=_SECONDS,
    )
    return 200 <= reply.status_code < 300
