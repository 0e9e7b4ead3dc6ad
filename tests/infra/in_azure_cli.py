"""Runs in the environment of the real azure-cli: what only its packages know.

`python in_azure_cli.py WHAT <JSON` prints what is wrong, or what was done, as a JSON list. WHAT is

commands  lists of arguments of az, each run as by a process of its own: of each its exit code, and
          the end of what it writes to stderr
queries   each of [query, full answer, what the stand-in printed, output form]
template  an ARM template: its properties, against those of Microsoft's SDKs, which are made from
          the same API descriptions as the published ARM schemas
bicep     a Bicep file's text
"""

import contextlib
import importlib
import io
import json
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, ForwardRef, Union, get_args, get_origin

# The SDK's model for each resource; and what the SDK of this azure-cli is too old to have, as seen
# in the reference of the API version that the template names.
MODELS = {
    "Microsoft.Storage/storageAccounts": "storage:StorageAccountCreateParameters",
    "Microsoft.Storage/storageAccounts/blobServices": "storage:BlobServiceProperties",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "storage:BlobContainer",
    "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies": (
        "storage:ImmutabilityPolicy"
    ),
    "Microsoft.Storage/storageAccounts/managementPolicies": "storage:ManagementPolicy",
    "Microsoft.OperationalInsights/workspaces": "loganalytics:Workspace",
    "Microsoft.Insights/components": "applicationinsights:ApplicationInsightsComponent",
    "Microsoft.Web/serverfarms": "web:AppServicePlan",
    "Microsoft.Web/sites": "web:Site",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": (
        "web:CsmPublishingCredentialsPoliciesEntity"
    ),
    "Microsoft.Web/sites/config": "web:SiteAuthSettingsV2",
    "Microsoft.Authorization/roleAssignments": "authorization:RoleAssignmentCreateParameters",
}
NEWER = {
    "Microsoft.Insights/components.properties.WorkspaceResourceId",
    "Microsoft.Insights/components.properties.DisableLocalAuth",
}
ENVELOPE = {"type", "apiVersion", "name", "scope", "condition", "dependsOn"}


def commands(asked: list[list[str]]) -> Iterator[tuple[int, str]]:
    """Run commands of az one after another; to start a process for each takes most of the time."""
    core = importlib.import_module("azure.cli.core")
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        for argv in asked:
            start = stderr.tell()
            try:
                code = core.get_default_cli().invoke(argv)
            except SystemExit as end:  # of what does not parse
                code = end.code
            yield code, stderr.getvalue()[start:][-500:]


def queries(asked: list[tuple[str, Any, str, str]]) -> Iterator[str]:
    """Yield where the real JMESPath, printed as az prints it, differs from the fake."""
    jmespath = importlib.import_module("jmespath")
    output = importlib.import_module("knack.output")

    for query, full, printed, form in asked:
        found = jmespath.search(query, full)
        shape = output.format_tsv if form == "tsv" else output.format_json
        text = "" if found is None else shape(output.CommandResultItem(found))
        same = text == printed if form == "tsv" else json.loads(text) == json.loads(printed)
        if not same:
            yield f"{query}: az prints {text!r}, the stand-in {printed!r}"


def template(arm: dict[str, Any]) -> Iterator[str]:
    """Yield properties that a model does not have, and values of another type."""
    for one in arm["resources"]:
        package, _, name = MODELS[one["type"]].partition(":")
        models = importlib.import_module(f"azure.mgmt.{package}.models")
        body = {key: value for key, value in one.items() if key not in ENVELOPE}
        yield from _compare(models, _fields(getattr(models, name)), body, one["type"])


def _compare(models: Any, fields: dict[str, Any], body: Any, where: str) -> Iterator[str]:
    for key, value in body.items():
        here = f"{where}.{key}"
        if here in NEWER:
            continue
        if key not in fields:
            yield f"{here} is unknown; there is {', '.join(sorted(fields))}"
            continue
        yield from _value(models, fields[key], value, here)


def _value(models: Any, kind: Any, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("["):
        return  # an expression, whose type shows only in Azure
    kind = _resolved(models, kind)
    if isinstance(kind, dict):  # flattened by an old SDK
        yield from _compare(models, kind, value, where)
    elif get_origin(kind) is list:
        (inner,) = get_args(kind)
        if not isinstance(value, list):
            yield f"{where} has to be a list"
            return
        for place, one in enumerate(value):
            yield from _value(models, inner, one, f"{where}[{place}]")
    elif isinstance(kind, type) and hasattr(kind, "as_dict"):
        if not isinstance(value, dict):
            yield f"{where} has to be an object"
            return
        yield from _compare(models, _fields(kind), value, where)
    elif isinstance(kind, type) and issubclass(kind, str) and kind is not str:  # an enum
        if value not in [one.value for one in kind]:  # type: ignore[attr-defined]
            yield f"{where} is {value!r}; it may be {', '.join(one.value for one in kind)}"  # type: ignore[attr-defined]
    elif isinstance(kind, type) and kind in (str, int, bool, float) and type(value) is not kind:
        yield f"{where} is {value!r}, no {kind.__name__}"


def _resolved(models: Any, kind: Any) -> Any:
    """Return the type inside of Optional, forward references and `str or an enum`."""
    if isinstance(kind, ForwardRef):
        kind = kind.__forward_arg__
    if isinstance(kind, str):
        if kind.startswith("["):
            return types.GenericAlias(list, (_resolved(models, kind[1:-1]),))
        plain = {"str": str, "int": int, "bool": bool, "float": float, "iso-8601": str}
        return plain.get(kind) or getattr(models, kind.rpartition(".")[2], object)
    if get_origin(kind) is Union:
        kinds = [_resolved(models, one) for one in get_args(kind) if one is not type(None)]
        return next((one for one in kinds if one is not str), str)
    return kind


def _fields(model: Any) -> dict[str, Any]:
    """Return the model's properties by their names in JSON."""
    old = getattr(model, "_attribute_map", None)
    if old:
        found: dict[str, Any] = {}
        for one in old.values():
            at, *path = reversed(one["key"].split("."))
            inside = found
            for part in reversed(path):
                inside = inside.setdefault(part, {})
            inside[at] = one["type"]
        return found
    model({})  # the names are worked out with the first instance
    found = {}
    for ancestor in reversed(model.__mro__):
        for name, kind in getattr(ancestor, "__annotations__", {}).items():
            field = model._attr_to_rest_field.get(name)
            if field is not None:
                found[field._rest_name] = kind
    return found


def bicep(source: str) -> Iterator[str]:
    """Return the errors of an independent parser."""
    pycep = importlib.import_module("pycep")
    try:
        found = pycep.BicepParser().parse(text=source)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        yield str(error)
        return
    if not found["resources"]:
        yield "it has no resources"


if __name__ == "__main__":
    checks: dict[str, Callable[[Any], Iterator[Any]]] = {
        "commands": commands,
        "queries": queries,
        "template": template,
        "bicep": bicep,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        found = list(checks[sys.argv[1]](json.load(sys.stdin)))
    print(json.dumps(found))
