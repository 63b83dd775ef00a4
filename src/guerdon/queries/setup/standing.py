"""How far a program's set-up is: what can be read from its rows, each once."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

SAMPLES_MAX = 20


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A member who was made to try the program: how many of their rewards are left, and whether they go."""

    member_id: int
    external_id: str
    events: int
    rewards: int
    leaving: bool


@dataclass(frozen=True, slots=True)
class FirstReward:
    """A reward that was the first of its kind: whose, its number, and when it was given."""

    member_id: int
    reward_id: int
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a set-up is there. `own` is of a member who is no sample."""

    version_at: datetime | None
    keys: int
    owners: int
    invited: int
    sample: FirstReward | None
    own: FirstReward | None


def read_standing(tx: Transaction, program_id: int, now: datetime) -> Standing:
    """How far the set-up of a program is."""
    row = tx.execute(
        """
        select (select min(live_from) from program_versions where program_id = %(program)s),
               (select count(*) from api_keys where program_id = %(program)s and revoked_at is null
                  and (expires_at is null or expires_at > %(now)s) and 'write:events' = any(scopes)),
               (select count(distinct g.person_id) from grants g join people p using (person_id)
                where g.program_id = %(program)s and g.role = 'program_owner' and g.revoked_at is null
                  and (g.valid_to is null or g.valid_to > %(now)s) and p.left_at is null
                  and g.market is null and g.location is null),
               (select count(*) from invitations where program_id = %(program)s and closed_at is null)
        """,
        {"program": program_id, "now": now},
    ).fetchone()
    assert row is not None
    sample, own = _first(tx, _SAMPLE, program_id), _first(tx, _OWN, program_id)
    return Standing(row[0], int(row[1]), int(row[2]), int(row[3]), sample, own)


# Samples are few; the first rewards of all others are found by the order in which they were given.
_SAMPLE = """
    select r.member_id, r.id, r.issued_at from member_ids i
    join rewards r on r.program_id = i.program_id and r.member_id = i.member_id
    where i.program_id = %(program)s and i.source = 'sample' order by r.issued_at, r.id limit 1
"""
_OWN = """
    select r.member_id, r.id, r.issued_at from rewards r
    where r.program_id = %(program)s and not exists (
      select from member_ids i
      where i.program_id = r.program_id and i.member_id = r.member_id and i.source = 'sample')
    limit 1
"""


def _first(tx: Transaction, query: str, program_id: int) -> FirstReward | None:
    row = tx.execute(query, {"program": program_id}).fetchone()
    return FirstReward(*row) if row else None


def list_samples(tx: Transaction, program_id: int) -> list[SampleRow]:
    """The program's samples that are not erased, the first enrolled first, at most `SAMPLES_MAX`."""
    rows = tx.execute(
        """
        select i.member_id, i.external_id,
               (select count(*) from events e where e.program_id = i.program_id
                  and e.member_id = i.member_id),
               (select count(*) from rewards r where r.program_id = i.program_id
                  and r.member_id = i.member_id and r.remaining > 0),
               exists (select from erasures x where x.program_id = i.program_id
                         and x.member_id = i.member_id and x.done_at is null)
        from member_ids i where i.program_id = %s and i.source = 'sample' and not exists (
          select from forgotten_members f where f.program_id = i.program_id and f.member_id = i.member_id)
        order by i.member_id limit %s
        """,
        (program_id, SAMPLES_MAX),
    ).fetchall()
    return [SampleRow(*row) for row in rows]
