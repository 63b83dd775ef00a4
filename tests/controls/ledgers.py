"""Books full of good entries, for controls to find nothing in."""

from datetime import timedelta
from typing import Any

import psycopg
from tests.controls.books import (
    ADA,
    BEN,
    CENTRAL,
    CLEO,
    DE,
    FR,
    FUNDING,
    NO_PERIOD,
    Books,
    draw,
    extend,
    issue,
    post,
    redeem,
    send,
)


def opened(url: str) -> psycopg.Connection[Any]:
    """Everything may be written here, whatever trigger or right stands against it."""
    return psycopg.connect(
        url,
        autocommit=True,
        options="-c search_path=guerdon -c session_replication_role=replica -c timezone=UTC",
    )


def written(db: psycopg.Connection[Any]) -> Books:
    """Good books: every noun that a control looks at is in them."""
    books = Books(db)
    books.publish()
    for member in (ADA, BEN, CLEO):
        books.enroll(member)
    _budgets(books)
    _money(books)
    _points(books)
    _debt(books)
    _approvals(books)
    _holds(books)
    _seals(books)
    return books


def _budgets(books: Books) -> None:
    books.node(CENTRAL, None)
    books.node(DE, CENTRAL, "DE")
    books.node(FR, CENTRAL, "FR")
    books.fund(FUNDING, CENTRAL, 1_000_000)
    books.fund(CENTRAL, DE, 300_000)
    books.fund(CENTRAL, FR, 200_000)


def _money(books: Books) -> None:
    """Two test drives and two bookings, one of them redeemed, with a top-up on the way."""
    for member, rule, value, payer in (
        (ADA, "test_drive", 2_500, DE),
        (ADA, "booking", 20_000, DE),
        (BEN, "booking", 18_000, FR),
        (BEN, "test_drive", 2_500, FR),
    ):
        number = books.new()
        books.decide(
            member,
            f"{rule}.done",
            issue(number, rule, "EUR", value, payer),
            post(number, payer, "purse", "EUR", value),
            send(number),
        )
        if (member, rule) == (ADA, "booking"):
            order = books.new()
            books.decide(
                ADA,
                "reward.redeemed",
                redeem(order, number, "basket", "EUR", value),
                post(order, "purse", "spent:by_market:DE", "EUR", value),
                draw(order, number, value),
                source="guerdon",
            )
    ((drive, ends),) = books.run(
        "select id, expires_at from rewards where member_id = %s and rule = 'test_drive'", ADA
    )
    books.decide(ADA, "reward.extended", extend(drive, ends, ends + timedelta(days=14)), source="guerdon")
    books.use(ADA, "member_month", "2026-05-01", 22_500, 60_000)
    books.use(BEN, "member_month", "2026-05-01", 20_500, 60_000)
    for member in (ADA, BEN):
        books.use(member, "drives", "2026-01-01", 1, 5)
    transfer = books.new()
    books.decide(
        BEN,
        "visit.paid",
        post(transfer, CENTRAL, FR, "EUR", 50_000),
        {
            "type": "top_up",
            "account": FR,
            "period": NO_PERIOD.isoformat(),
            "amount": 50_000,
            "transfer": transfer,
        },
    )
    for name, change in ((CENTRAL, -50_000), (FR, 50_000)):
        books.run(
            "update budget_nodes set allocated = allocated + %s, moved = moved + %s where name = %s",
            change, change, name,
        )  # fmt: skip


def _points(books: Books) -> None:
    """Points are a balance: lots drawn on twice, one order given back, one part that expired, one pending."""
    lots = [books.new() for _ in range(3)]
    for lot, value in zip(lots, (100, 300, 80), strict=True):
        pending = lot == lots[2]
        books.decide(
            ADA,
            "visit.paid",
            issue(lot, "visit", "PTS", value, FUNDING, pending=pending),
            post(lot, FUNDING, "pending" if pending else "purse", "PTS", value),
        )
    for from_first, from_second in ((40, 60), (10, 90)):
        order, value = books.new(), from_first + from_second
        books.decide(
            ADA,
            "reward.redeemed",
            redeem(order, lots[0], "basket", "PTS", value),
            post(order, "purse", "program:spent", "PTS", value),
            draw(order, lots[0], from_first),
            draw(order, lots[1], from_second),
            source="guerdon",
        )
    back = books.new()
    books.decide(
        ADA,
        "order.canceled",
        post(back, "program:spent", "purse", "PTS", 100),
        draw(back, lots[1], -90),
        draw(back, lots[0], -10),
        source="guerdon",
    )
    books.run("update orders set canceled_at = %s where id = %s", books.at, order)
    books.run("update codes set state = 'void' where order_id = %s", order)
    gone = books.new()
    books.decide(
        ADA,
        "value.expired",
        post(gone, "purse", FUNDING, "PTS", 60),
        draw(gone, lots[0], 60),
        source="guerdon",
    )
    books.run("update rewards set state = 'expired', expires_at = %s where id = %s", books.at, lots[0])


def _debt(books: Books) -> None:
    """A reward was taken back after it was spent: part of it is owed, part was paid by what came later."""
    first, order, taken = books.new(), books.new(), books.new()
    books.decide(
        CLEO,
        "booking.done",
        issue(first, "booking", "EUR", 20_000, DE),
        post(first, DE, "purse", "EUR", 20_000),
    )
    books.decide(
        CLEO,
        "reward.redeemed",
        redeem(order, first, "basket", "EUR", 20_000),
        post(order, "purse", "spent:by_market:DE", "EUR", 20_000),
        draw(order, first, 20_000),
        source="guerdon",
    )
    books.decide(
        CLEO,
        "booking.canceled",
        {
            "type": "reverse",
            "reward": first,
            "rule": "booking",
            "unit": "EUR",
            "amount": 20_000,
            "owed": 20_000,
        },
        post(taken, "debt", "owed:by_market:DE", "EUR", 20_000),
    )
    later, paid, home = books.new(), books.new(), books.new()
    books.decide(
        CLEO,
        "test_drive.done",
        issue(later, "test_drive", "EUR", 2_500, DE),
        post(paid, DE, "debt", "EUR", 2_500),
        draw(paid, later, 2_500),
        post(home, "owed:by_market:DE", DE, "EUR", 2_500),
    )
    books.use(CLEO, "member_month", "2026-05-01", 2_500, 60_000)
    books.use(CLEO, "drives", "2026-01-01", 1, 5)


def _approvals(books: Books) -> None:
    """A reward beyond its limit and an adjustment by hand, each asked, signed and given."""
    finance = books.person("finance@example.com", "finance")
    owner = books.person("owner@example.com", "program_owner")
    manager = books.person(
        "manager@example.com", "dealer_manager", market="DE", unit="EUR", amount_max=25_000
    )
    reward = books.new()
    content = {"kind": "reward", "member": BEN, "reward_id": reward, "rule": "booking", "unit": "EUR"}
    books.request(
        "reward", {**content, "value": 18_000}, "rule:booking", {manager: "dealer_manager"}, market="DE"
    )
    books.decide(
        BEN,
        "approval.granted",
        issue(reward, "booking", "EUR", 18_000, FR),
        post(reward, FR, "purse", "EUR", 18_000),
        source="guerdon",
    )
    by_hand = books.new()
    asked = {
        "kind": "adjustment",
        "member": BEN,
        "unit": "EUR",
        "amount": 1_000,
        "payer": FR,
        "reason": "kindness",
    }
    request = books.request("adjustment", asked, owner, {finance: "finance"})
    books.decide(
        BEN,
        "approval.granted",
        {"type": "adjust", "request": request, "unit": "EUR", "amount": 1_000, "reason": "kindness"},
        issue(by_hand, "adjustment", "EUR", 1_000, FR),
        post(by_hand, FR, "purse", "EUR", 1_000),
        source="guerdon",
    )
    large = {"kind": "bulk", "rows": [{"member": BEN, "unit": "EUR", "amount": 500}]}
    books.request("bulk", large, manager, {finance: "finance", owner: "program_owner"}, state="failed")


def _holds(books: Books) -> None:
    """A member's order on its way, and a reward that waits for people with its money set aside."""
    lot = books.run("select id from rewards where member_id = %s and rule = 'test_drive'", ADA)[0][0]
    hold = books.new()
    books.insert(
        "holds",
        member_id=ADA,
        id=hold,
        account="purse",
        unit="EUR",
        amount=2_500,
        purpose="order",
        opened_at=books.at,
    )
    books.insert("hold_lots", member_id=ADA, hold_id=hold, reward_id=lot, amount=2_500)
    books.run("update rewards set held = 2500 where id = %s", lot)
    books.account(ADA, "purse", "EUR", held=2_500)
    wish = {
        "kind": "reward",
        "member": ADA,
        "reward_id": 7,
        "rule": "booking",
        "unit": "EUR",
        "value": 20_000,
    }
    request = books.request("reward", wish, "rule:booking", {}, state="open", closed_at=None)
    books.insert(
        "holds",
        member_id=0,
        id=request,
        account=DE,
        unit="EUR",
        amount=20_000,
        purpose="reward",
        opened_at=books.at,
    )
    books.account(0, DE, "EUR", held=20_000)


def _seals(books: Books) -> None:
    books.audit("person.invited", "per_x")
    rows = books.run("select tx::text, id from audit order by tx, id")
    for number, (tx, last) in enumerate(rows, 1):
        books.run(
            "insert into seals values (%s, %s, %s, 1, %s::text::xid8, %s, 1, sha256('r'), sha256('p'), %s,"
            " %s)",
            books.program_id, number, last, tx, last, number, books.at,
        )  # fmt: skip
