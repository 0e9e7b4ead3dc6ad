"""Writes the parameters for main.json: what was set before, and what is asked for now.

parameters.py BEFORE SETTINGS AFTER NAME=VALUE... <SECRETS

BEFORE holds the parameters of the last deployment, SETTINGS the app's settings, both as az tells
them; AFTER is written, and beside it `read-token`. On standard input come a new password and a new
read token, a line each; an empty one leaves what is set, and makes one up where nothing is. They
come this way so that no process list shows them. Says what AFTER holds, without the secrets.
"""

import json
import re
import secrets
import sys
from pathlib import Path
from typing import Any

TEMPLATE = json.loads(Path(__file__).with_name("main.json").read_text())
RULES: dict[str, dict[str, Any]] = TEMPLATE["parameters"]
SECRETS = {"galleryPassword": "GALLERY_PASSWORD", "readToken": "READ_TOKEN"}
KEPT = {"adminToken": "ADMIN_TOKEN"}  # set by hand, and left as it is
_RETENTION = re.compile(
    r"(?:[1-9][0-9]{0,4}d|forever)(?:,[a-z0-9-]+=(?:[1-9][0-9]{0,4}d|forever))*"
)


def main(before_path: str, settings_path: str, after_path: str, *asked: str) -> None:
    """Write AFTER and say what is in it."""
    said = json.loads(Path(before_path).read_text()) or {}
    settings = {one["name"]: one["value"] for one in json.loads(Path(settings_path).read_text())}
    before = {name: one["value"] for name, one in said.items() if name in RULES and "value" in one}
    after = dict(before)
    for word in asked:
        name, _, text = word.partition("=")
        try:
            after[name] = int(text) if RULES[name]["type"] == "int" else text
        except ValueError:
            sys.exit(f"{name} is {text}, which is no whole number")
    after["netDays"] = _net(after.get("retention", RULES["retention"]["defaultValue"]))
    for name, rule in RULES.items():
        _check(name, rule, after.get(name, rule.get("defaultValue")))
    for name, setting in KEPT.items():
        after[name] = settings.get(setting, "")
    for name, setting in SECRETS.items():
        after[name] = sys.stdin.readline().strip() or settings.get(setting) or secrets.token_hex(24)
    if not 10 <= len(after["galleryPassword"]) <= 200 or len(set(after["galleryPassword"])) < 5:
        sys.exit("the password is too weak: take 10 letters or more, five of them different")
    if not re.fullmatch(r"[A-Za-z0-9._~-]{16,}", after["readToken"]):
        sys.exit("the read token has to have 16 or more of letters, digits and . _ ~ -")
    Path(after_path).with_name("read-token").write_text(after["readToken"])
    parameters = {name: {"value": value} for name, value in after.items()}
    Path(after_path).write_text(
        json.dumps(
            {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
                "deploymentParameters.json#",
                "contentVersion": "1.0.0.0",
                "parameters": parameters,
            }
        )
    )
    _tell(before, after, settings)


def _net(retention: str) -> int:
    """After how many days storage deletes what the backend should have: never before it."""
    if not _RETENTION.fullmatch(retention):
        sys.exit(f"{retention} is not a number of days, or like 120d, or forever, or 120d,gate=30d")
    if "forever" in retention:
        return 0
    return 7 + max(int(days) for days in re.findall(r"([0-9]+)d\b", retention))


def _check(name: str, rule: dict[str, Any], value: Any) -> None:
    """Say here what Azure would say after a minute."""
    allowed, least, most = (rule.get(one) for one in ("allowedValues", "minValue", "maxValue"))
    if isinstance(allowed, list) and value not in allowed:
        sys.exit(f"{name} is {value}; it may be {', '.join(map(str, allowed))}")
    if isinstance(least, int) and isinstance(most, int) and not least <= value <= most:
        sys.exit(f"{name} is {value}; it may be {least} to {most}")
    if name == "dailyLogGB" and not re.fullmatch(r"0?\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]+)?", value):
        sys.exit(f"{name} is {value}; it may be a number of GB, such as 0.6")


def _tell(before: dict[str, Any], after: dict[str, Any], settings: dict[str, str]) -> None:
    for name, rule in RULES.items():
        value = after.get(name, rule.get("defaultValue"))
        if rule["type"] == "securestring" or value == "":
            continue
        changed = f" (was {before[name]})" if before.get(name, value) != value else ""
        print(f"  {name:20} {f'{value}{changed}':15} {rule['metadata']['description']}")
    made = {
        one["name"]
        for resource in TEMPLATE["resources"]
        for one in resource.get("properties", {}).get("siteConfig", {}).get("appSettings", [])
    }
    if gone := sorted(settings.keys() - made):
        print(f"Settings of the app that go, since main.bicep has none of them: {', '.join(gone)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
