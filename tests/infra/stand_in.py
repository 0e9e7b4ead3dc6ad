"""Fakes of `az`, `curl` and `ssh` for PATH: an Azure in one JSON file.

`main(["az", ...])` answers as Azure does, and records each call. QUERIES has the `--query` options
that the scripts use; the slow tests compare their results with those of the real JMESPath. `curl`
runs the real one against the test's own server.

This imports the standard library alone, since a test starts it dozens of times.
"""

import getpass
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(os.environ.get("STAND_IN", "."))
ACCESS_TOKEN = "access-token-of-who-is-signed-in"
BUILD_LOG = "Python Version: /tmp/oryx/platforms/python/{}.8/bin/python{}"
EXTRAS = ("default",)  # the keys that Azure makes itself

# The queries of the scripts, and what JMESPath selects from a response by each.
QUERIES: dict[str, Callable[[Any], Any]] = {
    "name": lambda response: response["name"],
    "accessToken": lambda response: response["accessToken"],
    "properties.hostNameSslStates[?hostType=='Repository'].name": lambda response: [
        one["name"]
        for one in response["properties"]["hostNameSslStates"]
        if one["hostType"] == "Repository"
    ],
    "id": lambda response: response["id"],
    "nameAvailable": lambda response: response["nameAvailable"],
    "registrationState": lambda response: response["registrationState"],
    "properties.parameters": lambda response: response["properties"]["parameters"],
    "keys(functionKeys)": lambda response: list(response["functionKeys"]),
    "[].name": lambda response: [one["name"] for one in response],
    "[].[type, name]": lambda response: [[one["type"], one["name"]] for one in response],
    'tags."made-by"': lambda response: (response["tags"] or {}).get("made-by"),
}


class Azure:
    """The state: kept in a file between calls."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "azure.json"
        self.state: dict[str, Any] = json.loads(self._file.read_text())

    def save(self) -> None:
        self._file.write_text(json.dumps(self.state, indent=1))

    def trouble(self, what: str) -> bool:
        """Return whether this fails now; each failure counts down."""
        left = self.state["trouble"].get(what, 0)
        if left:
            self.state["trouble"][what] = left - 1
            self.save()
        return bool(left)


def az(azure: Azure, command: list[str], options: dict[str, str]) -> Any:
    """Return the complete response to the command."""
    state = azure.state
    if not state["signed_in"]:
        refuse("Please run 'az login' to setup account.")
    group, name = options.get("resource-group", ""), options.get("name", "")
    match " ".join(command):
        case "account show":
            return {"name": "Pay as you go"}
        case "ad signed-in-user show":
            return {"id": "11111111-2222-3333-4444-555555555555"}
        case "functionapp list":
            return [{"name": key, **one} for key, one in state["apps"].items()]
        case "functionapp list-flexconsumption-locations":
            return [{"name": one} for one in ("northeurope", "westeurope", "eastus")]
        case "account get-access-token":
            return {"accessToken": ACCESS_TOKEN}
        case "rest" if options["method"] == "get":
            assert options["url"].endswith(
                "/Microsoft.Web/sites/my-nightjar?api-version=2024-04-01"
            )
            hosts = {"Standard": state["host"], "Repository": state["host"]}
            states = [{"hostType": kind, "name": host} for kind, host in hosts.items()]
            return {"properties": {"hostNameSslStates": states}}
        case "rest" if options["method"] == "put":
            if azure.trouble("no key made"):
                refuse("Operation returned an invalid status 'Internal Server Error'")
            made = json.loads(from_file(options["body"]))["properties"]
            path = f"/Microsoft.Web/sites/my-nightjar/host/default/functionKeys/{made['name']}?"
            assert path in options["url"]
            if not azure.trouble("key vanishes"):
                keys = state["apps"]["my-nightjar"]["keys"]
                if old := keys.get(made["name"]):
                    state["cached_keys"].append(old)
                keys[made["name"]] = made["value"]
        case "rest":
            assert "checknameavailability" in options["url"]
            asked = json.loads(from_file(options["body"]))
            return {"nameAvailable": asked["name"] not in state["taken"]}
        case "provider show":
            known = options["namespace"] in state["registered"]
            return {"registrationState": "Registered" if known else "NotRegistered"}
        case "provider register":
            if azure.trouble("not an owner"):
                refuse("(AuthorizationFailed) The client does not have authorization to perform")
            state["registered"].append(options["namespace"])
        case "group exists":
            return name in state["groups"]
        case "group create":
            tag, _, value = options["tags"].partition("=")
            state["groups"][name] = {"location": options["location"], "tags": {tag: value}}
        case "group show":
            return {"name": name, **state["groups"][name]}
        case "group delete":
            if azure.trouble("immutable"):
                refuse("(ContainerImmutable) An immutability policy protects the container.")
            assert "yes" in options
            del state["groups"][name]
            state["apps"] = {k: v for k, v in state["apps"].items() if v["resourceGroup"] != name}
            state["deployments"].pop(name, None)
        case "resource list":
            return [{"type": "Microsoft.Web/sites", "name": one} for one in state["apps"]]
        case "deployment group create":
            deploy(azure, group, options)
        case "deployment group what-if":
            json.loads(from_file(options["parameters"]))
            return {"changes": []}
        case "deployment group show":
            if group not in state["deployments"]:
                refuse("(DeploymentNotFound) Deployment 'nightjar' could not be found.")
            return {"properties": state["deployments"][group]}
        case "functionapp config appsettings list":
            settings = state["apps"][name]["settings"]
            return [{"name": key, "value": value} for key, value in settings.items()]
        case "functionapp config appsettings set":
            state["apps"][name]["settings"] |= json.loads(from_file(options["settings"]))
        case "functionapp config appsettings delete":
            del state["apps"][name]["settings"][options["setting-names"]]
        case "functionapp restart":
            if azure.trouble("no restart"):
                refuse("Operation returned an invalid status 'Conflict'")
            if not azure.trouble("keeps keys"):
                state["cached_keys"].clear()
        case "functionapp deployment source config-zip":
            publish(azure, name, options)
        case "functionapp log deployment show":
            if azure.trouble("no build log"):
                refuse("Failed to connect to 'https://my-nightjar.scm' with status code '404'")
            python = state["builds_with"]
            return [
                {"message": "Running oryx build"},
                {"message": BUILD_LOG.format(python, python)},
            ]
        case "functionapp keys list":
            if azure.trouble("no keys yet"):
                refuse("Operation returned an invalid status 'Bad Request'")
            keys = state["apps"][name]["keys"]
            return {"functionKeys": keys, "masterKey": "the-master-key", "systemKeys": {}}
        case "storage blob list":
            return state["blobs"]
        case "storage blob download-batch":
            for one in state["blobs"]:
                target = Path(options["destination"], one["name"])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(one["content"])
        case "storage table exists":
            return {"exists": True}
        case "storage entity query":
            return {"items": state["alerts"], "nextMarker": {}}
        case other:
            raise AssertionError(f"the stand-in does not know az {other}")
    return None


def deploy(azure: Azure, group: str, options: dict[str, str]) -> None:
    """What a deployment of main.json leaves behind."""
    state = azure.state
    template = json.loads(Path(options["template-file"]).read_text())
    given = json.loads(from_file(options["parameters"]))["parameters"]
    values = {
        name: given.get(name, {}).get("value", one.get("defaultValue"))
        for name, one in template["parameters"].items()
    }
    name = values["name"]
    if name in state["taken"]:
        refuse(f"(Conflict) Website with given name {name} already exists.")
    if azure.trouble("reserved"):
        refuse("(ReservedResourceName) The resource name or a part of it is a reserved word.")
    if azure.trouble("no right"):
        refuse("(AuthorizationFailed) The client does not have authorization to perform action")
    (site,) = [one for one in template["resources"] if one["type"] == "Microsoft.Web/sites"]
    parameters = {f"[parameters('{one}')]": value for one, value in values.items()} | {
        f"[string(parameters('{one}'))]": str(value) for one, value in values.items()
    }
    settings = {
        one["name"]: parameters.get(one["value"], one["value"])
        for one in site["properties"]["siteConfig"]["appSettings"]
    }
    app = state["apps"].setdefault(name, {"keys": {one: f"azure-{one}" for one in EXTRAS}})
    app |= {
        "resourceGroup": group,
        "location": state["long_names"][values["location"]],
        "settings": settings,
    }
    plain = {
        one: {"type": rule["type"], "value": values[one]}
        for one, rule in template["parameters"].items()
        if rule["type"] != "securestring"
    }
    outputs = {"host": {"value": f"{name}.azurewebsites.net"}, "storageAccount": {"value": "store"}}
    state["deployments"][group] = {"parameters": plain, "outputs": outputs}


def publish(azure: Azure, name: str, options: dict[str, str]) -> None:
    assert options["build-remote"] == "true"
    for what, message in [
        ("deploy 503", "Status Code: 503, Details: Site Unavailable"),
        ("other python", "oryx build -o /x --platform python --platform-version 3.11.8 -p a=b"),
        ("role not there", "Status Code: 403, Details: InaccessibleStorageException"),
    ]:
        if azure.trouble(what):
            refuse(f"WARNING: Starting zip deployment.\nERROR: An error occured. {message}")
    if azure.state["writes_connection"]:
        azure.state["apps"][name]["settings"]["AzureWebJobsStorage"] = "AccountKey=secret-key-x"
    azure.state["apps"][name]["package"] = Path(options["src"]).read_bytes().hex()
    if azure.trouble("unhealthy"):
        refuse(
            "WARNING: Waiting for sync triggers...\nERROR: Deployment was successful but the app "
            "appears to be unhealthy. Please check the app logs."
        )


def from_file(word: str) -> str:
    """The text of @FILE, which nobody else may read."""
    assert word.startswith("@"), word
    file = Path(word[1:])
    assert file.stat().st_mode & 0o077 == 0, f"others can read {file}"
    assert file.parent.stat().st_mode & 0o077 == 0, f"others can look into {file.parent}"
    return file.read_text()


def queried(answer: Any, query: str | None) -> Any:
    if query is None:
        return answer
    if query in QUERIES:
        return QUERIES[query](answer)
    if query.startswith("[?name=='") and query.endswith("'].[resourceGroup, location]"):
        name = query.split("'")[1]
        return [[one["resourceGroup"], one["location"]] for one in answer if one["name"] == name]
    if query.startswith("functionKeys."):
        return answer["functionKeys"].get(query.split('"')[1])
    if query.startswith("properties.outputs."):
        return answer["properties"]["outputs"][query.split(".")[2]]["value"]
    if query.startswith("[?name=='") and query.endswith("'].value"):
        return [one["value"] for one in answer if one["name"] == query.split("'")[1]]
    if query == "exists" or query == "items":
        return answer[query]
    if query.startswith("[?contains(name, '"):
        part = query.split("'")[1]
        return [
            {"path": one["name"], "known": one["metadata"]} for one in answer if part in one["name"]
        ]
    raise AssertionError(f"the stand-in does not know the query {query}")


def rendered(answer: Any, form: str) -> str:
    """As az prints it."""
    if form == "none" or answer is None:
        return ""
    if form == "json":
        return json.dumps(answer) + "\n"
    assert form == "tsv", form
    rows = answer if isinstance(answer, list) else [answer]
    return "".join(
        "\t".join(map(_cell, row if isinstance(row, list) else [row])) + "\n" for row in rows
    )


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def refuse(message: str) -> NoReturn:
    print(f"ERROR: {message}" if not message.startswith("WARNING") else message, file=sys.stderr)
    sys.exit(1)


def real_storage(arguments: list[str]) -> NoReturn:
    """The real az, against the account that AZURE_STORAGE_CONNECTION_STRING names: an emulator has
    no sign-in."""
    left_out = ("--account-name", "--auth-mode")
    kept = [
        one
        for place, one in enumerate(arguments)
        if one not in left_out and (place == 0 or arguments[place - 1] not in left_out)
    ]
    os.execv(os.environ["REAL_AZ"], ["az", *kept])  # noqa: S606


def parse(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The command's command, and its options; one without a value has an empty text."""
    command: list[str] = []
    options: dict[str, str] = {}
    option = ""
    for one in arguments:
        if one.startswith("--"):
            option = one[2:]
            options[option] = ""
        elif option:
            options[option] = one
            option = ""
        else:
            command.append(one)
    return command, options


def record(program: str, arguments: list[str], **more: Any) -> None:
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps({"argv": [program, *arguments], **more}) + "\n")


def main(argv: list[str]) -> None:
    """Run the fake of the program that the first argument names."""
    program, *arguments = argv
    azure = Azure(HERE)
    match program:
        case "az":
            command, options = parse(arguments)
            record(program, arguments)
            if command[0] == "storage" and "REAL_AZ" in os.environ:
                real_storage(arguments)
            answer = az(azure, command, options)
            azure.save()
            text = rendered(queried(answer, options.get("query")), options.get("output", "json"))
            if "query" in options:
                record("answer", arguments, full=answer, text=text)
            sys.stdout.write(text)
        case "curl":
            record(program, arguments)
            config = Path(arguments[arguments.index("--config") + 1])
            assert config.stat().st_mode & 0o077 == 0
            near = config.with_name("near")
            host = f"https://{azure.state['host']}"
            near.write_text(config.read_text().replace(host, azure.state["backend"]))
            curl = os.environ["REAL_CURL"]
            os.execv(curl, ["curl", "--disable", "--config", str(near)])  # noqa: S606
        case "ssh":
            record(program, arguments)
            ssh(azure, "-t" in arguments)


def ssh(azure: Azure, on_a_terminal: bool) -> None:
    """A Pi: standard input goes into the user's home, and sudo moves it into its place. `sudo_asks`
    in the state is its password, which is read from a terminal only."""
    if not on_a_terminal:
        brought = sys.stdin.read()
        if azure.trouble("no line"):
            sys.exit(255)
        azure.state["home"] = brought
    else:
        if password := azure.state.get("sudo_asks"):
            if not sys.stdin.isatty():
                print("sudo: a terminal is required to read the password", file=sys.stderr)
                sys.exit(1)
            if getpass.getpass("[sudo] password for pi: ") != password:
                sys.exit(1)
        azure.state["pi"] = azure.state.pop("home")
    azure.save()
