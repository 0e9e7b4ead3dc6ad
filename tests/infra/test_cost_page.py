"""The page of the monthly cost in docs/."""

from infra.bill import TRANSACTIONS, Transactions
from infra.cost_page import TABLE, page
from infra.price_list import PRICES, Prices
from local.processes import ROOT

PRICE_LIST = Prices.read(PRICES)
COUNTS = Transactions.read(TRANSACTIONS)


def test_the_page_in_docs_is_what_the_command_writes() -> None:
    """`make cost-page` writes it."""
    written = (ROOT / "docs" / "cost.md").read_text()
    assert written == page(PRICE_LIST, COUNTS)
    for use in TABLE:
        assert f"| {use.cameras:,} |" in written
    for text in ("after 1.8 hours", "--log 1.4", "costs 80.50 more", "about 70 cameras"):
        assert text in written
