"""Read jobs from standard input, do them, and write what became of them to standard output."""

import ipaddress
import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from .answer_text import without_secrets
from .exchange import Exchange
from .guard import Guard
from .jobs import Job, Setup
from .replies import reply

MAX_MEMORY_BYTES = 256 << 20  # of address space; with Apprise it has 70 MB
MAX_CPU_SECONDS = 60


def main() -> None:
    """Work until standard input ends."""
    setup: Setup = json.loads(sys.stdin.readline())
    # only this function writes to standard output, whatever a plug-in prints
    with os.fdopen(os.dup(1), "w") as output, Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        _limit_itself()
        logging.disable(logging.CRITICAL)  # Apprise logs addresses
        sys.dont_write_bytecode = True
        sys.path += setup["packages"]
        guard = Guard([ipaddress.ip_network(one) for one in setup["networks"]], sys.path)
        guard.install()
        _work(setup, guard, output)


def _work(setup: Setup, guard: Guard, output: IO[str]) -> None:
    from . import failures, http, mail

    exchange = Exchange()
    http.install(exchange, guard.networks)
    mail.install(exchange, guard.networks)
    _write({"is_ready": True}, output)
    for line in sys.stdin:
        job: Job = json.loads(line)
        exchange.reset()
        guard.blocked = None
        try:
            is_sent = _send(job, setup, exchange)
        except Exception as failure:  # noqa: BLE001 - plug-ins raise errors of every kind
            is_sent = False
            exchange.error = failures.name_of(failure)  # its text may have the address
        exchange.answer = without_secrets(exchange.answer, job["text"])
        _write(reply(job["kind"], is_sent, guard.blocked, exchange), output)


def _write(message: Mapping[str, object], output: IO[str]) -> None:
    output.write(json.dumps(message) + "\n")
    output.flush()


def _send(job: Job, setup: Setup, exchange: Exchange) -> bool:
    """Do a job with the module for its kind. Return whether the receiver took it."""
    notification = job["notification"]
    if job["kind"] == "webpush":
        from . import webpush

        webpush.send(job["text"], notification, setup["vapid_key"], setup["contact"])
    elif job["kind"] == "webhook":
        from . import webhook

        webhook.send(job["text"], notification, job["secret"])
    else:
        from . import services

        return services.send(job["text"], notification, exchange)
    return exchange.status == 0


def _limit_itself() -> None:
    """Limit this process, and let it end first if memory runs out."""
    with suppress(ImportError):  # Windows has none of these
        import resource

        for limit, value in (
            (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
            (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with suppress(ValueError, OSError):  # macOS does not limit RLIMIT_AS
                resource.setrlimit(limit, (value, value))
        os.nice(5)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
