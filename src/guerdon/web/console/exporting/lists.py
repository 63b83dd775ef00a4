"""The lists that can be taken as a file, each with its columns and its rows page by page.

A file has what the page of the same filters has, for whoever takes it: the same queries under the same row
security, names masked as there. Every page of it is a transaction of its own and begins after the last row of
the one before, so nothing is held while somebody's line is slow.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from guerdon.queries import members as member_rows
from guerdon.queries import receipts
from guerdon.queries import rewards as reward_rows
from guerdon.queries.budgets import load_tree
from guerdon.queries.ledger import TransferRow, list_transfers
from guerdon.queries.orders.listed import ListedOrder, list_orders
from guerdon.queries.proof.audit import AuditEntry, list_audit
from guerdon.store.database import Transaction
from guerdon.store.persons import load_persons
from guerdon.suppliers.amounts import digits_of
from guerdon.text.exporting import Row, amount
from guerdon.values.ids import show
from guerdon.web.console.audit import read_asked as audit_asked
from guerdon.web.console.desk import Desk
from guerdon.web.console.exporting import walking
from guerdon.web.console.exporting.offered import OFFERED
from guerdon.web.console.exporting.walking import Listed, walked
from guerdon.web.console.ledger import read_asked as ledger_asked
from guerdon.web.console.masks import masked
from guerdon.web.console.orders.listing import read_sought
from guerdon.web.console.views import rewards_asked
from guerdon.web.console.words import Namer
from guerdon.web.rooms import room


def _members(desk: Desk) -> Iterator[Sequence[Row]]:
    unit = desk.unit

    def read(tx: Transaction, after: int | None) -> Sequence[tuple[member_rows.MemberRow, str]]:
        rows = member_rows.list_members(tx, unit.key, walking.AT_ONCE, desk.cut.market, after)
        persons = load_persons(tx, room().vault, desk.program_id, [row.member_id for row in rows])
        names = {member_id: masked(person.name) for member_id, person in persons.items()}
        return [(row, names.get(row.member_id, "")) for row in rows]

    for page in walked(desk, read, lambda found: found[0].member_id):
        yield [
            (
                *(show("mem", row.member_id), name, row.market, row.location, row.language, row.rewards),
                *(amount(row.balance, unit.digits), unit.key, row.enrolled_at),
            )
            for row, name in page
        ]


def _rewards(desk: Desk) -> Iterator[Sequence[Row]]:
    asked, names = rewards_asked(desk), Namer(desk.program, desk.locale)

    def read(tx: Transaction, after: tuple[int, int] | None) -> Sequence[reward_rows.RewardRow]:
        return reward_rows.list_by_member(tx, asked, walking.AT_ONCE, after)

    for page in walked(desk, read, lambda row: (row.member_id, row.id)):
        yield [
            (
                *(
                    show("rwd", row.id),
                    show("mem", row.member_id),
                    row.market,
                    row.rule,
                    names.rule(row.rule),
                ),
                *(amount(row.value, names.digits(row.unit)), row.unit, row.state, row.issued_at),
                *(row.expires_at, row.redeemed_at, row.item),
            )
            for row in page
        ]


def _events(desk: Desk) -> Iterator[Sequence[Row]]:
    def read(tx: Transaction, after: int | None) -> Sequence[receipts.Receipt]:
        return receipts.list_latest(tx, walking.AT_ONCE, desk.cut.market, after)

    for page in walked(desk, read, lambda row: row.id):
        yield [
            (
                *(show("evt", row.id), show("mem", row.member_id), row.type, row.source, row.external_id),
                *(row.market, row.location, row.version, row.outcome),
                " ".join(each.rule for each in row.issued),
                " ".join(f"{each.rule}={each.reason}" for each in row.refused),
                *(row.happened_at, row.recorded_at, row.decided_at),
            )
            for row in page
        ]


def _orders(desk: Desk) -> Iterator[Sequence[Row]]:
    sought, names = replace(read_sought(desk), queue=None), Namer(desk.program, desk.locale)

    def read(tx: Transaction, after: int | None) -> Sequence[ListedOrder]:
        return list_orders(tx, sought, walking.AT_ONCE, after)

    for page in walked(desk, read, lambda row: row.id):
        yield [
            (
                *(show("ord", row.id), show("mem", row.member_id), show("rwd", row.reward_id), row.item),
                *(amount(row.value, names.digits(row.unit)), row.unit, row.market, row.location),
                *(row.supplier, row.state, row.reason, row.currency),
                None if row.currency is None else amount(row.face_minor, digits_of(row.currency)),
                *(row.chosen_at, row.ordered_at, row.settled_at, row.opened_at),
            )
            for row in page
        ]


def _ledger(desk: Desk) -> Iterator[Sequence[Row]]:
    names = Namer(desk.program, desk.locale)
    asked = ledger_asked(desk)

    def read(tx: Transaction, after: tuple[datetime, int] | None) -> Sequence[TransferRow]:
        return list_transfers(tx, replace(asked, after=after), walking.AT_ONCE)

    for page in walked(desk, read, lambda row: (row.recorded_at, row.id)):
        yield [
            (
                *(show("trf", row.id), show("evt", row.event_id)),
                show("mem", row.member_id) if row.member_id else None,
                *(row.from_account, row.to_account, amount(row.amount, names.digits(row.unit)), row.unit),
                *(row.happened_at, row.recorded_at),
            )
            for row in page
        ]


def _audit(desk: Desk) -> Iterator[Sequence[Row]]:
    asked = audit_asked(desk)

    def read(tx: Transaction, after: int | None) -> Sequence[AuditEntry]:
        return list_audit(tx, replace(asked, before=after), walking.AT_ONCE)

    for page in walked(desk, read, lambda row: row.id):
        yield [
            (
                *(show("aud", row.id), row.at, row.actor, row.on_behalf_of, row.action, row.subject),
                *(
                    row.reason,
                    _told(row.before),
                    _told(row.after),
                    _told(row.detail),
                    row.request_id,
                    row.seal,
                ),
            )
            for row in page
        ]


def _budgets(desk: Desk) -> Iterator[Sequence[Row]]:
    names = Namer(desk.program, desk.locale)
    with desk.transaction() as tx:
        lines = load_tree(tx, desk.program, desk.today)
    yield [
        (
            *(line.account, line.parent, names.node(line), line.market, line.location, line.depth),
            *(amount(each, names.digits(line.unit)) for each in (line.total, line.sums.committed)),
            *(amount(each, names.digits(line.unit)) for each in (line.sums.held, line.sums.spent, line.left)),
            *(line.unit, line.period, line.runs_out_on),
        )
        for line in lines
        if desk.cut.market in {None, line.market}
    ]


def _told(side: Mapping[str, object] | None) -> str | None:
    return None if side is None else json.dumps(side, ensure_ascii=False, sort_keys=True, default=str)


LISTS: Mapping[str, Listed] = {
    "members": Listed(
        ("member", "name", "market", "location", "language", "rewards", "balance", "unit", "enrolled_at"),
        _members,
    ),
    "rewards": Listed(
        (
            *("reward", "member", "market", "rule", "rule_name", "value", "unit", "state", "issued_at"),
            *("expires_at", "redeemed_at", "item"),
        ),
        _rewards,
        ("market", "state", "rule"),
    ),
    "events": Listed(
        (
            *("event", "member", "type", "source", "external_id", "market", "location", "version", "outcome"),
            *("given_by", "refused_by", "happened_at", "recorded_at", "decided_at"),
        ),
        _events,
    ),
    "orders": Listed(
        (
            *(
                "order",
                "member",
                "reward",
                "item",
                "value",
                "unit",
                "market",
                "location",
                "supplier",
                "state",
            ),
            *("reason", "currency", "face", "chosen_at", "ordered_at", "settled_at", "opened_at"),
        ),
        _orders,
        ("market", "from", "state", "supplier", "item"),
    ),
    "ledger": Listed(
        (
            *("transfer", "event", "member", "from_account", "to_account", "amount", "unit"),
            *("happened_at", "recorded_at"),
        ),
        _ledger,
        ("from", "to", "account", "unit", "member"),
    ),
    "audit": Listed(
        (
            *("row", "at", "actor", "on_behalf_of", "action", "subject", "reason", "before", "after"),
            *("detail", "request", "seal"),
        ),
        _audit,
        ("from", "to", "action"),
    ),
    "budgets": Listed(
        (
            *("account", "parent", "name", "market", "location", "depth", "limit", "committed", "held"),
            *("spent", "free", "unit", "period", "runs_out_on"),
        ),
        _budgets,
    ),
    **OFFERED,
}
