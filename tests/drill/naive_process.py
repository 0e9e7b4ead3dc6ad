"""An ordinary client: it writes the picture to a file, PUTs the files that are there, and deletes
what gets a 2xx. It tries again at the next trigger what has failed, which is more than many do.

    python -m tests.drill.naive_process CARD CAPACITY BASE_URL

Reads the same lines as the capture process, or `sweep`: it sends what is there and writes `swept`.
"""

import sys
from pathlib import Path

import requests

from tests.drill.process import READY
from tests.drill.small_disk import SmallDisk
from tests.support.spool_photos import content

TIMEOUT_SECONDS = 1.0  # instead of the usual 30: the drill's clock is fast


def main(card: Path, disk: SmallDisk, base_url: str) -> None:
    print(READY, flush=True)
    for line in sys.stdin:
        if line == "sweep\n":
            sweep(card, base_url)
            print("swept", flush=True)
            continue
        number, _, size = line.split()
        written = write(disk, card / f"{number:>06}.jpg", content(int(number), int(size)))
        print(number, "kept" if written else "lost", flush=True)
        sweep(card, base_url)


def write(disk: SmallDisk, path: Path, picture: bytes) -> bool:
    """Do what `open(path, "wb").write(picture)` does on this disk; return whether it succeeded."""
    try:
        file = disk.create(path)
        try:
            disk.write(file, picture)
        finally:
            disk.close(file)
    except OSError:
        return False
    return True


def sweep(card: Path, base_url: str) -> None:
    """Send every picture that is there, until the network fails."""
    for path in sorted(card.glob("*.jpg")):
        try:
            if send(base_url, path.read_bytes()):
                path.unlink()
        except requests.RequestException:
            return


def send(base_url: str, picture: bytes) -> bool:
    """Send it as the first seed's client does (tests/e2e/first_seed.py)."""
    reply = requests.put(
        f"{base_url}/api/camera/photo",
        data=picture,
        headers={"Content-Type": "image/jpeg", "x-functions-key": "a key"},
        timeout=TIMEOUT_SECONDS,
    )
    return 200 <= reply.status_code < 300


if __name__ == "__main__":
    main(Path(sys.argv[1]), SmallDisk(Path(sys.argv[1]), int(sys.argv[2])), sys.argv[3])
