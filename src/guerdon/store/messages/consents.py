"""Consents: each thing that members said of topics and channels, with its proof, and what holds now.

Proofs only grow. Whoever writes has locked the members' reach, so that numbers of proofs are in the order in
which they were said, and what holds is that of the last of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from guerdon.rules.conscience.nouns import Held, Standing
from guerdon.store.database import Transaction

Method = Literal["page", "one_click", "confirmed", "stop", "complaint", "api", "staff", "import", "joined"]
# Whose, about what, over which channel.
Whose = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of one thing that was said.

    `version` and `language` say where the words stand that were agreed to, `text_sha` is their SHA-256.
    `source` names the form or file. `happened_at` is in the world, `recorded_at` here.
    """

    member_id: int
    id: int
    topic: str
    channel: str
    what: Standing
    method: Method
    actor: str
    version: int
    language: str
    text_sha: bytes | None
    source: str
    network_mark: bytes | None = field(repr=False)
    happened_at: datetime
    recorded_at: datetime

    @property
    def whose(self) -> Whose:
        """Whose saying it is, about what and over which channel."""
        return self.member_id, self.topic, self.channel


@dataclass(frozen=True, slots=True)
class Found:
    """A proof as it is asked for by its number."""

    topic: str
    channel: str
    version: int
    language: str
    text_sha: bytes | None
    recorded_at: datetime


def load_standing(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> dict[Whose, Held]:
    """What holds for members, by member, topic and channel."""
    rows = tx.execute(
        """
        select member_id, topic, channel, consent_id, state, since from standing_consents
        where program_id = %s and member_id = any(%s)
        """,
        (program_id, list(member_ids)),
    ).fetchall()
    return {(row[0], row[1], row[2]): Held(row[3], row[4], row[5]) for row in rows}


def record_proofs(tx: Transaction, program_id: int, proofs: Sequence[Proof]) -> None:
    """Write proofs, one statement for all."""
    tx.execute(
        """
        insert into consents (program_id, member_id, id, topic, channel, what, method, actor, version,
                              language, text_sha, source, network_mark, happened_at, recorded_at)
        select %s, *
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                    %s::integer[], %s::text[], %s::bytea[], %s::text[], %s::bytea[], %s::timestamptz[],
                    %s::timestamptz[])
        """,
        (
            program_id,
            [each.member_id for each in proofs],
            [each.id for each in proofs],
            [each.topic for each in proofs],
            [each.channel for each in proofs],
            [each.what for each in proofs],
            [each.method for each in proofs],
            [each.actor for each in proofs],
            [each.version for each in proofs],
            [each.language for each in proofs],
            [each.text_sha for each in proofs],
            [each.source for each in proofs],
            [each.network_mark for each in proofs],
            [each.happened_at for each in proofs],
            [each.recorded_at for each in proofs],
        ),
    )


def put_standing(tx: Transaction, program_id: int, stands: Mapping[Whose, Held]) -> None:
    """Write what holds from now on, one statement for all."""
    tx.execute(
        """
        insert into standing_consents (program_id, member_id, topic, channel, state, consent_id, since)
        select %s, * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                                 %s::timestamptz[])
        on conflict (program_id, member_id, topic, channel) do update
        set state = excluded.state, consent_id = excluded.consent_id, since = excluded.since
        """,
        (
            program_id,
            [member_id for member_id, _, _ in stands],
            [topic for _, topic, _ in stands],
            [channel for _, _, channel in stands],
            [held.state for held in stands.values()],
            [held.consent_id for held in stands.values()],
            [held.since for held in stands.values()],
        ),
    )


def load_proofs(
    tx: Transaction, program_id: int, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Found]:
    """Proofs by member and number."""
    rows = tx.execute(
        """
        select c.member_id, c.id, c.topic, c.channel, c.version, c.language, c.text_sha, c.recorded_at
        from unnest(%s::bigint[], %s::bigint[]) as w (member_id, id)
        join consents c on c.program_id = %s and c.member_id = w.member_id and c.id = w.id
        """,
        ([member_id for member_id, _ in wanted], [number for _, number in wanted], program_id),
    ).fetchall()
    return {(row[0], row[1]): Found(*row[2:]) for row in rows}


def load_waiting(
    tx: Transaction, program_id: int, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], tuple[str, str]]:
    """Topic and channel of consents that wait to be confirmed still, by member and number."""
    rows = tx.execute(
        """
        select s.member_id, s.consent_id, s.topic, s.channel
        from unnest(%s::bigint[], %s::bigint[]) as w (member_id, id)
        join standing_consents s
          on s.program_id = %s and s.member_id = w.member_id and s.consent_id = w.id and s.state = 'asked'
        """,
        ([member_id for member_id, _ in wanted], [number for _, number in wanted], program_id),
    ).fetchall()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def count_asked(tx: Transaction, program_id: int, member_id: int, since: datetime) -> int:
    """How often a member was asked to confirm something since then."""
    row = tx.execute(
        """
        select count(*) from consents
        where program_id = %s and member_id = %s and what = 'asked' and method <> 'joined'
          and recorded_at > %s
        """,
        (program_id, member_id, since),
    ).fetchone()
    assert row is not None
    return int(row[0])


def insert_asking(
    tx: Transaction, whose: tuple[int, int], message: tuple[int, int, str, str], now: datetime
) -> None:
    """Put what asks somebody to confirm into the outbox.

    `whose`: program, member; `message`: its id, its event, its key, its channel.
    """
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, message, channel, created_at, next_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (*whose, *message, now, now),
    )
    tx.execute("notify guerdon_outbox")


def is_reachable(tx: Transaction, program_id: int, member_id: int, channel: str) -> bool:
    """Whether there is an address of a member's to ask over a channel: an e-mail, or a phone."""
    row = tx.execute(
        """
        select case when %s = 'email' then email is not null else phone is not null end
        from persons where program_id = %s and member_id = %s
        """,
        (channel, program_id, member_id),
    ).fetchone()
    return row is not None and bool(row[0])


def list_having(tx: Transaction, program_id: int, channel: str, mark: bytes) -> list[int]:
    """Whose an address is, by its mark (`store.messages.suppressions.address_mark`)."""
    rows = tx.execute(
        """
        select member_id from persons
        where program_id = %(program)s and %(channel)s = 'email' and email_index = %(mark)s
        union
        select member_id from persons
        where program_id = %(program)s and %(channel)s in ('sms', 'whatsapp') and phone_index = %(mark)s
        union
        select member_id from addresses
        where program_id = %(program)s and channel = %(channel)s and mark = %(mark)s
        order by 1
        """,
        {"program": program_id, "channel": channel, "mark": mark},
    ).fetchall()
    return [int(row[0]) for row in rows]


def is_under_way(tx: Transaction, program_id: int, member_id: int, channels: Sequence[str]) -> bool:
    """Whether anything is being handed over to a member over these channels in this moment."""
    row = tx.execute(
        """
        select exists (select from message_attempts
                       where program_id = %s and member_id = %s and state = 'handing' and channel = any(%s))
        """,
        (program_id, member_id, list(channels)),
    ).fetchone()
    return row is not None and bool(row[0])
