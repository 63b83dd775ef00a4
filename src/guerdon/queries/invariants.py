"""What must always hold in a program's tables, whatever was sent, lost, doubled or killed: what auditors ask.

It is the daily controls, asked in the middle of the day: all but those that only time can breach, because
a lot that ended a minute ago may wait for the worker's next tick. Tests end with it, restores begin with it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from guerdon.queries.controls.control import Control
from guerdon.queries.controls.run import CONTROLS, run_controls
from guerdon.store.database import Transaction

# What is due stands still until the worker comes by; only the daily run may call it late.
OF_TIME = frozenset({"lots.expiry", "lots.maturing", "holds.late"})
SHOWN_MAX = 10
# Of money: points and credits are spent from a balance, and are no reward's.
REDEEMED = Control(
    ("figures.redeemed",),
    """
    with money as (
      select distinct u.key as unit from program_versions v, json_each(v.bundle::json -> 'units') u
      where v.program_id = (select this_program()) and u.value ->> 'kind' = 'money'
    ),
    placed as (
      select r.rule, o.unit, count(distinct o.reward_id) as n, sum(o.value) as value
      from orders o
      join rewards r on r.program_id = o.program_id and r.member_id = o.member_id and r.id = o.reward_id
      where o.program_id = (select this_program()) and r.program_id = (select this_program())
        and o.canceled_at is null and o.unit in (select unit from money)
      group by 1, 2
    ),
    told as (
      select rule, unit, sum(redeemed) as n, sum(redeemed_value) as value,
             bool_or(redeemed > issued or redeemed_value > issued_value) as beyond
      from rollups where program_id = (select this_program()) group by 1, 2
    )
    select 'figures.redeemed', '', 0::bigint,
           format('%s in %s: %s rewards used worth %s, the figures say %s worth %s', rule, unit,
                  coalesce(p.n, 0), coalesce(p.value, 0), coalesce(t.n, 0), coalesce(t.value, 0))
    from placed p full join told t using (rule, unit)
    where coalesce(p.n, 0) <> coalesce(t.n, 0) or coalesce(p.value, 0) <> coalesce(t.value, 0) or t.beyond
    """,
)
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def check_invariants(tx: Transaction, controls: Sequence[Control] = (*CONTROLS, REDEEMED)) -> list[str]:
    """Whatever is wrong with the program of this transaction, in words; nothing, if all is well."""
    found = []
    for checked in run_controls(tx, _NO_TIME, controls).breached:
        if checked.key in OF_TIME:
            continue
        found += [f"{checked.key}: {breach}" for breach in checked.breaches[:SHOWN_MAX]]
        if checked.total > SHOWN_MAX:
            found.append(f"{checked.key}: and {checked.total - SHOWN_MAX} more")
    return found
