"""The routes of health, and what an owner runs by hand: cleanup and repair."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.route import GET_OR_HEAD, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app import health
    from function_app.maintenance import api as maintenance
else:
    health = LazyModule("function_app.health")
    maintenance = LazyModule("function_app.maintenance.api")


ROUTES: tuple[Route, ...] = (
    Route(
        "api/cleanup/run",
        ("POST",),
        Access.ADMIN,
        "run_cleanup",
        lambda: Endpoint(
            maintenance.run_cleanup,
            Operation(
                "Delete photos that retention no longer keeps, up to 1,000 in a run.",
                {200: "CleanedUp"},
            ),
            Inputs(body=maintenance.CLEANUP_OPTIONS),
        ),
    ),
    Route(
        "api/repair/run",
        ("POST",),
        Access.ADMIN,
        "run_repair",
        lambda: Endpoint(
            maintenance.run_repair,
            Operation(
                "Make the index agree with the blobs; `everything` rebuilds it.", {200: "Repaired"}
            ),
            Inputs(body=maintenance.REPAIR_OPTIONS),
        ),
    ),
    Route(
        "api/health",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_health",
        lambda: Endpoint(
            health.get_health,
            Operation(
                "Check that the settings are right and that storage answers.", {200: "Health"}
            ),
        ),
    ),
)
