"""The form of a channel's rule."""

from typing import Any

import pytest

from function_app.notifications.rule_json import apply_change, rule_to_json
from function_app.notify.rules import Rule
from function_app.web.rule_form import FormTextError, form_of, read_rule_form
from photo_wire.errors import WireError

FIELDS = {
    "label": ["my phone"],
    "camera": ["gate", "yard"],
    "trigger": ["motion"],
    "alert": ["loss", "silent"],
    "day": ["0", "6"],
    "hours-from": ["08:00"],
    "hours-to": ["20:00"],
    "quiet-from": [""],
    "quiet-to": [""],
    "zone": ["Europe/Berlin"],
    "language": ["de"],
    "interval": ["7"],
}


def pairs(fields: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the fields as a browser sends them."""
    return [(name, value) for name, values in fields.items() for value in values]


def channel(**rule: Any) -> dict[str, Any]:
    return {"label": "my phone", "rule": {**rule_to_json(Rule()), **rule}}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"cameras": ["gate"], "triggers": [], "alerts": [], "days": []},
        {"labels": ["car", "person"]},
        {"alerts": ["loss", "of-a-later-version"], "quiet": {"from": "22:00", "to": "06:30"}},
    ],
)
def test_a_form_that_nobody_changed_changes_nothing(rule: dict[str, Any]) -> None:
    """Also kinds of alerts that a later version knows."""
    before = channel(**rule)
    after = rule_to_json(apply_change(Rule(), form_of(before).to_change()))
    assert after == before["rule"]


def test_labels_are_written_as_people_write_them() -> None:
    form = read_rule_form([*pairs(FIELDS), ("labels", "Person, Cell Phone,")], channel())
    rule = rule_to_json(apply_change(Rule(), form.to_change()))
    assert rule["labels"] == ["cell-phone", "person"]


def test_what_is_chosen_is_the_rule() -> None:
    later = channel(alerts=["of-a-later-version"])
    rule = rule_to_json(apply_change(Rule(), read_rule_form(pairs(FIELDS), later).to_change()))
    assert rule["cameras"] == ["gate", "yard"]
    assert rule["triggers"] == ["motion"]
    assert rule["alerts"] == ["loss", "of-a-later-version", "silent"]
    assert rule["days"] == [0, 6]
    assert (rule["hours"], rule["quiet"]) == ({"from": "08:00", "to": "20:00"}, None)
    assert (rule["zone"], rule["language"]) == ("Europe/Berlin", "de")
    assert rule["interval_minutes"] == 7


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"camera": []}, FormTextError),
        ({"quiet-from": ["22:00"]}, FormTextError),
        ({"quiet-from": ["25:00"], "quiet-to": ["06:00"]}, WireError),
        ({"interval": [""]}, WireError),
        ({"interval": ["-1"]}, WireError),
        ({"interval": ["9" * 5000]}, WireError),
        ({"zone": ["../etc/passwd"]}, WireError),
        ({"language": ["fr"]}, WireError),
        ({"camera": ["no/camera"]}, WireError),
        ({"trigger": ["dance"]}, WireError),
        ({"labels": ["Größe"]}, WireError),
    ],
)
def test_what_is_wrong_is_rejected(changed: dict[str, list[str]], error: type[Exception]) -> None:
    form = read_rule_form(pairs({**FIELDS, **changed}), channel())
    with pytest.raises(error):
        form.to_change()
    assert form.label == "my phone"  # what was typed stays
