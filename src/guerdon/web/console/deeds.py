"""What audited actions are called in a reader's language; one that is not here is shown by its own word."""

from guerdon.text.catalogs import words


def deed_names(locale: str) -> dict[str, str]:
    """All actions by the word under which the audit keeps them, in the order of the filter."""
    say = words(locale, "console").gettext
    return {
        "batch.decided": say("Events decided"),
        "order.placed": say("Reward redeemed"),
        "value.matured": say("Pending value became available"),
        "value.expired": say("Value expired"),
        "value.lapsed": say("Held value was released"),
        "value.held": say("Value held"),
        "value.captured": say("Held value was spent"),
        "value.released": say("Held value was released"),
        "value.spent": say("Value spent"),
        "value.restored": say("Spent value was given back"),
        "hold.outcome_known": say("Outcome of a hold became known"),
        "hold.outcome_unknown": say("Outcome of a hold is unknown"),
        "request.made": say("Request made"),
        "request.typed": say("Typed at the command line"),
        "request.edited": say("Request edited"),
        "request.signed": say("Request approved"),
        "request.rejected": say("Request rejected"),
        "request.asked_back": say("Question about a request"),
        "request.withdrawn": say("Request withdrawn"),
        "request.escalated": say("Request passed on"),
        "request.reopened": say("Request sent back"),
        "request.expired": say("Request expired"),
        "request.failed": say("Request failed"),
        "request.done": say("Request carried out"),
        "program.published": say("Program published"),
        "budget.period_began": say("Budget period began"),
        "rates.imported": say("Exchange rates imported"),
        "members.enrolled": say("Members imported"),
        "codes.imported": say("Codes imported"),
        "code.used": say("Code used"),
        "person.added": say("Person added"),
        "person.changed": say("Person changed"),
        "person.left": say("Person left"),
        "person.membership_told": say("Own membership told"),
        "grant.given": say("Role given"),
        "grant.revoked": say("Role taken back"),
        "stand_in.named": say("Stand-in named"),
        "stand_in.revoked": say("Stand-in ended"),
        "key.added": say("Key added"),
        "key.revoked": say("Key withdrawn"),
        "controls.ran": say("Controls ran"),
    }
