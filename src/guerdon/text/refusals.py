"""Why a command was refused, in words: a choice, a spend, a hold, a code; the same for whoever gave it.

Each reason is a code of its own, from `rules.choice`, `rules.wallet`, `engine.codes` and `engine.orders`.
"""

from guerdon.text.catalogs import Words


def refusal_text(words: Words, reason: str) -> str | None:
    """Say why a command was refused; None when it is no such reason."""
    say = words.gettext
    return {
        "unit:unknown": say("The program has no such unit."),
        "unit:whole": say("This is not spent from a balance: each reward of it is used by choosing an item."),
        "unit:status": say("This counts for a status and is never spent."),
        "amount:nothing": say("The amount must be more than nothing."),
        "balance": say("The balance does not cover this."),
        "member:unknown": say("There is no such member."),
        "key:reused": say("This reference was used before, for something else."),
        "key:malformed": say("The reference must be 1 to 200 printable characters."),
        "hold:unknown": say("There is no such hold."),
        "hold:closed": say("What was held was taken or freed before."),
        "hold:amount": say("No more can be taken than was held."),
        "hold:pending": say("Nobody knows yet how it ended, so it stays held."),
        "hold:order": say("What is held for an order ends with the order alone."),
        "hold:ended": say("A hold cannot end before it begins."),
        "spend:unknown": say("There is no such spend."),
        "reward:unknown": say("There is no such reward."),
        "reward:used": say("This reward was used already."),
        "reward:ended": say("This reward has ended."),
        "reward:withdrawn": say("This reward was taken back."),
        "reward:endless": say("The reward has no end of its own."),
        "reward:own": say("This is your own reward, so somebody else decides."),
        "reward:changed": say("The reward was changed meanwhile. Look at it again, please."),
        "end:sooner": say("The new last day must be later than the present one."),
        "end:far": say("A reward can be extended to ten years from today at most."),
        "code:used": say("The code was used already."),
        "code:void": say("The code is not valid any more."),
        "code:unknown": say("There is no such code."),
        "used": say("This reward was used already."),
        "expired": say("This reward has ended."),
        "withdrawn": say("This reward was taken back."),
        "pending": say("This reward cannot be used yet."),
        "changed": say("What is left to choose with has changed."),
        "item:unknown": say("There is no such item."),
        "item:market": say("The item is not available in this market."),
        "item:policy": say("This market does not allow the item."),
        "item:value": say("The item cannot be had for this."),
        "item:locked": say("The item is only for members of certain groups."),
        "item:hidden": say("The item is not on offer at the moment."),
        "given": say("This reward was given to somebody else."),
        "price": say("The price has changed meanwhile. Look at it again, please."),
        "slot:unknown": say("There is no such date or place."),
        "order:unknown": say("There is no such order."),
        "order:under_way": say("The order is under way and cannot be canceled any more."),
        "order:settled": say("The order has ended and cannot be canceled."),
        "order:delivered": say("It was delivered, and whoever delivered it has not taken it back."),
        "sold_out": say("No code of the item is left."),
        "busy": say("Many are choosing right now. Try again in a moment."),
    }.get(reason)
