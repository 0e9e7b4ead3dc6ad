"""The alerts in Table Storage: one row each, in one partition, the newest first."""

import json
import logging
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from function_app.storage.account import Account
from function_app.storage.away import ask
from function_app.storage.records import KeptAlert, alert_key
from function_app.storage.tables import create_table
from function_app.storage.transactions import Operation
from photo_wire.alert import Alert
from photo_wire.moment import format_time, parse_time
from photo_wire.name import parse_name

TABLE = "alerts"
ALERTS = "alerts"  # the partition

log = logging.getLogger(__name__)


class AzureAlerts:
    """Alerts in one table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)

    def add(self, alerts: list[KeptAlert]) -> None:
        rows = {alert_key(one.alert): _row(one) for one in alerts}  # a transaction wants each once

        changes = [(Operation.PUT, row) for row in rows.values()]
        ask(lambda: self._submit(changes), self._create)

    def newest(self, count: int, after: str | None) -> list[KeptAlert]:
        def walk() -> list[KeptAlert]:
            rows = self._table.query_entities(
                "PartitionKey eq @alerts and RowKey gt @after",
                parameters={"alerts": ALERTS, "after": after or ""},
                results_per_page=count,
            )
            try:
                return list(islice(filter(None, map(_kept, rows)), count))
            except ResourceNotFoundError:
                return []  # no table yet, so no alert

        return ask(walk)


def _row(kept: KeptAlert) -> dict[str, str]:
    alert = kept.alert
    return {
        "PartitionKey": ALERTS,
        "RowKey": alert_key(alert),
        "id": str(alert.name),
        "camera": alert.name.camera,
        "kind": alert.kind,
        "reason": alert.reason,
        "details": json.dumps(dict(alert.details)),
        "received_at": format_time(kept.received_at),
    }


def _kept(row: dict[str, Any]) -> KeptAlert | None:
    """The alert of a row. One that someone changed by hand must not close the whole list."""
    try:
        details = json.loads(row["details"])
        alert = Alert(parse_name(row["id"]), row["kind"], row["reason"], details)
        return KeptAlert(alert, parse_time(row["received_at"]))
    except (KeyError, TypeError, ValueError) as error:  # WireError is a ValueError
        log.warning("left out of the alerts: %s: %s", row.get("RowKey"), error)
        return None
