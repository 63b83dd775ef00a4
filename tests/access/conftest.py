"""Two programs in one installation, members at three dealers, and somebody for each role."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.access.people import grant_of, hire
from tests.rooms import opened_room
from tests.segments.adding import with_german_segment
from tests.servers import copied_database
from tests.web.intake.house import PROGRAM
from tests.webhooks.house import furnish_webhooks

from guerdon import embedded
from guerdon.access.roles import ROLES, WIDEST, Role
from guerdon.config import Settings, read_settings
from guerdon.engine.publish import publish
from guerdon.ledger.contents import Move, MoveBudgets, write_content
from guerdon.program.load import load_program
from guerdon.program.model import Program
from guerdon.store.audit import record_audit
from guerdon.store.database import connect, transaction
from guerdon.store.imports.runs import NewImport, record_import
from guerdon.store.intake import QuarantineRow, record_quarantine
from guerdon.store.messages.broadcasts.standing import NewBroadcast, record_broadcast
from guerdon.store.programs import load_live
from guerdon.store.versions.drafts import record_draft
from guerdon.store.versions.replays import NewReplay, record_replay
from guerdon.values.clock import utc_now
from guerdon.values.ids import show

if TYPE_CHECKING:
    from django.test import Client

HERE, NEXT_DOOR, ABROAD = "de-hamburg-hafencity", "de-hamburg-altona", "fr-lyon-confluence"
# Members by where they belong; each has one event and one transfer.
MEMBERS = {7: ("DE", HERE), 8: ("DE", NEXT_DOOR), 9: ("FR", ABROAD)}
STANDINGS = ("now", "revoked", "expired")
OTHER_PROGRAM = "other_circle"
DRAFT = 1
REPLAY = 1
BROADCAST = 1


@dataclass(frozen=True)
class World:
    """What is there."""

    url: str
    secret: str
    settings: Settings
    program: Program
    program_id: int
    other_id: int

    def path(self, rest: str = "", key: str = "") -> str:
        return f"/console/{key or self.program.key}/{rest}"

    def client(self, login: str | None) -> "Client":
        """A browser in which somebody has signed in."""
        from django.test import Client  # noqa: PLC0415  Django is prepared by then

        from guerdon.web.accounts.models import Staff  # noqa: PLC0415

        client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "en"})
        if login is not None:
            client.force_login(Staff.objects.get(email=login))
        return client


def login_of(role: Role, standing: str = "now") -> str:
    return f"{role}.{standing}@example.com"


@pytest.fixture(scope="module")
def world(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with copied_database(postgres, migrated_template) as url:
        made = _made(url, secret, tmp_path_factory.mktemp("home"))
        with opened_room(made.settings, partial(_enroll, made.settings)):
            yield made


def _made(url: str, secret: str, home: Path) -> World:
    program = load_program(PROGRAM)
    assert isinstance(program, Program)
    program = with_german_segment(program)
    with connect(url, secret, "owner") as db:
        own = publish(db, program, "test", utc_now()).program_id
        other = publish(db, replace(program, key=OTHER_PROGRAM), "test", utc_now()).program_id
    settings = read_settings(
        {
            "DATABASE_URL": url,
            "GUERDON_SECRET": secret,
            "GUERDON_HOME": str(home),
            "HUBSPOT_CLIENT_SECRET": "only-for-tests-only-for-tests-only",
        }
    )
    assert isinstance(settings, Settings)
    made = World(url, secret, settings, program, own, other)
    with psycopg.connect(url, autocommit=True, options="-c search_path=guerdon") as superuser:
        for program_id in (own, other):
            for member_id, (market, location) in MEMBERS.items():
                _settle(superuser, program_id, member_id, market, location)
    with connect(url, secret, "owner") as db, transaction(db, own) as tx:
        stored = load_live(tx, own, utc_now())
        assert stored is not None
        assert record_draft(tx, own, ("spring", stored.bundle), 1, "test", utc_now()) == DRAFT
        record_audit(tx, own, "test", "draft.begun", show("drf", DRAFT), utc_now())
        yesterday = utc_now() - timedelta(days=1)
        tried = NewReplay("spring", stored.bundle, stored.sha, yesterday, utc_now(), "test")
        assert record_replay(tx, own, tried, utc_now()) == REPLAY
        told = NewBroadcast("spring", "german", (), 0, utc_now(), "test")
        assert record_broadcast(tx, own, told, utc_now()) == BROADCAST
        brought = NewImport("members", "crm.csv", sha256(b"x").digest(), 1, b"x", '{"new": 1}', 1, "test")
        assert record_import(tx, own, brought, utc_now()) == 1
        record_quarantine(tx, own, [QuarantineRow("hubspot_eu", "malformed_body", "no JSON")], utc_now())
        tx.execute(DIFFERING, (own,))
    furnish_webhooks(url, secret, own)
    with connect(url, secret, "web") as db:
        for role in ROLES:
            for standing in STANDINGS:
                _hire(made, db, role, standing)
    return made


# What a supplier has and we do not: nobody's of a place.
DIFFERING = (
    "insert into order_differences (program_id, id, supplier, kind, subject, currency, stake_minor, at,"
    " statement_id, found_at) overriding system value"
    " values (%s, 1, 'cards', 'not_with_us', '7', 'EUR', 1, now(), 1, now())"
)
# What each member was told.
TOLD = (
    "insert into messages (program_id, member_id, id, event_id, message, channel, language, state, attempts,"
    " created_at, settled_at)"
    " values (%(p)s, %(m)s, 5, %(m)s, 'reward_ready', 'email', 'en', 'sent', 1, %(at)s, %(at)s)"
)
# What each member chose.
ORDERED = (
    (
        "insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)"
        " values (%(p)s, %(m)s, %(m)s, %(m)s, 'basket', 'EUR', 100, 'phone', %(at)s)"
    ),
    (
        "insert into fulfillments (program_id, member_id, order_id, supplier, state, chosen_at)"
        " values (%(p)s, %(m)s, %(m)s, 'manual', 'reserved', %(at)s)"
    ),
)


def _settle(tx: "psycopg.Connection", program_id: int, member_id: int, market: str, location: str) -> None:
    said = {"p": program_id, "m": member_id, "market": market, "location": location, "at": utc_now()}
    said["until"] = utc_now() + timedelta(days=9)
    for statement in (
        (
            "insert into members (program_id, member_id, market, language, location, enrolled_at)"
            " values (%(p)s, %(m)s, %(market)s, 'en', %(location)s, %(at)s)"
        ),
        (
            "insert into events (program_id, member_id, id, type, source, external_id, market, location,"
            " version, outcome, data, decision, happened_at, recorded_at, decided_at)"
            " values (%(p)s, %(m)s, %(m)s, 'booking.confirmed', 'hubspot_eu', 'x', %(market)s, %(location)s,"
            " 1, 'nothing', '{}', '{\"effects\":[]}', %(at)s, %(at)s, %(at)s)"
        ),
        (
            "insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit,"
            " amount, happened_at, recorded_at) values (%(p)s, %(m)s, %(m)s, %(m)s,"
            " 'budget:by_market:' || %(market)s, 'purse', 'EUR', 100, %(at)s, %(at)s)"
        ),
        (
            "insert into rewards (program_id, member_id, id, event_id, rule, unit, value, remaining, payer,"
            " happened_at, issued_at, available_at, expires_at) values (%(p)s, %(m)s, %(m)s, %(m)s,"
            " 'booking', 'EUR', 100, 100, 'budget:by_market:' || %(market)s, %(at)s, %(at)s, %(at)s,"
            " %(until)s)"
        ),
        (
            "insert into delivery_marks (program_id, member_id, id, kind, reward_id, rule, market, location,"
            " saved, happened_at, received_at, decided_at, issued_at, state) values (%(p)s, %(m)s, %(m)s,"
            " 'reward', %(m)s, 'booking', %(market)s, %(location)s, false, %(at)s, %(at)s, %(at)s, %(at)s,"
            " 'given')"
        ),
        (
            "insert into referral_pairs (program_id, member_id, id, scheme, code, referrer_id, source,"
            " external_id, state, claimed_at, recorded_at) values (%(p)s, %(m)s, %(m)s, 'friends',"
            " 'ABCDEFGH99', 99, 'crm', %(m)s::text, 'claimed', %(at)s, %(at)s)"
        ),
    ):
        tx.execute(statement.encode(), said)
    content = write_content(MoveBudgets([Move("budget:central:", f"budget:by_market:{market}", "EUR", 5)]))
    said |= {"content": content.text, "sha": content.sha, "until": utc_now() + timedelta(days=9)}
    with tx.transaction():
        for statement in (
            *ORDERED,
            TOLD,
            (
                "insert into requests (program_id, id, kind, maker, market, location, unit, amount, reason,"
                " created_at, expires_at) values (%(p)s, %(m)s, 'budget', 'rule:x', %(market)s, %(location)s,"
                " 'EUR', 5, 'r', %(at)s, %(until)s)"
            ),
            (
                "insert into revisions (program_id, request_id, revision, maker, content, content_sha,"
                " recorded_at) values (%(p)s, %(m)s, 1, 'rule:x', %(content)s, %(sha)s, %(at)s)"
            ),
            (
                "insert into audit (program_id, actor, action, subject, recorded_at)"
                " values (%(p)s, 'test', 'request.made', 'x', %(at)s)"
            ),
        ):
            tx.execute(statement.encode(), said)


def _hire(world: World, db: "psycopg.Connection", role: Role, standing: str) -> None:
    width = WIDEST[role]
    grant = grant_of(
        world.program_id,
        role,
        market=None if width == "program" else "DE",
        location=HERE if width == "location" else None,
        since=utc_now() - timedelta(days=2),
        until=utc_now() - timedelta(days=1) if standing == "expired" else None,
    )
    person_id = hire(db, world.program_id, login_of(role, standing), [grant])
    if standing == "revoked":
        from guerdon.store.access.grants import revoke_all_grants  # noqa: PLC0415
        from guerdon.store.database import transaction  # noqa: PLC0415

        with transaction(db, world.program_id) as tx:
            revoke_all_grants(tx, world.program_id, person_id, "test", "no longer", utc_now())


def _enroll(settings: Settings) -> None:
    from guerdon.web.accounts import migrate_accounts  # noqa: PLC0415

    migrate_accounts(settings)
    from guerdon.web.accounts.models import Staff  # noqa: PLC0415

    Staff.objects.bulk_create(
        Staff(email=login_of(role, standing), name=role, password="!", created_at=utc_now())
        for role in ROLES
        for standing in STANDINGS
    )


def draft(number: int) -> str:
    return show("drf", number)


def replay(number: int) -> str:
    return show("rpl", number)


def pair(number: int) -> str:
    return show("ref", number)


def webhook(number: int) -> str:
    return show("whk", number)


def member(number: int) -> str:
    return show("mem", number)


def reward(number: int) -> str:
    """A member's reward, below the member."""
    return f"{member(number)}/rewards/{show('rwd', number)}"


def clock(number: int) -> str:
    """A member's reward, on the delivery clock."""
    return reward(number).replace("/rewards/", "/")


def transfer(number: int) -> str:
    return show("trf", number)


def request(number: int) -> str:
    return show("apr", number)
