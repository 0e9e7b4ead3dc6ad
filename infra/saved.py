"""What backup.sh saved: checked, and as the requests by which restore.sh sends it.

saved.py check FOLDER LIST           compares the photos with what is known of them
saved.py requests FOLDER URL SCRATCH <KEY    writes SCRATCH/requests for curl, and alerts beside it
saved.py answers SCRATCH             counts what curl said to them
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AT_ONCE = 100  # alerts that one request may have
_WORDS = {"id": "X-Photo-Id", "content_type": "Content-Type", "trigger": "X-Trigger"}
_CLOCKS = ("synced", "corrected", "unsynced")  # what a device may say; "server" it may not


def check(folder: Path, name: str) -> None:
    """Say how many photos are whole, and which are not."""
    bad = []
    listed = json.loads((folder / name).read_text())
    for one in listed:
        if _is_deleted(one):
            continue
        photo = folder / "photos" / one["path"]
        if not photo.is_file():
            bad.append(f"{one['path']} is missing")
        elif _sha256(photo) != (one["known"] or {}).get("sha256"):
            bad.append(f"{one['path']} has another SHA-256 than its record")
    photos = sum(not _is_deleted(one) for one in listed)
    if photos:
        print(f"{photos - len(bad)} photos are whole, in {folder / 'photos'}")
    else:
        month = name.removeprefix("photos").removesuffix(".json").removeprefix("-")
        print(f"There are no photos of {month}" if month else "There are no photos")
    if bad:
        sys.exit("\n".join([*bad, "Run this again; what stays bad is so in Azure."]))


def _is_deleted(one: dict[str, Any]) -> bool:
    """Whether this is the mark that a deleted photo has left."""
    return "deleted_at" in (one["known"] or {})


def write_requests(folder: Path, url: str, scratch: Path) -> None:
    """Write what curl is to send. The key stands in no process list this way."""
    key = _text(f"x-functions-key: {sys.stdin.read().strip()}")
    common = ["silent", "retry = 5", "max-time = 240", f"header = {key}"]
    sections = [*_photos(folder, url), *_alerts(folder, url, scratch)]
    lines = ["\n".join([*common, *section]) for section in sections]
    (scratch / "requests").write_text("\nnext\n".join(lines) + "\n")
    print(f"{len(sections)} requests to send")


def _photos(folder: Path, url: str) -> Iterator[list[str]]:
    photos: dict[str, dict[str, str]] = {}
    for listed in sorted(folder.glob("photos*.json")):
        for one in json.loads(listed.read_text()):
            if _is_deleted(one):
                photos.pop(one["path"], None)  # it may have been saved whole before
                continue
            photos[one["path"]] = one["known"] or {}
    for path, known in sorted(photos.items()):
        if not {"id", "content_type", "sha256"} <= known.keys():
            print(f"left out, since its record is damaged: {path}")
            continue
        digest = base64.b64encode(bytes.fromhex(known["sha256"])).decode()
        headers = [f"Content-Digest: sha-256=:{digest}:"]
        headers += [f"{header}: {known[word]}" for word, header in _WORDS.items() if word in known]
        if known.get("clock") in _CLOCKS:
            headers.append(f"X-Clock: {known['clock']}")
        site = f"?websiteId={known['site']}" if "site" in known else ""  # quoted in the record
        yield [
            f"url = {_text(f'{url}/api/camera/photo{site}')}",
            f"upload-file = {_text(str(folder / 'photos' / path))}",
            *(f"header = {_text(header)}" for header in headers),
            *_told(path),
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
        if "id" in row  # each has another row, which only says that it is kept
    ]
    for first in range(0, len(alerts), AT_ONCE):
        body = scratch / f"alerts-{first}.json"
        body.write_text(json.dumps({"alerts": alerts[first : first + AT_ONCE]}))
        yield [
            f"url = {_text(f'{url}/api/alerts')}",
            f"data-binary = {_text(f'@{body}')}",
            'header = "Content-Type: application/json"',
            *_told(f"alerts from number {first + 1} on"),
        ]


def _told(what: str) -> list[str]:
    return ['output = "/dev/null"', f"write-out = {_text('%{http_code} ' + what + chr(10))}"]


def _text(text: str) -> str:
    """A text as curl's config files have it."""
    for plain, escaped in [("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")]:
        text = text.replace(plain, escaped)
    return f'"{text}"'


def count_answers(scratch: Path) -> None:
    """Say how many photos are there now, and exit 1 with those that are not."""
    answers = [line.partition(" ")[::2] for line in (scratch / "answers").read_text().splitlines()]
    count = {code: sum(one == code for one, _ in answers) for code in ("201", "200")}
    print(f"{count['201']} brought back, {count['200']} were there (alerts count as these)")
    bad = [f"{code} {what}" for code, what in answers if code not in count]
    asked = (scratch / "requests").read_text().count("write-out = ")
    if len(answers) < asked:
        bad.append(f"and {asked - len(answers)} without an answer")
    if bad:
        sys.exit("\n".join(bad))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    match command:
        case "check":
            check(Path(words[0]), words[1])
        case "requests":
            write_requests(Path(words[0]), words[1], Path(words[2]))
        case "answers":
            count_answers(Path(words[0]))
