"""A small FunctionApp that shows what the host passes to an app, and how it sends responses."""

import json

import azure.functions as func


def toy_app() -> func.FunctionApp:
    """Return a new app: an app returns its functions only once."""
    app = func.FunctionApp()
    anonymous = func.AuthLevel.ANONYMOUS

    @app.route("api/echo", methods=["GET", "PUT"], auth_level=anonymous)
    def echo(req: func.HttpRequest) -> func.HttpResponse:
        request = {
            "method": req.method,
            "url": req.url,
            "headers": dict(req.headers),
            "params": dict(req.params),
            "size": len(req.get_body()),
        }
        return func.HttpResponse(json.dumps(request), mimetype="application/json")

    @app.route("api/locked", methods=["PUT"])
    def locked(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(str(len(req.get_body())))

    @app.route("api/photos/{id}", methods=["GET", "HEAD"], auth_level=anonymous)
    def photo(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"photo {req.route_params['id']}")

    @app.route("api/photos/{id}", methods=["DELETE"], auth_level=anonymous)
    def delete(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(status_code=204)

    @app.route("api/photos/newest", methods=["GET"], auth_level=anonymous)
    def newest(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("the newest")

    @app.route("api/days/{day?}", methods=["GET"], auth_level=anonymous)
    def day(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"day {req.route_params.get('day')}")

    @app.route("api/unchanged", methods=["GET"], auth_level=anonymous)
    def unchanged(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(status_code=304, headers={"ETag": '"a"'})

    @app.route("api/session", methods=["POST"], auth_level=anonymous)
    def session(req: func.HttpRequest) -> func.HttpResponse:
        response = func.HttpResponse("in")
        response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
        response.headers.add("Set-Cookie", "b=2; Secure")
        return response

    @app.route("api/broken", methods=["GET"], auth_level=anonymous)
    def broken(req: func.HttpRequest) -> func.HttpResponse:
        raise RuntimeError("a defect in the app")

    @app.route("{*path}", methods=["GET"], auth_level=anonymous)
    def page(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"page {req.route_params.get('path')}")

    @app.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
    def timer_function(timer: func.TimerRequest) -> None:
        """Not HTTP: the host ignores it."""

    return app
