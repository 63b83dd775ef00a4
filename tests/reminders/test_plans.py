"""Who is due for a reminder is found by an index, however many rewards there are."""

from datetime import timedelta

from tests.reminders.house import BEGAN, House

from guerdon.engine.messages.reminding import steps_of, stretches_of
from guerdon.store.database import transaction
from guerdon.store.messages.reminders import PAGE, ZONES, Asking, page_of

MANY = 20_000


def test_due_rewards_are_found_by_when_they_were_ready_and_when_they_end(house: House) -> None:
    house.run(
        "insert into members (program_id, member_id, market, language, enrolled_at)"
        " select program_id, n, 'DE', 'de', %(at)s from programs, generate_series(1000, 999 + %(many)s) n",
        at=BEGAN,
        many=MANY,
    )
    house.run(
        "insert into persons (program_id, member_id, key) select program_id, member_id, '' from members"
        " on conflict do nothing"
    )
    # Given over two years, so a day is a small part of it.
    house.run(
        "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,"
        " happened_at, issued_at, available_at, expires_at)"
        " select program_id, member_id, member_id, 1, 'gift', 'PTS', 5, 5, 'budget:pot:DE', at, at, at,"
        " at + interval '1 year' from members,"
        " lateral (select %(at)s + make_interval(mins => (member_id::integer - 1000) * 50) as at) a",
        at=BEGAN - timedelta(days=600),
    )
    house.run("analyze rewards")
    house.run("analyze members")
    house.run("analyze persons")
    stretches = stretches_of(
        steps_of(house.program),
        {f"market {key}": market.time_zone for key, market in house.program.markets.items()},
        BEGAN,
        BEGAN + timedelta(days=1),
    )
    assert len(stretches) == 4
    asking = Asking(house.program_id, BEGAN, ["PTS"], "zone")
    asked = page_of(asking, [each.span for each in stretches], 0, 500)
    plans = []
    with house.worker() as db, transaction(db, house.program_id) as tx:
        found = tx.execute(PAGE, asked).fetchall()
        for statement in (PAGE, ZONES):
            rows = tx.execute(b"explain " + statement.encode(), asked).fetchall()
            plans.append("\n".join(str(row[0]) for row in rows))
    # 28 or 29 rewards a day, in each of the four steps.
    assert 100 < len(found) < 130
    for plan in plans:
        assert "Seq Scan on rewards" not in plan, plan
        assert "rewards_ready_since" in plan, plan
        assert "rewards_lapsing" in plan, plan
        assert "Index Cond: ((program_id = " in plan, plan
    # These are nobody's books.
    house.run("delete from rewards")
    house.run("delete from members")
