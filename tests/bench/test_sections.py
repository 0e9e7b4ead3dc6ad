"""Each section gives its figures. Which ones, not how good: that is the machine's affair."""

from pathlib import Path

import pytest

from bench.effort import TINY
from bench.sections import SECTIONS

FIGURES = {
    "durable": ["flushes to the disk per photo", "bytes written per byte of photo", "put() of"],
    "trigger": ["trigger to receipt, p50", "trigger to receipt, p95"],
    "photo-now": ["while somebody looks: p95", "from quiet, polls every 5 s: p95"],
    "pre-roll": ["begin 3 s before", "in memory"],
    "notify": ["browser: p95", "webhook: p95", "ntfy: p95"],
    "idle": ["idle upload: wake-ups", "idle upload: CPU", "idle capture: wake-ups"],
    "flood": ["with the flood: p50", "adds to the longest", "disk that it used"],
    "send": ["in terms of requests'", "the same file", "in memory", "httpx", "http.client", "curl"],
    "drain": ["4 in flight: share of the floor", "50 ms round trip, 8 in flight"],
    "backlog": ["status, 200 waiting", "capture is ready", "os.walk", "start to first upload"],
    "tls": ["TLS handshakes per 100 photos"],
    "memory": ["RSS of the upload process", "RSS of the capture process", "import of the upload"],
    "backend": ["4 at once: share of the SDKs'", "share of the raw writes'"],
    "receive": ["in terms of a minimal FastAPI app", "in terms of a minimal Functions app"],
    "message": ["PUT with a channel, in terms of one without: p95", "CPU of the backend"],
    "counts": [f"api/{route}, 3 cameras" for route in ("cameras", "days", "stats", "status")],
    "pages": ["a page of 50 of 120 photos", "growth"],
    "thumbnails": ["fresh thumbnails of a device", "fresh thumbnails of strangers"],
    "cold": ["in terms of a minimal app's", "memory after the import"],
    "small": ["uploads of 4 MB"],
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_gives_its_figures(name: str, tmp_path: Path) -> None:
    figures = SECTIONS[name].measure(tmp_path, TINY)
    text = "\n".join(map(str, figures))
    for what in FIGURES[name]:
        assert what in text
