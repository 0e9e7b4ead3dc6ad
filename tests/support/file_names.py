"""Generated names of files in a spool: of photos, nearly of photos, and of anything."""

from hypothesis import strategies as st

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.clock import BootTime
from pi_uploader.spool import PhotoInfo, SpooledPhoto
from pi_uploader.spool.photo import MAX_SEQUENCE
from tests.photo_wire.strategies import motions
from tests.support.spool_photos import name

_boot_times = st.builds(
    BootTime, st.from_regex("[0-9a-f]{8}", fullmatch=True), st.integers(0, 10**15 - 1)
)
_infos = st.builds(
    PhotoInfo,
    st.builds(name, st.integers(0, 10**9), st.sampled_from(["entry", "yard-2", "0", "a" * 32])),
    st.sampled_from(Media),
    st.sampled_from(Trigger),
    st.sampled_from(ClockStatus),
    is_first=st.booleans(),
    is_further=st.booleans(),
    boot_time=st.none() | _boot_times,
    motion=st.none() | motions,
)
spooled_photos = st.builds(
    SpooledPhoto,
    st.integers(0, MAX_SEQUENCE),
    _infos,
    st.integers(0, 10**12 - 1),
    st.from_regex("[0-9a-f]{64}", fullmatch=True),
)
_any_names = st.text(  # which Linux allows
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda text: text not in (".", ".."))


@st.composite
def _damaged_names(draw: st.DrawFn, names: st.SearchStrategy[str]) -> str:
    """A name in which a few characters are replaced, removed or inserted."""
    whole = draw(names)
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(len(whole), start + 4)))
    piece = draw(st.text("0123456789abcxyzTZ~@+.-\n", max_size=4))
    return whole[:start] + piece + whole[end:] or "~"


photo_names = spooled_photos.map(lambda photo: photo.file_name)
file_names = photo_names | _damaged_names(photo_names) | _any_names
kept_names = spooled_photos.map(lambda photo: f"{photo.name}.{photo.media.suffix}")
kept_file_names = kept_names | _damaged_names(kept_names) | _any_names
