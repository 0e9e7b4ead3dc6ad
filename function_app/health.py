"""`GET /api/health`: whether photos can come in and be looked at."""

import azure.functions as func

from function_app.access import require_token
from function_app.backend import Backend
from function_app.replies import Reply, json_reply
from photo_wire import __version__


def get_health(req: func.HttpRequest, backend: Backend) -> Reply:
    """200 if the settings are right and both stores answer; else 503 with what is missing."""
    require_token(backend.settings.read_token)
    backend.blobs.check()
    backend.index.check()
    return json_reply({"status": "ok", "version": __version__})
