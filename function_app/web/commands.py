"""What became of a command, for the scripts of pages: in their language."""

import json
from dataclasses import replace

from function_app.auth.caller import Caller
from function_app.devices import command_history
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.services import Services
from function_app.web.problem_pages import say_to_script


def get_command(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a command and what became of it."""
    response = command_history.get_command(request, services, caller)
    command = json.loads(response.body)
    detail = say_to_script(command["detail"] or "", request)
    return (
        replace(response, body=json.dumps(command | {"detail": detail}).encode())
        if detail
        else response
    )
