"""Writes the parameters for main.json: what was set before, and what is asked for now.

python -m infra.parameters BEFORE SETTINGS AFTER NAME=VALUE... <SECRETS

BEFORE holds the parameters of the last deployment, SETTINGS the app's settings, both as az tells
them; AFTER is written, and beside it `read-token`, `python-version` and `sign-in.json`, the body of
the owner's first sign-in. On standard input come a new password and a new read token, a line each;
an empty one leaves what is set, and makes one up where nothing is. They
come this way so that no process list shows them. Says what AFTER holds as far as a person decides
about it, without the secrets, and what it will cost; a mistake is told by the option's name.
"""

import json
import re
import secrets
import sys
from pathlib import Path
from typing import Any, NoReturn

from infra.cost import PRICES, TRANSACTIONS, Prices, Transactions, Use, bill, money, total
from infra.passwords import password_problem
from photo_wire.errors import WireError
from photo_wire.name import check_camera

TEMPLATE = json.loads(Path(__file__).with_name("main.json").read_text())
RULES: dict[str, dict[str, Any]] = TEMPLATE["parameters"]
SECRETS = {"galleryPassword": "GALLERY_PASSWORD", "readToken": "READ_TOKEN"}
KEPT = {  # set by hand, and left as they are
    "adminToken": "ADMIN_TOKEN",
    "publicUrl": "PUBLIC_URL",
    "trustedProxyCount": "TRUSTED_PROXY_COUNT",
    "storageSdkOnly": "STORAGE_SDK_ONLY",
}
NAMES = {  # as people know them; the first four are always shown
    "name": "name",
    "location": "region",
    "retention": "--keep-days",
    "instanceMemoryMB": "--memory",
    "evidenceDays": "--evidence-days",
    "dailyLogGB": "--log",
    "entraClientId": "--entra",
}
ALWAYS = list(NAMES)[:4]
NEVER = ("netDays", "readerId")  # one follows from the retention, the other from who is signed in
SPARE = 7  # days by which storage deletes later than the backend
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
            fail(f"{NAMES.get(name, name)} is {text}, which is no whole number")
    after["netDays"] = _net(after.get("retention", RULES["retention"]["defaultValue"]))
    for name, rule in RULES.items():
        _check(name, rule, after.get(name, rule.get("defaultValue")))
    for name, setting in KEPT.items():
        after[name] = settings.get(setting, "")
    given = {name: sys.stdin.readline().strip() for name in SECRETS}
    for name, setting in SECRETS.items():
        after[name] = given[name] or settings.get(setting) or secrets.token_hex(24)
    # One that is set already may be the owner's no longer: it stays, and try_sign_in looks at it.
    if given["galleryPassword"] and (problem := password_problem(given["galleryPassword"])):
        fail(problem)
    if not re.fullmatch(r"[A-Za-z0-9._~-]{16,}", after["readToken"]):
        fail("the read token has to have 16 or more of letters, digits and . _ ~ -")
    beside = Path(after_path).with_name
    beside("read-token").write_text(after["readToken"])
    sign_in = {"name": "owner", "password": after["galleryPassword"]}
    beside("sign-in.json").write_text(json.dumps(sign_in))
    python = after.get("pythonVersion", RULES["pythonVersion"]["defaultValue"])
    beside("python-version").write_text(python)
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


def fail(words: str) -> NoReturn:
    sys.exit(f"deploy.sh: {words}")


def _net(retention: str) -> int:
    """After how many days storage deletes what the backend should have: never before it."""
    if not _RETENTION.fullmatch(retention):
        fail(
            f"--keep-days is {retention}; it may be a number of days, or like 120d, or forever, or"
            " 120d,gate=30d"
        )
    cameras = [one.partition("=")[0] for one in retention.split(",")[1:]]
    try:
        for camera in cameras:
            check_camera(camera, "--keep-days")
    except WireError as error:
        fail(str(error))
    if len(set(cameras)) < len(cameras):
        fail(f"--keep-days is {retention}, which names a camera twice")
    if "forever" in retention:
        return 0
    longest, most = (
        max(map(int, re.findall(r"([0-9]+)d\b", retention))),
        RULES["netDays"]["maxValue"],
    )
    if longest + SPARE > most:
        fail(f"--keep-days is {retention}; it may be {most - SPARE} days at most, or 0 for ever")
    return longest + SPARE


def _check(name: str, rule: dict[str, Any], value: Any) -> None:
    """Say here what Azure would say after a minute."""
    allowed, least, most = (rule.get(one) for one in ("allowedValues", "minValue", "maxValue"))
    said = NAMES.get(name, name)
    if isinstance(allowed, list) and value not in allowed:
        fail(f"{said} is {value}; it may be {', '.join(map(str, allowed))}")
    if isinstance(least, int) and isinstance(most, int) and not least <= value <= most:
        fail(f"{said} is {value}; it may be {least} to {most}")
    if name == "dailyLogGB" and not re.fullmatch(r"0?\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]+)?", value):
        fail(f"{said} is {value}; it may be a number of GB, such as 0.6")


def _tell(before: dict[str, Any], after: dict[str, Any], settings: dict[str, str]) -> None:
    for name in sorted(RULES, key=lambda one: [*NAMES, one].index(one)):
        rule = RULES[name]
        usual = rule.get("defaultValue")
        value, was = after.get(name, usual), before.get(name)
        changed = name in before and was != value
        if rule["type"] == "securestring" or name in NEVER:
            continue
        if name in ALWAYS or changed or value != usual:
            shown = "none" if value == "" else value
            print(f"  {NAMES.get(name, name):16} {shown}{f' (was {was})' if changed else ''}")
    print(_cost(after))
    made = {
        one["name"]
        for resource in TEMPLATE["resources"]
        for one in resource.get("properties", {}).get("siteConfig", {}).get("appSettings", [])
    }
    if gone := sorted(settings.keys() - made):
        print(f"Settings of the app that go, since main.bicep has none of them: {', '.join(gone)}")


def _cost(after: dict[str, Any]) -> str:
    """What a camera costs with these, other things being as docs/cost.md has them."""
    days, _, _ = after.get("retention", RULES["retention"]["defaultValue"]).partition("d")
    if not days.isdigit():
        return "What photos cost that are kept for ever grows with each month: docs/cost.md"
    memory = after.get("instanceMemoryMB", RULES["instanceMemoryMB"]["defaultValue"])
    use, prices = Use(retention=int(days), memory=memory), Prices.read(PRICES)
    sum_ = money(total(bill(use, prices, Transactions.read(TRANSACTIONS))))
    return (
        f"Each camera costs about {sum_} {prices.currency} a month, with {use.photos:g} photos a"
        f" day of {use.size / 1000:g} KB; docs/cost.md"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
