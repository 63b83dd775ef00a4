"""One breach of each control, planted by whoever owns the tables: no trigger, right or check is in its way.

Each is made so that it breaks that one promise only: where a balance hangs on several, the others are made
to fit.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from tests.controls.books import CENTRAL, DE, FR, FUNDING, NO_PERIOD, Books, issue, post

Plant = Callable[[Books], None]
PLANTS: dict[str, Plant] = {}
# Dropped before anything is planted: what a plant breaks, they would refuse.
CHECKS = """
    select conrelid::regclass::text, conname from pg_constraint
    where connamespace = 'guerdon'::regnamespace and contype in ('c', 'u', 'x') and conparentid = 0
      and coninhcount = 0 and conrelid <> 'alarms'::regclass
    order by contype desc
"""


def plant(key: str) -> Callable[[Plant], Plant]:
    def added(function: Plant) -> Plant:
        PLANTS[key] = function
        return function

    return added


def unlocked(books: Books) -> None:
    """Drop every check and unique constraint that is no primary key."""
    for table, name in books.run(CHECKS):
        books.run(f'alter table {table} drop constraint if exists "{name}" cascade')
    for (name,) in books.run(
        "select indexrelid::regclass::text from pg_index where indexrelid::regclass::text like '%speak_once'"
    ):
        books.run(f"drop index {name}")


def reward(books: Books, member: int, rule: str, place: int = 0) -> int:
    """A reward of a member."""
    found = books.run("select id from rewards where member_id = %s and rule = %s order by id", member, rule)
    return int(found[place][0])


def event_of(books: Books, reward_id: int) -> int:
    return int(books.run("select event_id from rewards where id = %s", reward_id)[0][0])


def retell(books: Books, event: int, text: str, other: str) -> None:
    """Let a receipt tell something else."""
    books.run(
        "update events set decision = replace(decision::text, %s, %s)::json where id = %s", text, other, event
    )


def rewrite(books: Books, text: str, other: str) -> None:
    """Change the program's stored text, and its hash with it."""
    books.run("update program_versions set bundle = replace(bundle, %s, %s)", text, other)
    books.run("update program_versions set sha = encode(sha256(convert_to(bundle, 'UTF8')), 'hex')")


@plant("ledger.pools")
def _(books: Books) -> None:
    books.run("update accounts set posted = posted + 100 where name = %s", DE)
    books.run("update accounts set posted = posted - 100 where name = %s", FR)


@plant("ledger.members")
def _(books: Books) -> None:
    books.run("update accounts set debt = debt - 7 where debt > 0")


@plant("ledger.overspent")
def _(books: Books) -> None:
    books.run("update accounts set bounded = true where name = %s and unit = 'PTS'", FUNDING)


@plant("ledger.debt_first")
def _(books: Books) -> None:
    number = books.new()
    books.decide(books.ben, "booking.canceled", post(number, "debt", "owed:by_market:FR", "EUR", 500))


@plant("ledger.bounded")
def _(books: Books) -> None:
    books.run("update accounts set bounded = false where name = 'spent:by_market:DE'")


@plant("ledger.chart")
def _(books: Books) -> None:
    books.account(0, "misc:petty", "EUR")


@plant("ledger.units")
def _(books: Books) -> None:
    books.account(books.ben, "purse", "GOLD")


@plant("ledger.amounts")
def _(books: Books) -> None:
    books.decide(books.ben, "nothing.moved", post(books.new(), "location:kiel", "location:kiel", "EUR", 5))


@plant("ledger.ways")
def _(books: Books) -> None:
    books.decide(
        books.ben, "money.wandered", post(books.new(), "location:kiel", "spent:by_market:FR", "EUR", 5)
    )


@plant("ledger.eventless")
def _(books: Books) -> None:
    books.move(0, 0, post(books.new(), "location:kiel", "owed:by_market:FR", "EUR", 5))


@plant("ledger.once")
def _(books: Books) -> None:
    number = books.fund(FUNDING, CENTRAL, 100)
    books.at += timedelta(seconds=1)
    books.number, kept = number - 1, books.number
    books.fund(FUNDING, CENTRAL, 100)
    books.number, books.at = kept, books.at - timedelta(seconds=1)


@plant("lots.balance")
def _(books: Books) -> None:
    number = books.run(
        "select id from rewards where member_id = %s and state = 'ready' and rule = 'adjustment'", books.ben
    )[0][0]
    books.run("update rewards set state = 'pending', available_at = 'infinity' where id = %s", number)


@plant("lots.draws")
def _(books: Books) -> None:
    # An order took from two lots: a little more of one, a little less of the other.
    ((transfer, more, less),) = books.run(
        "select transfer_id, min(reward_id), max(reward_id) from draws where amount > 0"
        " group by 1 having count(*) = 2 order by 1 limit 1"
    )
    for number, change in ((more, 5), (less, -5)):
        books.run(
            "update draws set amount = amount + %s where transfer_id = %s and reward_id = %s",
            change, transfer, number,
        )  # fmt: skip


@plant("lots.moves")
def _(books: Books) -> None:
    # Two orders took from one lot: a little more for the first, a little less for the second.
    ((number, more, less),) = books.run(
        "select reward_id, min(transfer_id), max(transfer_id) from draws where amount > 5"
        " group by 1 having count(*) > 1 order by 1 limit 1"
    )
    for transfer, change in ((more, 5), (less, -5)):
        books.run(
            "update draws set amount = amount + %s where transfer_id = %s and reward_id = %s",
            change, transfer, number,
        )  # fmt: skip


@plant("lots.states")
def _(books: Books) -> None:
    books.run("update rewards set redeemed_at = null where state = 'redeemed'")


@plant("lots.expiry")
def _(books: Books) -> None:
    # Its event says so too, and no timer came.
    number = reward(books, books.ben, "test_drive")
    until = books.now - timedelta(days=3)
    books.run("update rewards set expires_at = %s where id = %s", until, number)
    event = event_of(books, number)
    ((told,),) = books.run("select decision::text from events where id = %s", event)
    other = re.sub(r'"expires_at":"[^"]*"', f'"expires_at":"{until.isoformat()}"', told)
    books.run("update events set decision = %s where id = %s", other, event)


@plant("lots.ends")
def _(books: Books) -> None:
    # Extended, but by no event.
    number = reward(books, books.ada, "test_drive")
    books.run("update rewards set expires_at = expires_at + interval '1 day' where id = %s", number)


@plant("lots.maturing")
def _(books: Books) -> None:
    books.run("update rewards set available_at = %s where state = 'pending'", books.now - timedelta(days=3))


@plant("lots.reversed")
def _(books: Books) -> None:
    event, told = books.run(
        'select id, decision::text from events where decision::text like \'%%"type":"reverse"%%\''
    )[0]
    other = re.sub(r'("type":"reverse".*?"amount":)\d+', r"\g<1>7", told)
    books.run("update events set decision = %s where id = %s", other, event)


@plant("rewards.paid")
def _(books: Books) -> None:
    number = reward(books, books.ben, "test_drive")
    retell(books, event_of(books, number), '"payer":"budget:by_market:FR"', '"payer":"budget:by_market:DE"')
    books.run("update rewards set payer = %s where id = %s", DE, number)


@plant("rewards.once")
def _(books: Books) -> None:
    effects = []
    for _ in range(2):
        number = books.new()
        effects += [issue(number, "visit", "PTS", 5, FUNDING), post(number, FUNDING, "purse", "PTS", 5)]
    books.decide(books.ben, "visit.paid", *effects)


@plant("rewards.rule")
def _(books: Books) -> None:
    rewrite(books, '"FR": "180.00 EUR"', '"FR": "150.00 EUR"')


@plant("receipts.transfers")
def _(books: Books) -> None:
    books.run(
        "update transfers set event_id = %s where from_account = %s and to_account = %s and event_id <> 0",
        event_of(books, reward(books, books.ben, "test_drive")), CENTRAL, FR,
    )  # fmt: skip


@plant("receipts.rewards")
def _(books: Books) -> None:
    event = event_of(books, reward(books, books.ben, "test_drive"))
    retell(books, event, '"rule":"test_drive"', '"rule":"booking"')


@plant("receipts.messages")
def _(books: Books) -> None:
    for table in ("messages", "outbox"):
        books.run(
            f"delete from {table} where event_id = %s",  # noqa: S608  a name of ours
            event_of(books, reward(books, books.ben, "test_drive")),
        )


@plant("receipts.orders")
def _(books: Books) -> None:
    books.run("update orders set value = value - 1")
    # Whoever did it thought of the figures.
    books.run("update rollups set redeemed_value = redeemed_value - redeemed")


@plant("receipts.version")
def _(books: Books) -> None:
    # A version began before these events, and they were decided by the one before it.
    books.run(
        "insert into program_versions"
        " select program_id, 2, bundle, sha, live_from + interval '1 second', published_at, published_by"
        " from program_versions"
    )


@plant("holds.sums")
def _(books: Books) -> None:
    books.run("update accounts set held = held + 1 where name = %s", FR)


@plant("holds.lots")
def _(books: Books) -> None:
    books.run("update hold_lots set amount = amount - 1")


@plant("holds.states")
def _(books: Books) -> None:
    books.run("update holds set closed_at = %s where state = 'open' and member_id > 0", books.now)


@plant("holds.late")
def _(books: Books) -> None:
    late = books.now - timedelta(days=3)
    books.run("update holds set expires_at = %s where state = 'open' and member_id > 0", late)


@plant("holds.requests")
def _(books: Books) -> None:
    books.run("update requests set state = 'rejected', closed_at = %s where state = 'open'", books.now)


@plant("limits.used")
def _(books: Books) -> None:
    books.run(
        "update allowances set used = used - 1 where name = 'member_month' and member_id = %s", books.ben
    )


@plant("limits.passed")
def _(books: Books) -> None:
    rewrite(books, '"600.00 EUR"', '"220.00 EUR"')


@plant("budgets.tree")
def _(books: Books) -> None:
    books.fund(DE, FR, 100)


@plant("budgets.nodes")
def _(books: Books) -> None:
    books.node("budget:by_market:XX", CENTRAL, account=False)


@plant("budgets.circle")
def _(books: Books) -> None:
    books.node("budget:a:", "budget:b:")
    books.node("budget:b:", "budget:a:")


@plant("budgets.allocated")
def _(books: Books) -> None:
    books.run("update budget_nodes set allocated = allocated + 100 where name = %s", FR)


@plant("budgets.top_ups")
def _(books: Books) -> None:
    books.run("update top_ups set amount = amount - 1 where name = %s and period = %s", FR, NO_PERIOD)


@plant("approvals.text")
def _(books: Books) -> None:
    books.run(
        "update revisions set content = replace(content::text, 'kindness', 'Kindness')::json"
        " where content::text like '%%kindness%%'"
    )


@plant("approvals.self")
def _(books: Books) -> None:
    books.run(
        "insert into person_members select %s, person_id, %s, 'test', %s from people"
        " where login like 'finance%%'",
        books.program_id, books.ben, books.now,
    )  # fmt: skip


@plant("approvals.grants")
def _(books: Books) -> None:
    books.run(
        "update grants set revoked_by = 'per_x', revoked_at ="
        " (select min(signed_at) - interval '1 minute' from signatures where role = 'dealer_manager')"
        " where role = 'dealer_manager'"
    )


@plant("approvals.enough")
def _(books: Books) -> None:
    books.run("update requests set rung = 1 where kind = 'reward' and state = 'done'")


@plant("approvals.carried_out")
def _(books: Books) -> None:
    finance = books.run("select person from signatures where role = 'finance' limit 1")[0][0]
    wish = {
        "kind": "adjustment",
        "member": books.ada,
        "unit": "EUR",
        "amount": 700,
        "payer": DE,
        "reason": "lost",
    }
    books.request("adjustment", wish, "per_y", {finance: "finance"})


@plant("approvals.asked")
def _(books: Books) -> None:
    told = {"type": "adjust", "request": 99, "unit": "EUR", "amount": 500, "reason": "by nobody"}
    books.decide(books.ben, "approval.granted", told, source="guerdon")


@plant("people.left")
def _(books: Books) -> None:
    books.run("update people set left_at = %s where login like 'owner%%'", books.now - timedelta(hours=1))


@plant("people.self_granted")
def _(books: Books) -> None:
    books.run("update grants set granted_by = 'owner@example.com' where role = 'program_owner'")


@plant("versions.text")
def _(books: Books) -> None:
    books.run("update program_versions set sha = 'x'")


@plant("versions.order")
def _(books: Books) -> None:
    books.run(
        "insert into program_versions"
        " select program_id, version + 2, bundle, sha, live_from + interval '1 year', published_at, ''"
        " from program_versions order by version desc limit 1"
    )


@plant("codes.orders")
def _(books: Books) -> None:
    books.run("update codes set item = 'other' where id = (select min(id) from codes where state = 'issued')")


@plant("codes.states")
def _(books: Books) -> None:
    books.insert(
        "codes",
        item="basket",
        unit="EUR",
        value=1,
        code_index=b"free",
        code=b"sealed",
        state="free",
        issued_at=books.now,
    )


@plant("codes.once")
def _(books: Books) -> None:
    for _ in range(2):
        books.insert("codes", item="basket", unit="EUR", value=1, code_index=b"twice", code=b"sealed")


@plant("orders.delivered")
def _(books: Books) -> None:
    order, member = books.run(
        "select o.id, o.member_id from codes c join orders o on o.id = c.order_id"
        " where c.state = 'issued' order by c.id limit 1"
    )[0]
    books.run("delete from fulfillments where order_id = %s", order)
    _way(books, member, order, "fulfilled")


@plant("orders.attempts")
def _(books: Books) -> None:
    books.run(
        "insert into supplier_attempts (program_id, member_id, order_id, attempt, supplier, sku, key,"
        " state, first_asked_at, asked_at) select program_id, member_id, id, n, 'g', 'c', 'same', 'refused',"
        " now(), now() from orders o, generate_series(1, 2) n where canceled_at is null"
    )


@plant("orders.settled")
def _(books: Books) -> None:
    # The way of an order that nobody placed.
    _way(books, books.ada, 7, "failed")


def _way(books: Books, member: int, order: int, state: str) -> None:
    said = {"supplier": "giftly", "settled_at": books.now, "chosen_at": books.now}
    books.insert("fulfillments", member_id=member, order_id=order, state=state, **said)


@plant("orders.held")
def _(books: Books) -> None:
    books.run("update holds set purpose = 'order:ord_0000000000001' where state = 'open' and member_id > 0")


@plant("orders.places")
def _(books: Books) -> None:
    books.run(
        "insert into catalog_items (program_id, id, key, feed, sku, category, kind, delivery, markets,"
        " prices, names, supplier, generation, content_hash, changed_at) values (%s, 1, 'a', 'f', 'a', 'c',"
        " 'experience', 'place', '{DE}', '{\"PTS\": 1}', '{\"en\": \"Tour\"}', 'pool', 1, '', now())",
        books.program_id,
    )
    books.insert("catalog_slots", item_id=1, id=1, ref="1", capacity=2, taken=1)


@plant("intake.places")
def _(books: Books) -> None:
    number = books.run("select id from events where source <> 'guerdon' limit 1")[0][0]
    books.insert(
        "inbox", id=number, lane=0, connection="crm", delivery_id=1, position=0, recorded_at=books.now
    )


@plant("intake.lost")
def _(books: Books) -> None:
    books.run("insert into event_keys values (%s, md5('lost')::uuid, 1, 1000000000000000)", books.program_id)


@plant("figures.issued")
def _(books: Books) -> None:
    books.run("update rollups set issued_value = issued_value + 1 where rule = 'booking'")


@plant("figures.events")
def _(books: Books) -> None:
    books.run("update event_rollups set events = events + 1 where type like 'booking.%%'")


@plant("deliveries.followed")
def _(books: Books) -> None:
    books.run("insert into delivery_progress select program_id, 'infinity', 'infinity' from programs")


@plant("deliveries.counted")
def _(books: Books) -> None:
    books.run(
        "insert into delivery_counts"
        " select program_id, '2026-05-04', 'whole', 'gift', '*', '*', '*', 'done', 0, 1, 1 from programs"
    )


@plant("figures.redeemed")
def _(books: Books) -> None:
    books.run("update rollups set redeemed_value = redeemed_value - 1 where redeemed > 0")


@plant("memory.days")
def _(books: Books) -> None:
    books.run(
        "insert into member_days"
        " select program_id, member_id, 'booking.confirmed', '2026-05-04', 1 from members"
    )


@plant("memory.holdings")
def _(books: Books) -> None:
    books.run("insert into member_holdings select program_id, member_id, 'bike', 'A', '{}' from members")


@plant("memory.states")
def _(books: Books) -> None:
    books.run("alter table members disable trigger members_keep_states")
    books.run("update members set state = 1 where member_id = (select min(member_id) from members)")


@plant("segments.members")
def _(books: Books) -> None:
    books.run(
        "update segment_members set member_id = 0 where member_id = (select min(member_id) from members)"
    )


@plant("segments.sizes")
def _(books: Books) -> None:
    books.run("update segment_sizes set n = n + 1 where segment = 'german'")


def paired(books: Books, state: str, **more: object) -> int:
    """A pair of Ada, who was brought by Ben."""
    number = books.new()
    books.insert(
        "referral_pairs",
        id=number,
        member_id=books.ada,
        # Of one scheme a friend has one.
        scheme=f"friends{number}",
        code=f"ABCDEFGH{number}",
        referrer_id=books.ben,
        source="crm",
        external_id="ada",
        state=state,
        claimed_at=books.at,
        recorded_at=books.at,
        qualified_at=books.at,
        qualified_by=1,
        **more,
    )
    return number


def told_of(books: Books, pair: int) -> None:
    event = books.decide(books.ben, "friend.came", source="referrals")
    books.run("update events set external_id = %s where id = %s", f"{pair}.came.referrer", event)


@plant("referrals.told")
def _(books: Books) -> None:
    told_of(books, paired(books, "held", reasons=["same_device"]))


@plant("referrals.once")
def _(books: Books) -> None:
    pair = paired(books, "qualified", told_at=books.at)
    told_of(books, pair)
    told_of(books, pair)


@plant("referrals.judged")
def _(books: Books) -> None:
    paired(books, "qualified", told_at=books.at, reasons=["mutual"])


@plant("audit.seals")
def _(books: Books) -> None:
    books.run("update seals set number = 7 where number = (select max(number) from seals)")


@plant("audit.rows")
def _(books: Books) -> None:
    books.run(
        "update audit set tx = (tx::text::bigint + 1000000)::text::xid8"
        " where id = (select min(id) from audit)"
    )
