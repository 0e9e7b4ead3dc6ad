"""The page that says what is kept, and how long."""

import re

from function_app.auth.caller import Role
from function_app.retention_policy import parse_retention
from function_app.settings import Settings
from function_app.web.settings.retention import RULES
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor


def facts(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))


def test_the_times_are_those_by_which_things_are_deleted() -> None:
    services = memory_services(
        Settings("", retention=parse_retention("90d, gate=1d, site=forever"))
    )
    found = facts(Visitor(services).page("/settings/retention"))
    assert found["Photos of all other cameras"] == "90 days"
    assert found["Photos of gate"] == "1 day"
    assert found["Photos of site"] == "for ever"
    assert found["Deleted photos in the trash"] == "7 days"
    assert found["Sessions, after the sign-in"] == "14 days"
    assert found["The audit log, without failed sign-ins"] == "until somebody removes it"
    assert found["Alerts"] == "until somebody removes them"
    assert len(found) == len(RULES) + 4


def test_a_viewer_sees_no_other_camera() -> None:
    services = memory_services(
        Settings("", retention=parse_retention("forever, gate=1d, drive=2d"))
    )
    vera = Visitor(services, "vera", Role.VIEWER, frozenset({"gate"}))
    page = vera.page("/settings/retention")
    assert facts(page)["Photos of all other cameras"] == "for ever"
    assert "drive" not in page
    other = Visitor(memory_services(Settings("")), "vera", Role.VIEWER)
    assert facts(other.page("/settings/retention"))["Photos of all cameras"] == "120 days"
