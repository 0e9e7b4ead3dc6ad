"""A month's data budget."""

from datetime import UTC, datetime
from pathlib import Path

from pi_uploader.upload.pace import DataBudget

NOVEMBER, DECEMBER = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_what_goes_up_together_is_counted_before_it_is_sent(tmp_path: Path) -> None:
    """Of two photos that are chosen at the same time, the second is not affordable any more."""
    budget = DataBudget(tmp_path / "sent.json", 1_000_000)
    assert [budget.spend(600_000, NOVEMBER) for _ in range(2)] == [True, False]
    assert budget.spend(400_000, NOVEMBER)


def test_a_restart_begins_no_new_month_but_a_month_does(tmp_path: Path) -> None:
    DataBudget(tmp_path / "sent.json", 1_000_000).spend(600_000, NOVEMBER)
    again = DataBudget(tmp_path / "sent.json", 1_000_000)
    assert not again.spend(600_000, NOVEMBER)
    assert again.spend(600_000, DECEMBER)
