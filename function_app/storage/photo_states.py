"""The rows that say what is known of each photo's id."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError

from function_app.storage.errors import ask
from function_app.storage.photo_rows import state_row
from function_app.storage.photo_state import CAME, State
from function_app.storage.photo_table import PhotoTable
from function_app.storage.row_keys import PHOTOS, state_key, states_of
from function_app.storage.transactions import Change, Operation
from photo_wire.name import PhotoName

_AT_ONCE = 100  # in a transaction


class PhotoStates(PhotoTable):
    """What is known of the ids, as PhotoIndex promises it."""

    def state(self, name: PhotoName) -> State | None:
        row = self._find(PHOTOS, state_key(name))
        return State(row["state"]) if row else None

    def forget_states(self, camera: str, before: datetime) -> None:
        first = states_of(camera)

        def find() -> list[str]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt @first and RowKey lt @end"
                " and state ne @listed and Timestamp lt @before",
                parameters={
                    "photos": PHOTOS,
                    "first": first,
                    "end": f"{first}~",
                    "listed": State.LISTED.value,
                    "before": before,
                },
                select=["RowKey"],
            )
            try:
                return [row["RowKey"] for row in islice(rows, _AT_ONCE)]
            except ResourceNotFoundError:
                return []

        while keys := ask(find):
            changes: list[Change] = [
                (Operation.DELETE, {"PartitionKey": PHOTOS, "RowKey": key}) for key in keys
            ]
            if self._try(changes, ""):
                return  # somebody else is at it

    def note_losses(self, lost: Mapping[PhotoName, str]) -> set[PhotoName]:
        rows = {name: state_row(name, State.LOST, sha256, None) for name, sha256 in lost.items()}
        if not rows or self._insert(list(rows.values())):
            return set()
        return {name for name, row in rows.items() if not self._note_loss(name, row)}

    def _note_loss(self, name: PhotoName, row: dict[str, str]) -> bool:
        """Note a loss; False if the photo came. Where the report does not say of which bytes it is,
        the id tells."""
        if self._insert([row]):
            return True
        known = self._find(PHOTOS, state_key(name))
        if known is None or known["state"] not in CAME:
            return True
        return row["sha256"] not in ("", known["sha256"])
