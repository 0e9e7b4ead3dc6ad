"""Write the parameters for main.json: those of the last deployment, changed by the arguments.

python -m infra.parameters BEFORE SETTINGS AFTER NAME=VALUE... <SECRETS

BEFORE has the parameters of the last deployment, SETTINGS the app's settings, both as az prints
them. AFTER is written, and beside it `read-token`, `python-version` and `sign-in.json`, the body of
the owner's first sign-in. Standard input has a new password and a new read token, one line each, so
that no process list shows them; an empty line keeps the present one, or creates one if there is
none. Prints the parameters that a person decides about, without the secrets, and the cost. An error
names the option of deploy.sh.
"""

import json
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from infra.bill import TRANSACTIONS, Transactions, Use, bill, money, total
from infra.passwords import password_problem
from infra.price_list import PRICES, Prices
from photo_wire.errors import WireError
from photo_wire.name import check_camera

TEMPLATE = json.loads(Path(__file__).with_name("main.json").read_text())
RULES: dict[str, dict[str, Any]] = TEMPLATE["parameters"]
SECRETS = {"galleryPassword": "GALLERY_PASSWORD", "readToken": "READ_TOKEN"}
PRESERVED = {  # set by hand, and not changed
    "adminToken": "ADMIN_TOKEN",
    "publicUrl": "PUBLIC_URL",
    "trustedProxyCount": "TRUSTED_PROXY_COUNT",
    "corsOrigins": "CORS_ORIGINS",
    "pushHosts": "PUSH_HOSTS",
    "channelNetworks": "CHANNEL_NETWORKS",
    "storageSdkOnly": "STORAGE_SDK_ONLY",
}
OPTION_NAMES = {  # as users know them; the first four are always shown
    "name": "name",
    "location": "region",
    "retention": "--keep-days",
    "instanceMemoryMB": "--memory",
    "evidenceDays": "--evidence-days",
    "dailyLogGB": "--log",
    "entraClientId": "--entra",
}
ALWAYS_SHOWN = list(OPTION_NAMES)[:4]
# One follows from the retention, the other from who is signed in.
NEVER_SHOWN = ("netDays", "readerId")
SAFETY_MARGIN_DAYS = 7  # by which storage deletes later than the backend
_RETENTION = re.compile(
    r"(?:[1-9][0-9]{0,4}d|forever)(?:,[a-z0-9-]+=(?:[1-9][0-9]{0,4}d|forever))*"
)


def main(before_path: str, settings_path: str, after_path: str, *assignments: str) -> None:
    """Write AFTER and print what it holds. Exits with an error text if an argument is wrong."""
    last_deployment = json.loads(Path(before_path).read_text()) or {}
    settings = {one["name"]: one["value"] for one in json.loads(Path(settings_path).read_text())}
    before = {
        name: one["value"]
        for name, one in last_deployment.items()
        if name in RULES and "value" in one
    }
    after = dict(before)
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            after[name] = int(text) if RULES[name]["type"] == "int" else text
        except ValueError:
            fail(f"{OPTION_NAMES.get(name, name)} is {text}, which is not a whole number")
    after["netDays"] = _storage_days(after.get("retention", RULES["retention"]["defaultValue"]))
    for name, rule in RULES.items():
        _check(name, rule, after.get(name, rule.get("defaultValue")))
    for name, setting in PRESERVED.items():
        after[name] = settings.get(setting, "")
    after |= _choose_secrets(settings)
    _write(Path(after_path), after)
    _print_changes(before, after, settings)


def _choose_secrets(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets: the new ones from standard input, a line each, empty for none; else those
    that are set already, or random ones. Exits with an error text if one cannot be used."""
    new = {name: sys.stdin.readline().strip() for name in SECRETS}
    chosen = {
        name: new[name] or settings.get(setting) or secrets.token_hex(24)
        for name, setting in SECRETS.items()
    }
    # A password that is set already may be outdated: it stays, and deploy.sh tries to sign in.
    if new["galleryPassword"] and (problem := password_problem(new["galleryPassword"])):
        fail(problem)
    if not re.fullmatch(r"[A-Za-z0-9._~-]{16,}", chosen["readToken"]):
        fail("the read token must have 16 or more letters, digits and . _ ~ -")
    return chosen


def _write(file: Path, after: Mapping[str, Any]) -> None:
    """Write the parameters into a file, and what deploy.sh needs of them into files beside it."""
    file.with_name("read-token").write_text(after["readToken"])
    sign_in = {"name": "owner", "password": after["galleryPassword"]}
    file.with_name("sign-in.json").write_text(json.dumps(sign_in))
    python = after.get("pythonVersion", RULES["pythonVersion"]["defaultValue"])
    file.with_name("python-version").write_text(python)
    content = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
        "deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {name: {"value": value} for name, value in after.items()},
    }
    file.write_text(json.dumps(content))


def fail(problem: str) -> NoReturn:
    """Exit with code 1 and this error text."""
    sys.exit(f"deploy.sh: {problem}")


def _storage_days(retention: str) -> int:
    """Return after how many days storage deletes photos by itself, always later than the backend;
    0 for never. Exits if `retention` is not one."""
    if not _RETENTION.fullmatch(retention):
        fail(
            f"--keep-days is {retention}; it must be a number of days, or like 120d, or forever, or"
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
    longest = max(map(int, re.findall(r"([0-9]+)d\b", retention)))
    max_days = RULES["netDays"]["maxValue"] - SAFETY_MARGIN_DAYS
    if longest > max_days:
        fail(f"--keep-days is {retention}; it may be {max_days} days at most, or 0 for ever")
    return longest + SAFETY_MARGIN_DAYS


def _check(name: str, rule: dict[str, Any], value: Any) -> None:
    """Exit if Azure would reject the value, which it would say only after a minute."""
    allowed, min_value, max_value = (
        rule.get(one) for one in ("allowedValues", "minValue", "maxValue")
    )
    option = OPTION_NAMES.get(name, name)
    if isinstance(allowed, list) and value not in allowed:
        fail(f"{option} is {value}; it may be {', '.join(map(str, allowed))}")
    is_range = isinstance(min_value, int) and isinstance(max_value, int)
    if is_range and not min_value <= value <= max_value:
        fail(f"{option} is {value}; it may be {min_value} to {max_value}")
    if name == "dailyLogGB" and not re.fullmatch(r"0?\.[0-9]*[1-9]|[1-9][0-9]*(\.[0-9]+)?", value):
        fail(f"{option} is {value}; it may be a number of GB, such as 0.6")


def _print_changes(before: dict[str, Any], after: dict[str, Any], settings: dict[str, str]) -> None:
    """Print the parameters that a person decides about, the cost, and the settings that go."""
    for name in sorted(RULES, key=lambda one: [*OPTION_NAMES, one].index(one)):
        rule = RULES[name]
        default = rule.get("defaultValue")
        value, old = after.get(name, default), before.get(name)
        is_changed = name in before and old != value
        if rule["type"] == "securestring" or name in NEVER_SHOWN:
            continue
        if name in ALWAYS_SHOWN or is_changed or value != default:
            shown = "none" if value == "" else value
            suffix = f" (was {old})" if is_changed else ""
            print(f"  {OPTION_NAMES.get(name, name):16} {shown}{suffix}")
    print(_cost_text(after))
    defined = {
        one["name"]
        for resource in TEMPLATE["resources"]
        for one in resource.get("properties", {}).get("siteConfig", {}).get("appSettings", [])
    }
    if removed := sorted(settings.keys() - defined):
        names = ", ".join(removed)
        print(f"Settings of the app that go, since main.bicep has none of them: {names}")


def _cost_text(after: dict[str, Any]) -> str:
    """Return what a camera costs with these parameters, and otherwise as docs/cost.md assumes."""
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
