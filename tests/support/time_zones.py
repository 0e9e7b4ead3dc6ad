"""Time zones and days of clock changes, with hypothesis strategies over them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # left out a whole day at the end of 2011
    "Africa/Casablanca",  # summer time but for Ramadan
    "Asia/Kathmandu",  # 5:45 from UTC
    "America/St_Johns",  # changed at one minute past midnight
]
DAYS_OF_CHANGE = [
    datetime(2026, 3, 29, tzinfo=UTC),  # Berlin
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),  # Lord Howe
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC),  # Apia
    datetime(2026, 2, 15, tzinfo=UTC),  # Casablanca
    datetime(2010, 3, 14, tzinfo=UTC),  # St John's
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
times_of_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))
schedules = st.lists(times_of_day, min_size=1, max_size=4, unique=True).map(sorted)
moments = st.builds(
    lambda day, minutes: day + minutes * MINUTE,
    st.sampled_from(DAYS_OF_CHANGE),
    st.integers(-24 * 60, 48 * 60),
)
