"""What becomes of a referral, and why, in words: for staff who look at a pair, and for whom it is about."""

from guerdon.text.catalogs import words

# Why a pair was refused, or is held.
REASONS = (
    *("self", "unknown_code", "second_claim", "customer", "late"),
    *("same_device", "same_payment", "same_address", "same_vehicle"),
    *("again_device", "again_payment", "again_address", "again_vehicle"),
    *("mutual", "circle", "many_claims", "many_successes"),
)


def reason_said(reason: str, locale: str) -> str:
    """Why a pair was refused or is held, for staff; one that we have no words for by its own."""
    say = words(locale, "reasons").gettext
    return {
        "self": say("Both are the same member"),
        "unknown_code": say("Nobody has this code"),
        "second_claim": say("The friend had claimed another code before"),
        "customer": say("The friend was a customer before the claim"),
        "late": say("The friend qualified too late after the claim"),
        "same_device": say("Both used the same device"),
        "same_payment": say("Both pay by the same means"),
        "same_address": say("Both live at the same address"),
        "same_vehicle": say("Both have the same vehicle"),
        "again_device": say("Another friend of this referrer used the same device"),
        "again_payment": say("Somebody else who took part pays by the same means"),
        "again_address": say("Somebody else who took part lives at the same address"),
        "again_vehicle": say("Somebody else who took part has the same vehicle"),
        "mutual": say("Both brought each other"),
        "circle": say("Up to four people brought each other in a circle"),
        "many_claims": say("Many claims came by this link from one network within seven days"),
        "many_successes": say("The referrer brought many friends in this quarter"),
    }.get(reason, reason)


def own_reason_said(reason: str, locale: str) -> str:
    """Why one's own claim came to nothing, for whoever made it; of what is looked at nothing is said."""
    say = words(locale, "reasons").gettext
    return {
        "self": say("This is your own code. It is for your friends."),
        "unknown_code": say("Nobody has this code. Look at it again, letter by letter."),
        "second_claim": say("You came by another code before, and the first one counts."),
        "customer": say("You were a customer before you used the code."),
        "late": say("Too much time had passed since you used the code."),
    }.get(reason, say("It was looked at, and does not count."))


def state_said(state: str, locale: str) -> str:
    """What a state of a pair is called."""
    say = words(locale, "reasons").gettext
    return {
        "claimed": say("Invited"),
        "qualified": say("Confirmed"),
        "released": say("Confirmed by a person"),
        "held": say("Being looked at"),
        "refused": say("Does not count"),
        "undone": say("Taken back"),
    }.get(state, state)
