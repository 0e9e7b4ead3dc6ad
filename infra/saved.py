"""Check what backup.sh saved, and write the requests with which restore.sh sends it.

saved.py check FOLDER LIST                   compares the photos with their records
saved.py requests FOLDER URL SCRATCH <KEY    writes SCRATCH/requests for curl, and alerts beside it
saved.py answers SCRATCH                     counts the responses that curl printed
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_ALERTS_PER_REQUEST = 100
_HEADERS = {"id": "X-Photo-Id", "content_type": "Content-Type", "trigger": "X-Trigger"}
_DEVICE_CLOCKS = ("synced", "corrected", "unsynced")  # a device must not send "server"


def check(folder: Path, name: str) -> None:
    """Print how many photos are complete. Exits with the list of those that are not."""
    problems = []
    records = json.loads((folder / name).read_text())
    for one in records:
        if _is_deleted(one):
            continue
        photo = folder / "photos" / one["path"]
        if not photo.is_file():
            problems.append(f"{one['path']} is missing")
        elif _sha256(photo) != (one["known"] or {}).get("sha256"):
            problems.append(f"{one['path']} has another SHA-256 than its record")
    photos = sum(not _is_deleted(one) for one in records)
    if photos:
        whole = photos - len(problems)
        which = "1 photo is" if whole == 1 else f"{whole} photos are"
        print(f"{which} whole, in {folder / 'photos'}")
    else:
        month = name.removeprefix("photos").removesuffix(".json").removeprefix("-")
        print(f"There are no photos of {month}" if month else "There are no photos")
    if problems:
        advice = "Run this again; what remains is wrong in Azure, too."
        sys.exit("\n".join([*problems, advice]))


def _is_deleted(one: dict[str, Any]) -> bool:
    """Return whether this is the tombstone of a deleted photo."""
    return "deleted_at" in (one["known"] or {})


def write_requests(folder: Path, url: str, scratch: Path) -> None:
    """Write the requests for curl, so that the key is in no process list."""
    key = _text(f"x-functions-key: {sys.stdin.read().strip()}")
    common = ["silent", "retry = 5", "max-time = 240", f"header = {key}"]
    sections = [*_photos(folder, url), *_alerts(folder, url, scratch)]
    lines = ["\n".join([*common, *section]) for section in sections]
    (scratch / "requests").write_text("\nnext\n".join(lines) + "\n")
    print("1 request to send" if len(sections) == 1 else f"{len(sections)} requests to send")


def _photos(folder: Path, url: str) -> Iterator[list[str]]:
    photos: dict[str, dict[str, str]] = {}
    for listed in sorted(folder.glob("photos*.json")):
        for one in json.loads(listed.read_text()):
            if _is_deleted(one):
                photos.pop(one["path"], None)  # it may have been saved before its deletion
                continue
            photos[one["path"]] = one["known"] or {}
    for path, known in sorted(photos.items()):
        if not {"id", "content_type", "sha256"} <= known.keys():
            print(f"left out, since its record is damaged: {path}")
            continue
        digest = base64.b64encode(bytes.fromhex(known["sha256"])).decode()
        headers = [f"Content-Digest: sha-256=:{digest}:"]
        headers += [f"{name}: {known[field]}" for field, name in _HEADERS.items() if field in known]
        if known.get("clock") in _DEVICE_CLOCKS:
            headers.append(f"X-Clock: {known['clock']}")
        site = f"?websiteId={known['site']}" if "site" in known else ""  # it is percent-encoded
        yield [
            f"url = {_text(f'{url}/api/camera/photo{site}')}",
            f"upload-file = {_text(str(folder / 'photos' / path))}",
            *(f"header = {_text(header)}" for header in headers),
            *_report(path),
        ]


def _alerts(folder: Path, url: str, scratch: Path) -> Iterator[list[str]]:
    saved = folder / "alerts.json"
    rows = json.loads(saved.read_text()) if saved.exists() else []
    alerts = [
        {
            "id": row["id"],
            "kind": row["kind"],
            "reason": row["reason"],
            "details": json.loads(row["details"]),
        }
        for row in rows
        if "id" in row  # each has a second row, which only says that it is kept
    ]
    for first in range(0, len(alerts), MAX_ALERTS_PER_REQUEST):
        body = scratch / f"alerts-{first}.json"
        body.write_text(json.dumps({"alerts": alerts[first : first + MAX_ALERTS_PER_REQUEST]}))
        yield [
            f"url = {_text(f'{url}/api/alerts')}",
            f"data-binary = {_text(f'@{body}')}",
            'header = "Content-Type: application/json"',
            *_report(f"alerts from number {first + 1} on"),
        ]


def _report(what: str) -> list[str]:
    return ['output = "/dev/null"', f"write-out = {_text('%{http_code} ' + what + chr(10))}"]


def _text(text: str) -> str:
    """Return a text in the quotes of curl's config files."""
    for plain, escaped in [("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")]:
        text = text.replace(plain, escaped)
    return f'"{text}"'


def count_answers(scratch: Path) -> None:
    """Print how many photos are stored now. Exits with the list of those that are not."""
    answers = [line.partition(" ")[::2] for line in (scratch / "answers").read_text().splitlines()]
    count = {code: sum(one == code for one, _ in answers) for code in ("201", "200")}
    print(f"{count['201']} brought back, {count['200']} were there (alerts count as these)")
    problems = [f"{code} {what}" for code, what in answers if code not in count]
    sent = (scratch / "requests").read_text().count("write-out = ")
    if len(answers) < sent:
        problems.append(f"and {sent - len(answers)} without an answer")
    if problems:
        sys.exit("\n".join(problems))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    match command:
        case "check":
            check(Path(args[0]), args[1])
        case "requests":
            write_requests(Path(args[0]), args[1], Path(args[2]))
        case "answers":
            count_answers(Path(args[0]))
