"""What must always hold in a program's tables, whatever was sent, lost, doubled or killed: what auditors ask.

Each is asked of the stored rows alone, so that a mistake of the engine cannot hide in the engine's figures.
"""

from collections.abc import Mapping
from typing import LiteralString

from guerdon.store.database import Transaction

SHOWN_MAX = 10

# A question finds what breaks its rule, each as a row of one text.
QUESTIONS: Mapping[str, LiteralString] = {
    "an account's balance is not the fold of its transfers": """
        with here as (select * from transfers where program_id = this_program()),
        moved as (
          select case when from_account in ('purse', 'pending', 'debt') then member_id else 0 end as member_id,
                 from_account as name, unit, -amount as amount from here
          union all
          select case when to_account in ('purse', 'pending', 'debt') then member_id else 0 end,
                 to_account, unit, amount from here
        ),
        fold as (select member_id, name, unit, sum(amount) as amount from moved group by 1, 2, 3),
        stored as (
          select member_id, name, unit, posted as amount from accounts where program_id = this_program()
          union all
          select member_id, 'pending', unit, pending from accounts
          where program_id = this_program() and name = 'purse'
          union all
          select member_id, 'debt', unit, -debt from accounts where program_id = this_program() and name = 'purse'
        )
        select format('%s of member %s: %s stored, %s moved', name, member_id, s.amount, f.amount)
        from fold f full join stored s using (member_id, name, unit)
        where s.amount is null or s.amount <> coalesce(f.amount, 0)
    """,
    "the balances of a unit do not sum to nothing": """
        select format('%s: %s', unit, sum(posted + pending - debt)) from accounts where program_id = this_program()
        group by unit having sum(posted + pending - debt) <> 0
    """,
    "a bounded account is overspent": """
        select format('%s of member %s: %s', name, member_id, posted - held) from accounts
        where program_id = this_program() and bounded and posted - held < 0
    """,
    "a budget is not bounded": """
        select format('%s of member %s', name, member_id) from accounts
        where program_id = this_program() and not bounded
          and name <> 'program:funding' and name not like 'location:%'
    """,
    "a limit does not count what was given, or is passed": """
        with version as materialized (
          select version, bundle::json ->> 'time_zone' as zone, bundle::json -> 'limits' as limits
          from program_versions where program_id = this_program()
        ),
        given as (
          select r.member_id, l.key as name,
                 date_trunc('month', r.happened_at at time zone v.zone)::date as period,
                 sum(case when l.value ->> 'amount' is null then 1 else r.value end) as used
          from rewards r
          join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
          join version v on v.version = e.version
          cross join lateral json_each(v.limits) l
          where r.program_id = this_program()
            and (l.value -> 'rules' is null
                 or exists (select from json_array_elements_text(l.value -> 'rules') n where n = r.rule))
            and (l.value ->> 'amount' is null or split_part(l.value ->> 'amount', ' ', 2) = r.unit)
          group by 1, 2, 3
        ),
        stored as (
          select member_id, name, period, used, ceiling from allowances where program_id = this_program()
        )
        select format('%s of member %s in %s: %s counted, %s given, at most %s',
                      name, member_id, period, s.used, g.used, s.ceiling)
        from stored s full join given g using (member_id, name, period)
        where s.used is distinct from g.used or s.used > s.ceiling
    """,
    "one event gave a rule's reward twice": """
        select format('event %s, rule %s: %s rewards', event_id, rule, count(*)) from rewards
        where program_id = this_program() group by event_id, rule, member_id having count(*) > 1
    """,
    "a reward was not paid as it was issued": """
        with paid as (
          select * from transfers
          where program_id = this_program() and to_account = 'purse' and from_account like 'budget:%'
        ),
        issued as (select * from rewards where program_id = this_program())
        select format('reward %s: worth %s, paid %s', id, i.value, p.amount)
        from issued i full join paid p using (member_id, id)
        where i.value is distinct from p.amount or i.unit <> p.unit or i.event_id <> p.event_id
    """,
    "a receipt tells of other rewards than there are": """
        with told as (
          select member_id, (f ->> 'reward')::bigint as id, id as event_id, f ->> 'rule' as rule,
                 (f ->> 'value')::bigint as value
          from events, json_array_elements(decision -> 'effects') f
          where program_id = this_program() and f ->> 'type' = 'issue'
        ),
        given as (select member_id, id, event_id, rule, value from rewards where program_id = this_program())
        select format('reward %s, only told', id) from (select * from told except select * from given) t
        union all
        select format('reward %s, only given', id) from (select * from given except select * from told) g
    """,
    "a decided message is neither to be sent nor settled, or one is there that was not decided": """
        with told as (
          select member_id, (f ->> 'id')::bigint as id
          from events, json_array_elements(decision -> 'effects') f
          where program_id = this_program() and f ->> 'type' = 'send'
        ),
        kept as (
          select member_id, id from outbox where program_id = this_program()
          union all
          select member_id, id from messages where program_id = this_program()
        )
        select format('message %s, decided', id) from (select * from told except all select * from kept) t
        union all
        select format('message %s, kept', id) from (select * from kept except all select * from told) k
    """,
    "an order, its reward and its code do not belong together": """
        with placed as (select * from orders where program_id = this_program()),
        used as (select * from rewards where program_id = this_program() and state = 'redeemed'),
        given as (select * from codes where program_id = this_program() and state = 'issued'),
        judged as (
          select o.id as order_id, r.id as reward_id, c.id as code_id,
                 (o.unit, o.value) = (r.unit, r.value)
                 and (o.item, o.unit, o.value) = (c.item, c.unit, c.value) as fit
          from placed o
          full join used r on r.member_id = o.member_id and r.id = o.reward_id
          full join given c on c.order_id = o.id
        )
        select format('order %s, reward %s, code %s', order_id, reward_id, code_id)
        from judged where fit is not true
    """,
    "the figures of a rule are not the sum of its rewards": """
        with counted as (
          select rule, unit, sum(issued) as n, sum(issued_value) as value from rollups
          where program_id = this_program() group by 1, 2
        ),
        given as (
          select rule, unit, count(*) as n, sum(value) as value from rewards
          where program_id = this_program() group by 1, 2
        )
        select format('%s: %s counted, %s given', rule, c.n, g.n)
        from counted c full join given g using (rule, unit)
        where coalesce(c.n, 0) <> coalesce(g.n, 0) or coalesce(c.value, 0) <> coalesce(g.value, 0)
    """,
    "figures of redemption are not the redeemed rewards, or exceed what was given": """
        with there as (
          select rule, unit, count(*) as n, sum(value) as v from rewards
          where program_id = this_program() and state = 'redeemed' group by 1, 2
        ),
        told as (
          select rule, unit, sum(redeemed) as n, sum(redeemed_value) as v from rollups
          where program_id = this_program() group by 1, 2
        )
        select format('%s: %s redeemed, %s in the figures', rule, coalesce(r.n, 0), coalesce(f.n, 0))
        from there r full join told f using (rule, unit)
        where coalesce(r.n, 0) <> coalesce(f.n, 0) or coalesce(r.v, 0) <> coalesce(f.v, 0)
        union all
        select format('%s on %s: %s redeemed of %s issued', rule, day, redeemed, issued) from rollups
        where program_id = this_program() and (redeemed > issued or redeemed_value > issued_value)
    """,
    "an event stands in two places, or was never received": """
        with standing as (
          select id from events where program_id = this_program() and source <> 'guerdon'
          union all
          select id from waiting where program_id = this_program()
          union all
          select id from inbox where program_id = this_program()
          union all
          select event_id from quarantine
          where program_id = this_program() and event_id > 0 and reason <> 'reused_id' and settled_at is null
        ),
        places as (select id, count(*) as n from standing group by id),
        received as (
          select event_id as id, count(*) as n from event_keys where program_id = this_program() group by 1
        )
        select format('event %s stands in %s places and was received %s times', id, p.n, coalesce(r.n, 0))
        from places p left join received r using (id) where p.n <> 1 or coalesce(r.n, 0) <> 1
    """,
    "events that were received are lost": """
        with received as (select event_id as id from event_keys where program_id = this_program()),
        standing as (
          select id, true as stands from events where program_id = this_program()
          union
          select id, true from waiting where program_id = this_program()
          union
          select id, true from inbox where program_id = this_program()
          union
          select event_id, true from quarantine where program_id = this_program()
        ),
        lost as (select count(*) as n from received left join standing using (id) where stands is null),
        ignored as (
          select coalesce(sum(n), 0) as n from intake_counts
          where program_id = this_program() and what = 'ignored'
        )
        select format('%s received are nowhere, %s were ignored', l.n, i.n)
        from lost l, ignored i where l.n <> i.n
    """,
}


def check_invariants(tx: Transaction) -> list[str]:
    """Whatever is wrong with the program of this transaction, in words; nothing, if all is well."""
    found = []
    for rule, question in QUESTIONS.items():
        rows = [str(row[0]) for row in tx.execute(question).fetchall()]
        found += [f"{rule}: {row}" for row in rows[:SHOWN_MAX]]
        if len(rows) > SHOWN_MAX:
            found.append(f"{rule}: and {len(rows) - SHOWN_MAX} more")
    return found
