"""Controls of receipts: what a decision says it did is what stands in the books, for every event.

Transfers, rewards, messages and orders are compared by fingerprint an event at a time: the sum over what was
told and what is there is nothing only when both are the same set, so one pass serves millions.
"""

from guerdon.queries.controls.control import Control

TOLD = Control(
    ("receipts.transfers", "receipts.rewards", "receipts.messages", "receipts.orders"),
    """
    with told as (
      select case f.type when 'redeem' then 'ord' else 'evt' end as prefix,
             case f.type when 'redeem' then f."order" else e.id end as number, f.type as kind, 1 as side,
             case f.type
               when 'post' then hashint8extended(f.id, hashint8extended(f.amount,
                 hashtextextended(f.from_account || '>' || f.to_account || ' ' || f.unit,
                   case when f.from_account in ('purse', 'pending', 'debt')
                          or f.to_account in ('purse', 'pending', 'debt') then e.member_id else 0 end)))
               when 'issue' then hashint8extended(f.reward, hashint8extended(f.value,
                 hashtextextended(f.rule || ' ' || f.unit || ' ' || coalesce(f.payer, ''), e.member_id)))
               when 'send' then hashint8extended(f.id, hashtextextended(f.message || f.channel, e.member_id))
               else hashint8extended(f.reward, hashint8extended(f.value,
                 hashtextextended(f.item || ' ' || f.unit, e.member_id)))
             end as print
      from events e,
           json_to_recordset(e.decision -> 'effects') as f (
             type text, id bigint, amount bigint, from_account text, to_account text, unit text,
               reward bigint,
             value bigint, rule text, payer text, message text, channel text, "order" bigint, item text)
      where e.program_id = (select this_program()) and f.type in ('post', 'issue', 'send', 'redeem')
    ),
    given as (
      select 'evt' as prefix, event_id as number, 'post' as kind, -1 as side,
             hashint8extended(id, hashint8extended(amount,
               hashtextextended(from_account || '>' || to_account || ' ' || unit,
                 case when from_account in ('purse', 'pending', 'debt')
                        or to_account in ('purse', 'pending', 'debt') then member_id else 0 end))) as print
      from transfers where program_id = (select this_program()) and event_id <> 0
      union all
      select 'evt', event_id, 'issue', -1, hashint8extended(id, hashint8extended(value,
               hashtextextended(rule || ' ' || unit || ' ' || payer, member_id)))
      from rewards where program_id = (select this_program())
      union all
      select 'evt', event_id, 'send', -1, hashint8extended(id, hashtextextended(message || channel,
        member_id))
      from outbox where program_id = (select this_program())
      union all
      select 'evt', event_id, 'send', -1, hashint8extended(id, hashtextextended(message || channel,
        member_id))
      from messages where program_id = (select this_program())
      union all
      select 'ord', id, 'redeem', -1,
             hashint8extended(reward_id, hashint8extended(value, hashtextextended(item || ' ' || unit,
               member_id)))
      from orders o where program_id = (select this_program())
        -- What is on its way, or came to nothing, is no receipt's: its value was only held.
        and not exists (select from fulfillments f where f.program_id = (select this_program())
                        and f.member_id = o.member_id and f.order_id = o.id
                        and f.state not in ('fulfilled', 'returned'))
    ),
    differing as (
      select prefix, number,
             sum(side) filter (where kind = 'post') as posts,
             coalesce(bit_xor(print) filter (where kind = 'post'), 0) as post_print,
             sum(side) filter (where kind = 'issue') as issues,
             coalesce(bit_xor(print) filter (where kind = 'issue'), 0) as issue_print,
             sum(side) filter (where kind = 'send') as sends,
             coalesce(bit_xor(print) filter (where kind = 'send'), 0) as send_print,
             sum(side) filter (where kind = 'redeem') as redeems,
             coalesce(bit_xor(print) filter (where kind = 'redeem'), 0) as redeem_print
      from (select * from told union all select * from given) both_sides
      group by 1, 2
      having bit_xor(print) <> 0 or sum(side) <> 0
    )
    select f.key, prefix, number,
           case when n = 0 then 'the receipt tells of others than there are'
                when n > 0 then format('the receipt tells of %s that are not there', n)
                else format('%s are there that the receipt does not tell of', -n) end
    from differing cross join lateral (values
      ('receipts.transfers', coalesce(posts, 0), post_print),
      ('receipts.rewards', coalesce(issues, 0), issue_print),
      ('receipts.messages', coalesce(sends, 0), send_print),
      ('receipts.orders', coalesce(redeems, 0), redeem_print)
    ) as f (key, n, print)
    where f.n <> 0 or f.print <> 0
    """,
)

# What people and the clock bring about happens as it is decided, by the version that their process knew.
VERSIONS = Control(
    ("receipts.version",),
    """
    with used as (
      select version, ours, min(at) as first, max(at) as last,
             -- But for what happened in the very instant in which it was decided.
             max(at) filter (where at < decided_at) as last_of_before, count(*) as n, min(id) as one
      from (select version, id, decided_at, source = 'guerdon' as ours,
                   case when source = 'guerdon' then decided_at
                        else least(happened_at, recorded_at, decided_at) end as at
            from events where program_id = (select this_program())) e
      group by 1, 2
    ),
    following as (
      select version, live_from, lead(live_from) over line as until, lead(published_at) over line as known
      from program_versions v
      where program_id = (select this_program())
        and not exists (select from version_calloffs c
                        where c.program_id = v.program_id and c.version = v.version)
      window line as (order by live_from, version)
    ),
    versions as (
      select version, until, until = known as at_once,
             case when live_from = min(live_from) over () then '-infinity' else live_from end as since
      from following
    )
    select 'receipts.version', 'evt', u.one,
           format('%s events of %s to %s decided by version %s, which was not live then', n, first, last,
                  version)
    from used u left join versions v using (version)
    cross join lateral (select case when ours then interval '1 minute' else interval '0' end as leeway) l
    where v.version is null or u.first < v.since - leeway
       -- Half-open: the next one's own instant is the next one's. Where that was published in this very
       -- instant, what was decided in it may have been before.
       or case when ours then u.last > v.until + leeway
               when v.at_once then u.last > v.until or u.last_of_before >= v.until
               else u.last >= v.until end
    """,
)

CONTROLS = (TOLD, VERSIONS)
