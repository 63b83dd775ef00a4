"""Why an event stands in quarantine, and what to do about it, in words for staff.

The code of a reason is stored with the event; the technical detail beside it is English, as it was when the
event was set apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from guerdon.text.catalogs import Words


@dataclass(frozen=True, slots=True)
class Parked:
    """What a reason is called, and what to do."""

    name: str
    advice: str


def parked_text(words: Words, reason: str) -> Parked:
    """Say why an event stands in quarantine; a reason we have no words for leaves its detail to speak."""
    say = words.gettext
    known = _unreadable(say) | _unfitting(say) | _of_a_crm(say)
    return Parked(*known.get(reason, (say("Set apart"), say("The detail below says why."))))


def _unreadable(say: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    return {
        "malformed_body": (
            say("Not readable"),
            say("The whole request was no list of events. Correct it where it is sent, and send it again."),
        ),
        "malformed_event": (
            say("One event not readable"),
            say(
                "The others of its request were taken. Correct this one where it is sent, and send it again."
            ),
        ),
        "too_many": (
            say("Too many at once"),
            say("Have the sender spread them over several requests."),
        ),
        "poison": (
            say("Could not be decided"),
            say("Hand the detail below to whoever runs Guerdon for you. All other events went on."),
        ),
        "old_version": (
            say("Of a version that cannot be read"),
            say("Correct its time where it is sent, or decide it by hand."),
        ),
        "not_kept": (
            say("Could not be kept"),
            say("Hand the detail below to whoever runs Guerdon for you."),
        ),
    }


def _unfitting(say: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    return {
        "unmapped_property": (
            say("Property that means nothing here"),
            say("Map the property in the program, or list it under ignore."),
        ),
        "unmapped_value": (
            say("Value that means nothing here"),
            say("Map this value in the program, or list it under ignore."),
        ),
        "other_portal": (
            say("From another portal"),
            say("The event names another portal than the program. Correct the one that is wrong."),
        ),
        "unmapped_action": (
            say("Workflow step that means nothing here"),
            say("Declare the action in the program, or take the step out of the workflow."),
        ),
        "no_contact": (
            say("Workflow step for no contact"),
            say("Use the step in workflows of contacts."),
        ),
        "unknown_type": (
            say("Not a contact's change"),
            say("Take this subscription out of the app that sends it."),
        ),
        "impossible_time": (
            say("Impossible time"),
            say("Correct the time where it is sent, and send the event again."),
        ),
        "wrong_value": (
            say("Value of another type"),
            say("Correct the value where it is sent, or the field's type in the program."),
        ),
        "in_the_future": (
            say("Not happened yet"),
            say("Set the sender's clock right, and send the event again."),
        ),
        "reused_id": (
            say("Event id used twice"),
            say("The first event stands. Send this one under an id of its own."),
        ),
        "no_connection": (
            say("Connection gone from the program"),
            say("Declare the connection in the program again."),
        ),
        "no_longer_fits": (
            say("No longer fits the program"),
            say("The program changed after it arrived. Send it again as the program is now, under a new id."),
        ),
    }


def _of_a_crm(say: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    return {
        "contact_unfit": (
            say("Contact that fits no member"),
            say("Correct the contact in the CRM, or its mapping in the program, and try again."),
        ),
        "contact_gone": (
            say("Contact gone from the CRM"),
            say("Put it away, or restore the contact in the CRM and try again."),
        ),
        "deal_gone": (
            say("Deal gone from the CRM"),
            say("Put it away, or restore the deal in the CRM and try again."),
        ),
        "no_contact": (
            say("Deal without a contact"),
            say("Join the deal with its contact in the CRM, and try again."),
        ),
        "crm_refused": (
            say("Refused by the CRM"),
            say("The detail below is what the CRM says. Correct that, and try again."),
        ),
    }
