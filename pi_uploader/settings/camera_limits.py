"""What the Pi's camera and its board cannot do, as far as the settings show it."""

from collections.abc import Iterator, Mapping
from typing import Any

from photo_wire.media import Media
from pi_uploader import board


def size_problems(found: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield what the Pi's camera or this board's encoder cannot do."""
    size = found.get("size")
    if size is None:
        return
    if size[0] % 2 or size[1] % 2:
        yield f"{place}: the Pi's camera has even numbers of pixels; expected such as 1920x1080"
    too_wide = size[0] > board.MAX_CLIP_WIDTH and found.get("format") is Media.MP4
    if too_wide and board.has_hardware_encoder():
        yield (
            f"{place}: a clip of {size[0]} pixels' width is more than the encoder of this board "
            f"({board.model()}) can do; expected at most {board.MAX_CLIP_WIDTH}, such as 1920x1080"
        )
