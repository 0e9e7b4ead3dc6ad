"""python -m bench [--quick] [SECTION ...]"""

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from bench import backend, drain, handshakes, memory, pages, spool_write

SECTIONS = {
    "durable": ("From the trigger to a photo that survives a power cut", spool_write.measure),
    "drain": ("How fast a backlog of photos of 500 KB goes up", drain.measure),
    "tls": ("TLS", handshakes.measure),
    "memory": ("The processes on the Pi", memory.measure),
    "backend": ("The backend, over Azurite", backend.measure),
    "pages": ("A page of the list, over Azurite", pages.measure),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        "python -m bench",
        description="Measure what each step of a photo costs, beside the minimum that is possible "
        "in the same run; times vary with the machine, ratios hardly do. Takes a few minutes.",
    )
    parser.add_argument("section", nargs="*", help=f"one or more of: {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, rougher figures")
    args = parser.parse_args()
    if unknown := set(args.section) - SECTIONS.keys():
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    start, missed = time.monotonic(), 0
    for name in args.section or SECTIONS:
        title, measure = SECTIONS[name]
        print(f"\n{title}", flush=True)
        with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
            for one in measure(Path(folder), args.quick):
                print(one, flush=True)
                missed += not one.is_met
    print(f"\n{missed} aims missed; {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
