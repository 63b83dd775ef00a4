"""Good books, written row by row by a bookkeeper of the tests: what the engine's own code never touched.

Everything a control looks at is in them at least once: balances of money and points, lots drawn on twice,
debts, holds, a tree of budgets with a top-up, approvals, orders with codes, messages, seals.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from guerdon.values.ids import show

NOW = datetime(2026, 5, 20, 3, 30, tzinfo=UTC)
FUNDING, CENTRAL, DE, FR = "program:funding", "budget:central:", "budget:by_market:DE", "budget:by_market:FR"
OWN = ("purse", "pending", "debt")
ADA, BEN, CLEO = 11, 12, 13
NO_PERIOD = date(1, 1, 1)

PROGRAM = {
    "program": "orchard",
    "name": "Orchard",
    "time_zone": "Europe/Berlin",
    "units": {"EUR": {"kind": "money", "digits": "2"}, "PTS": {"kind": "points", "digits": "0"}},
    "markets": {
        "DE": {"name": "Germany", "language": "de", "time_zone": "Europe/Berlin"},
        "FR": {"name": "France", "language": "fr", "time_zone": "Europe/Paris"},
    },
    "budgets": {
        "central": {"per": "one", "unit": "EUR", "amount": "10000.00"},
        "by_market": {
            "per": "market",
            "parent": "central",
            "unit": "EUR",
            "amounts": {"DE": "3000.00", "FR": "2000.00"},
        },
    },
    "limits": {
        "member_month": {"per": "member", "period": "month", "amount": "600.00 EUR"},
        "drives": {"per": "member", "period": "year", "times": "5", "rules": ["test_drive"]},
    },
    "rules": {
        "test_drive": {
            "when": "test_drive.completed",
            "then": [{"reward": {"value": "25.00 EUR", "pay_from": "by_market", "valid_days": "90"}}],
        },
        "booking": {
            "when": "booking.confirmed",
            "then": [
                {"reward": {"value": {"DE": "200.00 EUR", "FR": "180.00 EUR"}, "pay_from": "by_market"}},
            ],
        },
        "visit": {
            "when": "visit.paid",
            "then": [{"reward": {"value": {"of": "amount", "rate": "1", "unit": "PTS"}}}],
        },
    },
}  # fmt: skip


@dataclass
class Books:
    """The bookkeeper: whatever is entered is folded into every balance and figure that shows it."""

    db: psycopg.Connection[Any]
    program_id: int = 0
    number: int = 1000
    at: datetime = NOW - timedelta(days=10)
    places: Mapping[int, str] = field(default_factory=lambda: {ADA: "DE", BEN: "FR", CLEO: "DE"})
    now: datetime = NOW
    # Who spent in parts and has a hold; who has money and nothing against it; who owes.
    ada: int = ADA
    ben: int = BEN
    cleo: int = CLEO

    def run(self, statement: str, *values: object, **named: object) -> list[tuple[Any, ...]]:
        done = self.db.execute(statement.encode(), named or values or None)
        return done.fetchall() if done.description else []

    def new(self) -> int:
        self.number += 1
        return self.number

    def insert(self, table: str, **values: object) -> None:
        row = {"program_id": self.program_id, **values}
        marks = ", ".join(f"%({name})s" for name in row)
        names = ", ".join(f'"{name}"' for name in row)
        self.run(f"insert into {table} ({names}) values ({marks})", **row)  # noqa: S608  names of ours

    def publish(self, text: Mapping[str, object] = PROGRAM) -> None:
        """A program's version, and everything of it that has a row."""
        self.program_id = self.run(
            "insert into programs (key, created_at) values (%s, %s) returning program_id",
            text["program"],
            self.at,
        )[0][0]
        bundle = json.dumps(text)
        self.insert(
            "program_versions",
            version=1,
            bundle=bundle,
            sha=sha256(bundle.encode()).hexdigest(),
            live_from=self.at - timedelta(days=1),
            published_at=self.at - timedelta(days=1),
            published_by="test",
        )
        self.insert("segments", segment="german", definition="-", as_of=self.at, built_at=self.at)
        self.audit("program.published", "orchard")

    def audit(self, action: str, subject: str) -> None:
        self.insert("audit", actor="test", action=action, subject=subject, recorded_at=self.at)

    def enroll(self, member: int) -> None:
        self.insert(
            "members", member_id=member, market=self.places[member], language="en", enrolled_at=self.at
        )
        if self.places[member] == "DE":
            self.insert("segment_members", segment="german", member_id=member, market="DE", since=self.at)
            self.run(
                "insert into segment_sizes values (%s, 'german', %s, 'DE', 1)"
                " on conflict (program_id, segment, market, day) do update set n = segment_sizes.n + 1",
                self.program_id, self.at,
            )  # fmt: skip

    def account(self, member: int, name: str, unit: str, **changes: int) -> None:
        """Change columns of an account, opened when it is new."""
        bounded = name != FUNDING and not name.startswith("location:")
        self.run(
            "insert into accounts (program_id, member_id, name, unit, bounded) values (%s, %s, %s, %s, %s)"
            " on conflict do nothing",
            self.program_id, member, name, unit, bounded,
        )  # fmt: skip
        for column, change in changes.items():
            self.run(
                f"update accounts set {column} = {column} + %s"  # noqa: S608  a name of ours
                " where program_id = %s and member_id = %s and name = %s and unit = %s",
                change, self.program_id, member, name, unit,
            )  # fmt: skip

    def move(self, member: int, event: int, post: Mapping[str, Any]) -> None:
        """A transfer, folded into both of its accounts."""
        self.insert(
            "transfers",
            member_id=member,
            id=post["id"],
            event_id=event,
            from_account=post["from_account"],
            to_account=post["to_account"],
            unit=post["unit"],
            amount=post["amount"],
            happened_at=self.at,
            recorded_at=self.at,
        )
        for name, change in ((post["from_account"], -post["amount"]), (post["to_account"], post["amount"])):
            if name in OWN:
                column = "posted" if name == "purse" else name
                self.account(member, "purse", post["unit"], **{column: -change if name == "debt" else change})
            else:
                self.account(0, name, post["unit"], posted=change)

    def fund(self, from_account: str, to_account: str, amount: int, event: int = 0) -> int:
        """Money between budgets, and what nodes were allocated by it."""
        number = self.new()
        self.move(0, event, post(number, from_account, to_account, "EUR", amount))
        for name, change in ((from_account, -amount), (to_account, amount)):
            self.run(
                "update budget_nodes set allocated = allocated + %s, moved = moved + %s"
                " where program_id = %s and name = %s",
                change, change, self.program_id, name,
            )  # fmt: skip
        return number

    def node(self, name: str, parent: str | None, market: str | None = None, *, account: bool = True) -> None:
        self.insert(
            "budget_nodes",
            name=name,
            unit="EUR",
            budget=name.split(":")[1],
            market=market,
            parent=parent,
            period=NO_PERIOD,
        )
        if account:
            self.account(0, name, "EUR")

    def decide(
        self,
        member: int,
        kind: str,
        *effects: Mapping[str, Any],
        source: str = "crm",
        event: int | None = None,
    ) -> int:
        """An event with its decision, and all that follows from it."""
        number = event or self.new()
        market = self.places.get(member, "")
        ends = (self.at + timedelta(days=90)).isoformat()
        effects = tuple({**each, "expires_at": ends} if each["type"] == "issue" else each for each in effects)
        self.insert(
            "events",
            member_id=member,
            id=number,
            type=kind,
            source=source,
            external_id=str(number),
            market=market,
            version=1,
            outcome="earned",
            data="{}",
            decision=json.dumps({"effects": effects, "v": 1}, separators=(",", ":")),
            happened_at=self.at,
            recorded_at=self.at,
            decided_at=self.at,
        )
        if source != "guerdon" or kind in {"approval.granted", "reward.extended"}:
            self.run(
                "insert into event_keys values (%s, md5(%s)::uuid, 1, %s)",
                self.program_id,
                str(number),
                number,
            )
        self.run(
            "insert into event_rollups values (%s, %s, %s, %s, 1) on conflict (program_id, day, market, type)"
            " do update set events = event_rollups.events + 1",
            self.program_id, self.at.date(), market, kind,
        )  # fmt: skip
        for effect in effects:
            getattr(self, f"_{effect['type']}", self._only_told)(member, number, effect)
        return number

    def _post(self, member: int, event: int, effect: Mapping[str, Any]) -> None:
        self.move(member, event, effect)

    def _issue(self, member: int, event: int, effect: Mapping[str, Any]) -> None:
        unit, value, pending = effect["unit"], effect["value"], effect["available_at"] is not None
        self.insert(
            "rewards",
            member_id=member,
            id=effect["reward"],
            event_id=event,
            rule=effect["rule"],
            unit=unit,
            value=value,
            remaining=value,
            payer=effect["payer"],
            state="pending" if pending else "ready",
            happened_at=self.at,
            issued_at=self.at,
            available_at="infinity" if pending else self.at,
            expires_at=effect["expires_at"],
        )
        self.run(
            "insert into rollups (program_id, day, market, location, rule, unit, issued, issued_value)"
            " values (%s, %s, %s, '', %s, %s, 1, %s)"
            " on conflict (program_id, day, market, location, rule, unit)"
            " do update set issued = rollups.issued + 1,"
            " issued_value = rollups.issued_value + excluded.issued_value",
            self.program_id, self.at.date(), self.places[member], effect["rule"], unit, value,
        )  # fmt: skip
        self._rewarded(member, unit, effect["rule"])

    def _rewarded(self, member: int, unit: str, rule: str) -> None:
        given = [
            each
            for (each,) in self.run(
                "select rule from rewards where member_id = %s and unit = %s", member, unit
            )
        ]
        if given.count(rule) > 1:
            return
        for rules, n in ((sorted(set(given)), 1), (sorted({*given} - {rule}), -1)):
            if rules:
                self.run(
                    "insert into rewarded_members values (%s, %s, %s, %s, %s)"
                    " on conflict (program_id, market, unit, rules)"
                    " do update set members = rewarded_members.members + excluded.members",
                    self.program_id, self.places[member], unit, rules, n,
                )  # fmt: skip

    def use(self, member: int, name: str, period: str, used: int, ceiling: int) -> None:
        """So much of a limit is used."""
        self.insert("allowances", member_id=member, name=name, period=period, used=used, ceiling=ceiling)

    def _draw(self, member: int, _: int, effect: Mapping[str, Any]) -> None:
        self.insert(
            "draws",
            member_id=member,
            transfer_id=effect["post"],
            reward_id=effect["reward"],
            amount=effect["amount"],
            recorded_at=self.at,
        )
        self.run(
            "update rewards set remaining = remaining - %(a)s,"
            " state = case when remaining > %(a)s then state else 'redeemed' end,"
            " redeemed_at = case when remaining > %(a)s then redeemed_at else %(t)s end"
            " where member_id = %(m)s and id = %(r)s",
            a=effect["amount"], t=self.at, m=member, r=effect["reward"],
        )  # fmt: skip

    def _extend(self, member: int, _: int, effect: Mapping[str, Any]) -> None:
        self.run(
            "update rewards set expires_at = %s where member_id = %s and id = %s",
            effect["expires_at"], member, effect["reward"],
        )  # fmt: skip

    def _reverse(self, member: int, _: int, effect: Mapping[str, Any]) -> None:
        self.run(
            "update rewards set reversed = reversed + %s,"
            " state = case when remaining > 0 then state else 'reversed' end"
            " where member_id = %s and id = %s",
            effect["amount"], member, effect["reward"],
        )  # fmt: skip

    def _send(self, member: int, event: int, effect: Mapping[str, Any]) -> None:
        self.insert(
            "messages",
            member_id=member,
            id=effect["id"],
            event_id=event,
            message=effect["message"],
            channel=effect["channel"],
            language="en",
            state="sent",
            attempts=1,
            created_at=self.at,
            settled_at=self.at,
        )

    def _redeem(self, member: int, _: int, effect: Mapping[str, Any]) -> None:
        self.insert(
            "orders",
            member_id=member,
            id=effect["order"],
            reward_id=effect["reward"],
            item=effect["item"],
            unit=effect["unit"],
            value=effect["value"],
            device="phone",
            placed_at=self.at,
        )
        # Money is used by reward, points from a balance.
        if effect["unit"] == "EUR":
            self.run(
                "update rollups f set redeemed = f.redeemed + 1, redeemed_value = f.redeemed_value + %s,"
                " redeemed_phone = f.redeemed_phone + 1, redeemed_48h = f.redeemed_48h + 1"
                " from rewards r where r.id = %s and f.rule = r.rule and f.unit = r.unit and f.market = %s",
                effect["value"], effect["reward"], self.places[member],
            )  # fmt: skip
        self.insert(
            "codes",
            item=effect["item"],
            unit=effect["unit"],
            value=effect["value"],
            code_index=str(effect["order"]).encode(),
            code=b"sealed",
            state="issued",
            order_id=effect["order"],
            issued_at=self.at,
        )

    def _only_told(self, *_: object) -> None:
        """It has no row of its own."""

    def _top_up(self, _member: int, _event: int, effect: Mapping[str, Any]) -> None:
        self.insert(
            "top_ups",
            name=effect["account"],
            period=effect["period"],
            unit="EUR",
            amount=effect["amount"],
            transfer_id=effect["transfer"],
            recorded_at=self.at,
        )

    def request(
        self, kind: str, content: Mapping[str, Any], maker: str, signers: Mapping[str, str], **more: object
    ) -> int:
        """A request with its one revision, signed by these people in these roles."""
        number = self.new()
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        sha, beneficiary = sha256(text.encode()).digest(), content.get("member", 0)
        values = {
            "state": "done",
            "market": "DE",
            "unit": content.get("unit"),
            "amount": content.get("value", content.get("amount")),
            "closed_at": self.at + timedelta(hours=2),
            **more,
        }
        self.insert(
            "requests",
            id=number,
            kind=kind,
            maker=maker,
            beneficiary=beneficiary or None,
            reason="a good one",
            created_at=self.at,
            expires_at=self.at + timedelta(days=30),
            **values,
        )
        self.insert(
            "revisions",
            request_id=number,
            revision=1,
            maker=maker,
            beneficiary=beneficiary,
            content=text,
            content_sha=sha,
            recorded_at=self.at,
        )
        for person, role in signers.items():
            self.insert(
                "signatures",
                request_id=number,
                revision=1,
                person=person,
                role=role,
                rung=values.get("rung", 0),
                verdict="approve",
                maker=maker,
                beneficiary=beneficiary,
                content_sha=sha,
                signed_at=self.at + timedelta(hours=1),
            )
        return number

    def person(self, login: str, role: str, **limits: object) -> str:
        """Somebody who works here, with one grant."""
        found = self.run(
            "insert into people (login, name, created_at) values (%s, %s, %s) returning person_id",
            login, login, self.at,
        )  # fmt: skip
        self.insert(
            "grants",
            person_id=found[0][0],
            role=role,
            valid_from=self.at - timedelta(days=1),
            granted_by="per_0000000000000",
            granted_at=self.at,
            **limits,
        )
        return show("per", found[0][0])


def post(number: int, from_account: str, to_account: str, unit: str, amount: int) -> dict[str, Any]:
    """An effect that moves value."""
    return {
        "type": "post",
        "id": number,
        "from_account": from_account,
        "to_account": to_account,
        "unit": unit,
        "amount": amount,
    }


def issue(
    number: int, rule: str, unit: str, value: int, payer: str, *, pending: bool = False
) -> dict[str, Any]:
    """An effect that gives a reward."""
    return {
        "type": "issue",
        "rule": rule,
        "reward": number,
        "unit": unit,
        "value": value,
        "payer": payer,
        "expires_at": None,
        "available_at": "infinity" if pending else None,
    }


def extend(reward: int, was: datetime, until: datetime) -> dict[str, Any]:
    """An effect that lets a reward last longer."""
    return {"type": "extend", "reward": reward, "expires_at": until.isoformat(), "was": was.isoformat()}


def draw(number: int, reward: int, amount: int) -> dict[str, Any]:
    """An effect that takes from a lot."""
    return {"type": "draw", "post": number, "reward": reward, "amount": amount}


def redeem(order: int, reward: int, item: str, unit: str, value: int) -> dict[str, Any]:
    """An effect that places an order."""
    return {"type": "redeem", "reward": reward, "order": order, "item": item, "unit": unit, "value": value}


def send(number: int) -> dict[str, Any]:
    """An effect that writes to the member."""
    return {"type": "send", "id": number, "message": "reward_ready", "channel": "email", "reward": None}
