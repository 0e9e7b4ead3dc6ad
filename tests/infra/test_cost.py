"""The command that prints the monthly cost."""

import pytest

from infra.bill import TRANSACTIONS, Transactions, Use, bill, total
from infra.cost import main, parse_size
from infra.price_list import PRICES, Prices

PRICE_LIST = Prices.read(PRICES)
COUNTS = Transactions.read(TRANSACTIONS)


def costs(use: Use) -> float:
    return total(bill(use, PRICE_LIST, COUNTS))


def test_the_command_prints_every_item_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    options = "--cameras 10 --photos 50 --size 500KB --retention 120d --visits 4"
    assert main(options.split()) == 0
    shown = capsys.readouterr().out
    assert "10 cameras, 50 photos a day from each, 500 KB a photo, kept 120 days" in shown
    assert PRICE_LIST.date in shown
    for price in PRICE_LIST.prices.values():
        assert f"\n{price.name} " in shown
    in_all = next(line for line in shown.splitlines() if line.startswith("in all"))
    use = Use(cameras=10, photos=50, size=500_000, retention=120, visits=4)
    assert in_all.split()[-1] == f"{costs(use):.2f}"


@pytest.mark.parametrize(
    "argument",
    [
        "--cameras 0",
        "--cameras 1.5",
        "--photos -3",
        "--size 5kg",
        "--size 0",
        "--retention ever",
        "--poll often",
    ],
)
def test_an_impossible_value_is_rejected(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    option, _, value = argument.partition(" ")
    with pytest.raises(SystemExit) as ended:
        main([f"{option}={value}"])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "size"), [("500KB", 500_000), ("2.5 MB", 2_500_000), ("7", 7), ("1gb", 10**9)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
