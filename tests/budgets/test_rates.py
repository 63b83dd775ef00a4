"""Rates: a file is taken whole or not at all, and figures are converted by it alone."""

from argparse import Namespace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.budgets.house import House

from guerdon.cli import imports
from guerdon.engine.files.rates import take_rates
from guerdon.engine.files.taken import FileTaken
from guerdon.queries.rates import Amount, Converted, RateTaken, load_converted, load_rate, load_several
from guerdon.values.money import Unit

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "day,base,quote,rate,source\n"
FRIDAY = date(2026, 11, 13)


def take(house: House, text: str | bytes) -> FileTaken:
    data = text if isinstance(text, bytes) else text.encode()
    with house.opened() as tx:
        return take_rates(tx, (house.program_id, house.program), data, "test", NOW)


def stored(house: House) -> int:
    [(count,)] = house.rows("select count(*) from rates")
    assert isinstance(count, int)
    return count


def worth(house: House, *amounts: Amount, into: str = "EUR") -> Converted:
    with house.opened("web") as tx:
        return load_converted(tx, house.program.units, amounts, into)


def test_a_file_is_taken_and_taken_again_changes_nothing(house: House) -> None:
    text = HEAD + "2026-11-13,EUR,NOK,11.2350,ECB\n2026-11-12,EUR,NOK,11.2,ECB\n"
    assert take(house, text) == FileTaken(2, 0)
    assert take(house, text) == FileTaken(0, 2)
    assert stored(house) == 2
    [(detail,)] = house.rows("select detail from audit where action = 'rates.imported'")
    assert detail == {"rates": 2, "first": "2026-11-12", "last": "2026-11-13", "sources": ["ECB"]}


def test_every_wrong_row_is_named_with_its_line_and_nothing_is_taken(house: House) -> None:
    rows = [
        "2026-11-13,EUR,NOK,11.2350,ECB",
        "2026-13-01,EUR,NOK,11,ECB",
        "2026-11-22,EUR,NOK,11,ECB",
        "2026-11-10,USD,NOK,11,ECB",
        "2026-11-10,EUR,XXX,11,ECB",
        "2026-11-10,EUR,EUR,1,ECB",
        "2026-11-10,EUR,NOK,0,ECB",
        "2026-11-10,EUR,NOK,-1,ECB",
        "2026-11-10,EUR,NOK,1e3,ECB",
        "2026-11-10,EUR,NOK,NaN,ECB",
        "2026-11-10,EUR,NOK,1.23456789012,ECB",
        "2026-11-10,EUR,NOK,11,",
        "2026-11-10,EUR,NOK",
        "2026-11-13,EUR,NOK,11.4,ECB",
        '2026-11-10,"EUR,NOK,11,ECB',
        "2026-11-09,EUR,NOK,11,ECB\0",
    ]
    done = take(house, HEAD + "\n".join(rows))
    assert [problem.line for problem in done.problems] == list(range(3, 18))
    assert done.taken == 0
    assert stored(house) == 0


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"day;base;quote;rate;source\n", HEAD.encode()])
def test_a_file_that_is_none_is_refused(house: House, data: bytes) -> None:
    done = take(house, data)
    assert len(done.problems) == 1
    assert stored(house) == 0


def test_a_rate_that_is_known_is_not_changed(house: House) -> None:
    take(house, HEAD + "2026-11-13,EUR,NOK,11.2350,ECB\n")
    done = take(house, HEAD + "2026-11-12,EUR,NOK,11.1,ECB\n2026-11-13,EUR,NOK,11.3,ECB\n")
    [problem] = done.problems
    assert problem.line == 3
    assert problem.what == "one EUR on 2026-11-13 is 11.235 NOK already, not 11.3"
    assert stored(house) == 1


def test_amounts_are_converted_by_the_rate_of_their_day(house: House) -> None:
    take(house, HEAD + "2026-11-12,NOK,EUR,0.0900,NB\n2026-11-13,NOK,EUR,0.1000,NB\n")
    amounts = [
        Amount(date(2026, 11, 12), "NOK", 10_000),
        Amount(FRIDAY, "NOK", 10_000),
        Amount(FRIDAY, "EUR", 50),
    ]
    thursday = date(2026, 11, 12)
    taken = (
        RateTaken("NOK", thursday, thursday, Decimal("0.09")),
        RateTaken("NOK", FRIDAY, FRIDAY, Decimal("0.1")),
    )
    assert worth(house, *amounts) == Converted("EUR", 900 + 1_000 + 50, (), taken)


def test_the_day_that_is_told_is_the_one_whose_rate_was_taken(house: House) -> None:
    """On each of many days, whichever way round the pair is there: `rate_on` and the day never part."""
    both = {
        "NOK,EUR": {4: "0.1004", 5: "0.1005", 20: "0.1020"},
        "EUR,NOK": {1: "9.01", 4: "9.04", 9: "9.09", 13: "9.13"},
    }
    lines = [
        f"2026-10-{day:02},{pair},{rate},NB" for pair, days in both.items() for day, rate in days.items()
    ]
    assert take(house, HEAD + "\n".join(lines) + "\n").problems == ()
    seen = set()
    for number in range(1, 31):
        day = date(2026, 10, number)
        done = worth(house, Amount(day, "NOK", 100_000))
        fresh = {pair: [d for d in days if 0 <= number - d <= 7] for pair, days in both.items()}
        pair = next((pair for pair, days in fresh.items() if days), None)
        if pair is None:
            assert done == Converted("EUR", 0, (Amount(day, "NOK", 100_000),))
            continue
        of = max(fresh[pair])
        rate = Decimal(both[pair][of])
        (taken,) = done.rates
        assert taken.rate_day == date(2026, 10, of), day
        assert abs(taken.rate - (rate if pair == "NOK,EUR" else 1 / rate)) < Decimal("1e-15"), day
        seen.add((pair, of))
    assert len(seen) == 5


def test_several_sums_are_added_up_each_by_itself(house: House) -> None:
    take(house, HEAD + "2026-11-13,NOK,EUR,0.5,NB\n")
    given = {
        "debit": [Amount(FRIDAY, "NOK", 3), Amount(FRIDAY, "EUR", 10)],
        "credit": [Amount(FRIDAY, "NOK", 5), Amount(FRIDAY, "OLD", 7), Amount(FRIDAY, "GONE", 0)],
        "nothing": [],
    }
    with house.opened("web") as tx:
        found = load_several(tx, house.program.units, given, "EUR")
    assert {name: done.amount_minor for name, done in found.items()} == {
        "debit": 12,
        "credit": 3,
        "nothing": 0,
    }
    # A unit that the program does not have is named; nothing of a unit needs no rate.
    assert found["credit"].missing == (Amount(FRIDAY, "OLD", 7),)
    assert found["debit"].missing == found["nothing"].missing == ()


def test_a_sum_may_be_larger_than_an_account(house: House) -> None:
    take(house, HEAD + "2026-11-13,NOK,EUR,1000000000,NB\n")
    huge = 2**63 - 1
    assert (
        worth(house, Amount(FRIDAY, "NOK", huge), Amount(FRIDAY, "NOK", huge)).amount_minor
        == huge * 2 * 10**9
    )


def test_the_last_rate_before_counts_for_a_week_and_then_is_missing(house: House) -> None:
    take(house, HEAD + "2026-11-13,NOK,EUR,0.1,NB\n")
    week, later, before = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 12)
    done = worth(house, *(Amount(day, "NOK", 1_000) for day in (week, later, before)))
    assert done.amount_minor == 100
    assert done.missing == (Amount(before, "NOK", 1_000), Amount(later, "NOK", 1_000))


def test_a_pair_that_is_only_there_the_other_way_round_is_divided_by(house: House) -> None:
    take(house, HEAD + "2026-11-13,EUR,NOK,12.5,ECB\n")
    assert worth(house, Amount(FRIDAY, "NOK", 1_000)).amount_minor == 80
    # The pair itself goes first, be it older.
    take(house, HEAD + "2026-11-10,NOK,EUR,0.1,NB\n")
    assert worth(house, Amount(FRIDAY, "NOK", 1_000)).amount_minor == 100
    with house.opened("web") as tx:
        assert load_rate(tx, "EUR", "NOK", FRIDAY) == Decimal("12.5")
        assert load_rate(tx, "EUR", "NOK", date(2026, 11, 1)) is None


def test_units_with_other_digits_and_halves_are_rounded_away_from_zero(house: House) -> None:
    take(house, HEAD + "2026-11-13,NOK,EUR,0.5,NB\n")
    assert worth(house, Amount(FRIDAY, "NOK", 1)).amount_minor == 1
    assert worth(house, Amount(FRIDAY, "NOK", -1)).amount_minor == -1
    with house.opened("web") as tx:
        yen = {"NOK": house.program.units["NOK"], "EUR": Unit("EUR", "money", 0)}
        assert load_converted(tx, yen, [Amount(FRIDAY, "NOK", 1_000)], "EUR").amount_minor == 5


def test_an_empty_list_is_worth_nothing(house: House) -> None:
    assert worth(house) == Converted("EUR", 0, ())


def test_the_command_takes_a_file_or_names_every_wrong_row(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("DATABASE_URL", house.url), ("GUERDON_SECRET", house.secret)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    file = tmp_path / "rates.csv"
    file.write_text(
        HEAD + "2026-11-13,EUR,NOK,11.2,ECB\n2026-11-13,EUR,XXX,1,ECB\n2026-11-12,EUR,NOK,0,ECB\n"
    )
    asked = Namespace(kind="rates", file=file, program="")
    assert imports.run(asked) == 1
    said = capsys.readouterr()
    assert "2 rows wrong; nothing was taken" in said.out
    assert "line 3, quote: unknown unit 'XXX'" in said.err
    assert "line 4, rate: '0' is not a rate above zero" in said.err
    file.write_text(HEAD + "2026-11-13,EUR,NOK,11.2,ECB\n")
    assert imports.run(asked) == 0
    assert "1 rate taken, 0 known before" in capsys.readouterr().out
    assert imports.run(Namespace(kind="rates", file=tmp_path / "none.csv", program="")) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert stored(house) == 1
