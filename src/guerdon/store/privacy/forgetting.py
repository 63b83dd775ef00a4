"""Members who are forgotten: who they are, and whatever rules saw of them that says so.

The books are a number's and stay. What was forgotten once is written down, so that nothing brings it back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from guerdon.store.arrays import texts
from guerdon.store.database import Transaction
from guerdon.store.members import SubjectKey

# By the table, in this order: what is sealed under a person's key, then what was theirs beside. Each is
# answered by a row for every row that goes.
ERASING: Mapping[str, LiteralString] = {
    "persons": (
        "delete from persons where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # Devices; whoever has no key reads what a backup has of them no more.
    "addresses": (
        "delete from addresses where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "member_keys": (
        "delete from member_keys where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "inapp": (
        "delete from inapp where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # What they marked in the catalog is nobody's business any more.
    "favorites": (
        "delete from favorites where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # In which browser they open their links; these are shut from now on (engine/gifts/holding).
    "link_holders": (
        "delete from link_holders where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # Where they are signed in and by what, and the codes that they showed.
    "member_sessions": (
        "delete from member_sessions where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "member_passkeys": (
        "delete from member_passkeys where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # Where messages went that went elsewhere, and what they changed of themselves.
    "diverted_messages": (
        "delete from diverted_messages where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "own_words": (
        "delete from own_words where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "card_uses": (
        "delete from card_uses where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    "card_tries": (
        "delete from card_tries where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # What staff of a location wrote of them.
    "location_notes": (
        "delete from location_notes where program_id = %(program)s and member_id = any(%(members)s)"
        " returning member_id"
    ),
    # What they wrote when something did not work, and what was said of it, may say who they are.
    "order_cases": """
        update order_cases set words = null, answer = null, supplier_said = null, looked = null
        where program_id = %(program)s and member_id = any(%(members)s)
          and num_nonnulls(words, answer, supplier_said, looked) > 0
        returning member_id
        """,
    # To whom they gave something, and with which words.
    "gifts": (
        "update gifts set to_words = null where program_id = %(program)s"
        " and member_id = any(%(members)s) and to_words is not null returning member_id"
    ),
}
EMPTYING: Mapping[str, LiteralString] = {
    "members": """
        update members set attributes = (attributes::jsonb - %(names)s::text[])::json
        where program_id = %(program)s and member_id = any(%(members)s)
          and attributes::jsonb ?| %(names)s::text[]
        returning member_id
        """,
    "member_states": """
        update member_states s set attributes = (s.attributes::jsonb - f.attributes)::json
        from forgotten_members f
        where s.program_id = %(program)s and s.member_id = any(%(members)s)
          and f.program_id = s.program_id and f.member_id = s.member_id
          and s.attributes::jsonb ?| f.attributes
        returning s.member_id
        """,
}


def list_personal(tx: Transaction, program_id: int) -> list[str]:
    """Attributes of members that any version of a program ever marked as personal."""
    rows = tx.execute(
        """
        select distinct a.key
        from program_versions v, json_each(v.bundle::json -> 'members' -> 'attributes') a
        where v.program_id = %s and a.value ->> 'personal' = 'true' order by 1
        """,
        (program_id,),
    ).fetchall()
    return [str(row[0]) for row in rows]


def forget_members(
    tx: Transaction, program_id: int, member_ids: Sequence[int], personal: Sequence[str], at: datetime
) -> list[int]:
    """Destroy who members are, as `erase_members` does; of whom there was anything to forget."""
    return sorted(erase_members(tx, program_id, member_ids, personal, at))


def erase_members(
    tx: Transaction, program_id: int, member_ids: Sequence[int], personal: Sequence[str], at: datetime
) -> dict[int, Counter[str]]:
    """Destroy who members are, with the key, and these attributes, now and as they ever were.

    Returns those of whom anything was to be forgotten that was not before, each with how many rows of which
    table.
    """
    terms = {"program": program_id, "members": sorted(member_ids), "names": list(personal), "at": at}
    # In the order in which whoever decides locks them.
    tx.execute(
        "select from members where program_id = %(program)s and member_id = any(%(members)s)"
        " order by member_id for no key update",
        terms,
    )
    done: dict[int, Counter[str]] = {}
    for table, statement in ERASING.items():
        for (member_id,) in tx.execute(statement, terms).fetchall():
            done.setdefault(int(member_id), Counter())[table] += 1
    for (member_id,) in _note_forgotten(tx, terms):
        done.setdefault(int(member_id), Counter())
    # The state of until now is kept by this (schema/0016), and then loses what the others lose.
    for table, statement in EMPTYING.items():
        for (member_id,) in tx.execute(statement, terms).fetchall():
            done.setdefault(int(member_id), Counter())[table] += 1
    return done


def _note_forgotten(tx: Transaction, terms: Mapping[str, object]) -> list[tuple[int]]:
    """Write down who was, and which attributes went; links to their choices are void."""
    noted = tx.execute(
        """
        insert into forgotten_members as f (program_id, member_id, attributes, forgotten_at)
        select %(program)s, m.member_id, %(names)s::text[], %(at)s
        from members m where m.program_id = %(program)s and m.member_id = any(%(members)s)
        on conflict (program_id, member_id) do update
        set attributes = array(
          select unnest(f.attributes) union select unnest(excluded.attributes) order by 1)
        where not f.attributes @> excluded.attributes
        returning f.member_id
        """,
        terms,
    ).fetchall()
    if noted:
        tx.execute(
            "update reach set generation = generation + 1, updated_at = %(at)s"
            " where program_id = %(program)s and member_id = any(%(noted)s)",
            {**terms, "noted": [row[0] for row in noted]},
        )
    return noted


def list_half_forgotten(
    tx: Transaction, program_id: int, personal: Sequence[str], after: int, at_most: int
) -> list[int]:
    """Forgotten members of whom something is kept that was marked as personal only since, by number."""
    rows = tx.execute(
        """
        select member_id from forgotten_members
        where program_id = %s and not attributes @> %s::text[] and member_id > %s
        order by member_id limit %s
        """,
        (program_id, list(personal), after, at_most),
    ).fetchall()
    return [int(row[0]) for row in rows]


def list_unforgotten(tx: Transaction, program_id: int, after: int, at_most: int) -> list[int]:
    """Members who asked to be forgotten and were not, or not but for their name, by number."""
    rows = tx.execute(
        """
        select distinct i.member_id from departures d
        join member_ids i on i.program_id = d.program_id and i.source = d.source
          and i.external_id = d.external_id
        where d.program_id = %(program)s and d.kind = 'forgotten' and i.member_id > %(after)s
          and not exists (
            select from forgotten_members f
            where f.program_id = i.program_id and f.member_id = i.member_id)
        order by i.member_id limit %(at_most)s
        """,
        {"program": program_id, "after": after, "at_most": at_most},
    ).fetchall()
    return [int(row[0]) for row in rows]


def is_forgotten(tx: Transaction, program_id: int, member_id: int) -> bool:
    """Whether a member was forgotten."""
    row = tx.execute(
        "select exists (select from forgotten_members where program_id = %s and member_id = %s)",
        (program_id, member_id),
    ).fetchone()
    return row is not None and bool(row[0])


def count_known(tx: Transaction, program_id: int, member_ids: Sequence[int]) -> int:
    """Of how many of these members there is a person, a key or an address still."""
    row = tx.execute(
        """
        select count(distinct k.member_id) from (
          select member_id from persons where program_id = %(program)s and member_id = any(%(members)s)
          union all
          select member_id from member_keys where program_id = %(program)s and member_id = any(%(members)s)
          union all
          select member_id from addresses where program_id = %(program)s and member_id = any(%(members)s)
        ) k
        """,
        {"program": program_id, "members": list(member_ids)},
    ).fetchone()
    assert row is not None
    return int(row[0])


def find_forgotten(tx: Transaction, program_id: int, subjects: Sequence[SubjectKey]) -> set[SubjectKey]:
    """Which of these ids are of somebody who was forgotten, as a member or before they were one."""
    rows = tx.execute(
        """
        select s.source, s.external_id
        from unnest(%(sources)s::text::text[], %(ids)s::text::text[]) as s (source, external_id)
        where exists (
          select from departures d
          where d.program_id = %(program)s and d.source = s.source and d.external_id = s.external_id
            and d.kind = 'forgotten')
        or exists (
          select from member_ids i
          join forgotten_members f on f.program_id = i.program_id and f.member_id = i.member_id
          where i.program_id = %(program)s and i.source = s.source and i.external_id = s.external_id)
        """,
        {
            "program": program_id,
            "sources": texts([source for source, _ in subjects]),
            "ids": texts([each for _, each in subjects]),
        },
    ).fetchall()
    return {(row[0], row[1]) for row in rows}


def list_forgotten_ids(tx: Transaction, program_id: int) -> Mapping[str, set[str]]:
    """By what ids whoever was forgotten is known, by the source that names them so."""
    found: dict[str, set[str]] = {}
    for source, external_id in tx.execute(
        """
        select source, external_id from departures where program_id = %(program)s and kind = 'forgotten'
        union
        select i.source, i.external_id from forgotten_members f
        join member_ids i on i.program_id = f.program_id and i.member_id = f.member_id
        where f.program_id = %(program)s
        """,
        {"program": program_id},
    ).fetchall():
        found.setdefault(source, set()).add(external_id)
    return found


def last_forgotten(tx: Transaction, program_id: int) -> datetime | None:
    """When somebody was last forgotten; None: nobody was."""
    row = tx.execute(
        """
        select greatest(
          (select max(at) from departures where program_id = %(program)s and kind = 'forgotten'),
          (select max(forgotten_at) from forgotten_members where program_id = %(program)s))
        """,
        {"program": program_id},
    ).fetchone()
    assert row is not None
    at: datetime | None = row[0]
    return at
