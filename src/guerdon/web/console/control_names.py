"""What each control promises, in a reader's language: the books are right where all of these hold."""

from collections.abc import Callable

from guerdon.text.catalogs import words


def control_name(key: str, locale: str) -> str:
    """The promise that a control looks after; an unknown one by its key."""
    say = words(locale, "console").gettext
    return {**_of_value(say), **_of_policy(say)}.get(key, key)


def _of_value(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "ledger.pools": say("Each pool has what its transfers make"),
        "ledger.members": say("Each member has what their transfers make"),
        "ledger.overspent": say("No account is overspent"),
        "ledger.debt_first": say("Nobody has something to spend beside a debt"),
        "ledger.bounded": say("Every account has its floor"),
        "ledger.chart": say("Every account is one that we know"),
        "ledger.units": say("Every account is in a unit of the program"),
        "ledger.amounts": say("Every transfer moves something"),
        "ledger.ways": say("Value moves on known ways only"),
        "ledger.eventless": say("Every transfer has its event"),
        "ledger.once": say("No transfer is there twice"),
        "lots.balance": say("A member's rewards make their balance"),
        "lots.draws": say("What is left of a reward is what nobody drew"),
        "lots.moves": say("Whatever leaves a balance names its rewards"),
        "lots.states": say("Every reward is in a state that it can be in"),
        "lots.expiry": say("Value ends with its last day, never before"),
        "lots.ends": say("Each reward ends when its events say"),
        "lots.maturing": say("Pending value becomes available in time"),
        "lots.reversed": say("What was taken back is what receipts say"),
        "rewards.paid": say("Each reward was paid as it was given"),
        "rewards.once": say("One event gives a rule's reward once"),
        "rewards.rule": say("Each reward is worth what its rule says"),
        "receipts.transfers": say("Receipts tell of every transfer"),
        "receipts.rewards": say("Receipts tell of every reward"),
        "receipts.messages": say("Receipts tell of every message"),
        "receipts.orders": say("Receipts tell of every order"),
        "receipts.version": say("Each event was decided by the version that was live"),
    }


def _of_policy(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "holds.sums": say("What is held is the sum of its holds"),
        "holds.lots": say("Every hold names the rewards that it holds"),
        "holds.states": say("Every hold ends once"),
        "holds.late": say("No hold stays open beyond its time"),
        "holds.requests": say("Money is held only for what still waits"),
        "limits.used": say("What limits count is what was given"),
        "limits.passed": say("No limit is passed"),
        "budgets.tree": say("Budgets get money from their parents alone"),
        "budgets.nodes": say("Every budget has its account"),
        "budgets.circle": say("No budget stands above itself"),
        "budgets.allocated": say("A budget was allocated what its moves make"),
        "budgets.top_ups": say("Each top-up happened once, as it was told"),
        "approvals.text": say("Signatures are over exactly what was asked"),
        "approvals.self": say("Nobody signed what they asked for or gain by"),
        "approvals.grants": say("Who signed had the right to"),
        "approvals.enough": say("Enough people signed"),
        "approvals.carried_out": say("What was approved was carried out"),
        "approvals.asked": say("Nothing by hand happened without approval"),
        "people.left": say("Who left has no rights any more"),
        "people.self_granted": say("Nobody gave rights to themselves"),
        "versions.text": say("No published text was changed"),
        "versions.order": say("Versions follow one another"),
        "codes.orders": say("Each order has its code"),
        "codes.states": say("Every code is in a state that it can be in"),
        "codes.once": say("No code went out twice"),
        "orders.delivered": say("Every delivered order was delivered once"),
        "orders.attempts": say("Nobody is asked for an order that somebody else may deliver"),
        "orders.settled": say("Every order stands where its choice does"),
        "orders.held": say("What an order costs is held until it is delivered"),
        "orders.beside": say("What a balance paid beside rewards is what was spent of it"),
        "withheld.waiting": say("What is to be taken back waits for orders under way only"),
        "withheld.kept": say("No more waits to be taken back than its order keeps"),
        "withheld.settled": say("What waited was settled as its order ended"),
        "orders.places": say("As many places are taken as orders stand"),
        "intake.places": say("Each event stands in one place"),
        "intake.lost": say("No accepted event is lost"),
        "figures.issued": say("Figures of rewards are the sum of rewards"),
        "figures.redeemed": say("Figures of redemptions are the sum of orders"),
        "memory.days": say("What is counted by day is what the events come to"),
        "memory.holdings": say("What members have is what the events come to"),
        "memory.states": say("No state of a member is lost"),
        "segments.members": say("Who is in a segment is who meets its condition"),
        "segments.sizes": say("Sizes of segments are the count of their members"),
        "referrals.told": say("Who was told of a referral was told by its pair"),
        "referrals.once": say("Nobody was told twice of one referral"),
        "referrals.judged": say("No pair was rewarded that people should look at"),
        "consents.standing": say("What holds of consents is what their proofs say"),
        "deliveries.followed": say("Every reward is on the delivery clock"),
        "deliveries.counted": say("Figures of deliveries are the count of rewards and orders"),
        "figures.events": say("Figures of events are the count of events"),
        "audit.seals": say("Seals follow one another without a gap"),
        "audit.rows": say("Each seal is over the rows that it says"),
    }
