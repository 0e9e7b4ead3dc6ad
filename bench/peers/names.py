"""Where the minimal apps store photos, and what they write of each."""

CONTAINER = "peers"
TABLE = "peers"


def row(name: str, size: int) -> dict[str, object]:
    return {"PartitionKey": "photos", "RowKey": name, "size": size}
