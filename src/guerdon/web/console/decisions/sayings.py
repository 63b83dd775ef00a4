"""What is said about requests: kinds, states and steps, why they stand as they do, why one may not sign.

A reason that a batch wrote (`limit:gift`) is read as the receipts read it; one that a person wrote is shown
as it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.access.roles import ROLES
from guerdon.engine.approvals.acting import Acting, Refused, person_id_of
from guerdon.program.model import Program
from guerdon.store.approvals.requests import RequestRow
from guerdon.text.catalogs import words
from guerdon.values.texts import text_in
from guerdon.web.console.desk import Desk
from guerdon.web.console.words import Namer, role_name
from guerdon.web.refusals import OF_RIGHTS, REQUEST, note_refusal
from guerdon.web.rooms import room


def acting_at(desk: Desk) -> Acting:
    """Who sits at a desk, as the engine wants to know them."""
    return Acting(desk.program_id, desk.program, desk.person, room().vault, desk.now)


# Alarms that are about requests.
ALARMS = ("approval_hash", "approval_stranded")
# And one about members, which stands beside the controls alone.
CONTACTS_JOINED = "contacts_joined"
# And about an endpoint, which stands there too.
WEBHOOK_FAILING = "webhook_failing"
# And about rewards that are late or about to be, which stand on the page of deliveries, too.
DELIVERY_LATE = "delivery_late"
# And about suppliers' books that say otherwise than ours, which stand on the page of reconciliation, too.
SUPPLIER_DIFFERS = "supplier.differs"


def alarm_said(kind: str, locale: str) -> str:
    """What an alarm about a request means, and what to do; one that is not known by its own word."""
    say = words(locale, "console").gettext
    return {
        "approval_hash": say(
            "What is stored is not what was signed, so nothing was done. Check the audit first."
        ),
        CONTACTS_JOINED: say(
            "Two members are one contact in the CRM now. What each has stays where it is; look at both."
        ),
        WEBHOOK_FAILING: say(
            "A webhook's endpoint fails for an hour or gave something up. Its page says why and what to do."
        ),
        DELIVERY_LATE: say("Rewards are late or about to be. The page of deliveries says which and why."),
        SUPPLIER_DIFFERS: say(
            "A supplier's books say otherwise than ours. The page of reconciliation says how."
        ),
        "approval_stranded": say(
            "It was signed in time but got lost on the way, so nothing was done. Ask for it anew."
        ),
    }.get(kind, kind)


def note_refused(desk: Desk, subject: str, answer: Refused) -> None:
    """Tell the audit that somebody may not do what they wanted with a request, where that is why."""
    if answer.reason in OF_RIGHTS:
        act = desk.request.POST.get("act", "")[:40]
        note_refusal(desk.program_id, desk.actor, REQUEST, subject, because=answer.reason, act=act)


@dataclass(frozen=True, slots=True)
class Sayings:
    """Sentences about requests, in one language; `people` are names by number."""

    program: Program
    locale: str
    people: Mapping[int, str]

    def kind(self, kind: str) -> str:
        """What a kind of request is called."""
        say = words(self.locale, "console").gettext
        return {
            "reward": say("Reward"),
            "adjustment": say("Adjustment by hand"),
            "bulk": say("Many adjustments"),
            "budget": say("Move between budgets"),
            "version": say("New version of the program"),
            "grant": say("Role of a person"),
        }.get(kind, kind)

    def state(self, state: str) -> str:
        """Where a request stands."""
        say = words(self.locale, "console").gettext
        return {
            "open": say("Waits for signatures"),
            "returned": say("Asked back"),
            "approved": say("Signed, being carried out"),
            "done": say("Carried out"),
            "rejected": say("Rejected"),
            "withdrawn": say("Taken back by who asked"),
            "expired": say("Ended unsigned"),
            "failed": say("Could not be carried out"),
        }.get(state, state)

    def happening(self, action: str) -> str:
        """What happened, as the audit names it."""
        say = words(self.locale, "console").gettext
        return {
            "request.made": say("Asked for"),
            "request.typed": say("Typed at the command line"),
            "request.edited": say("Changed: a new revision"),
            "request.signed": say("Approved"),
            "request.rejected": say("Rejected"),
            "request.asked_back": say("Asked back"),
            "request.withdrawn": say("Taken back by who asked"),
            "request.escalated": say("Moved up, because nobody signed in time"),
            "request.reopened": say("Sent back to those who may sign"),
            "request.expired": say("Ended unsigned"),
            "request.failed": say("Could not be carried out"),
            "request.refused": say("Refused: no right to it"),
            "request.done": say("Carried out"),
        }.get(action, action)

    def who(self, name: str) -> str:
        """Who did something: a person, a rule, or the program itself."""
        say = words(self.locale, "console").gettext
        number = person_id_of(name)
        if number is not None:
            return self.people.get(number, name)
        if name.startswith("rule:"):
            return say("Rule %(rule)s") % {"rule": Namer(self.program, self.locale).rule(name[5:])}
        return say("Guerdon itself") if name == "worker" else name

    def wish(self, request: RequestRow) -> str:
        """Why something was asked for."""
        if person_id_of(request.maker) is None:
            return Namer(self.program, self.locale).reason(request.reason)
        return request.reason

    def why(self, why: str) -> str:
        """Why a request went back, or could not be carried out."""
        say = words(self.locale, "console").gettext
        kind, _, about = why.partition(":")
        if kind in {"left", "role", "stand_in", "maker", "beneficiary", "rung"}:
            lost = {
                "left": say("%(person)s does not work here any more, so that signature does not count."),
                "role": say("%(person)s lost the role, so that signature does not count."),
                "stand_in": say("%(person)s is no stand-in any more, so that signature does not count."),
                "maker": say("%(person)s asked for it, so that signature does not count."),
                "beneficiary": say("It is about %(person)s, so that signature does not count."),
                "rung": say("It moved on, and the role of %(person)s does not sign there."),
            }[kind]
            return lost % {"person": self.who(about)}
        if kind in {"limit", "missing"}:
            return Namer(self.program, self.locale).reason(why)
        return {
            "ladder": say("The program asks for more signatures by now."),
            "hash": say("What is stored is not what was signed. An alarm was raised, and nothing was done."),
            "balance": say("The member has less by now than was to be taken."),
            "cap": say("The member would have more than the program allows."),
            "member": say("The member is not there any more."),
            "moved": say("The member belongs somewhere else by now."),
            "given": say("This very reward was given already."),
            "move": say("The budgets do not allow this move any more."),
            "version": say("The text cannot be read any more."),
            "revoked": say("The role had been taken back already."),
            "announcement": say("It was signed in time, but got lost on the way. An alarm was raised."),
        }.get(kind, why)

    def refusal(self, reason: str) -> str:
        """Why somebody may not do what they tried, or may not sign."""
        say = words(self.locale, "console").gettext
        if reason.startswith("replay_"):
            return say(
                "Exactly this text needs another replay first. Its draft says which, and is sent from there."
            )
        return {
            "unknown": say("There is no such request."),
            "closed": say("Somebody else was first: it does not wait any more."),
            "edited": say("It was changed meanwhile. Read it again, please."),
            "expired": say("Its time is over."),
            "role": say("Your role does not sign this."),
            "maker": say("You asked for this, so somebody else signs it."),
            "beneficiary": say("This is about yourself, so somebody else decides."),
            "signed": say("You have signed this already."),
            "reason": say("A reason is needed, in at most 1,000 letters."),
            "budget": say("The budget has not so much left."),
            "late": say("The moment from which it should be live has passed. Reject it, or ask back."),
            "draft": say(
                "Its draft was edited since: what stands here is an older text. Send it from there."
            ),
            "wrong": say("This cannot be carried out as it is. What is wrong stands below."),
        }.get(reason, reason)

    def verdict(self, verdict: str) -> str:
        """What somebody said."""
        say = words(self.locale, "console").gettext
        return {"approve": say("Approved"), "reject": say("Rejected"), "ask": say("Asked back")}[verdict]

    def role(self, role: str) -> str:
        """What a role is called."""
        known = next((each for each in ROLES if each == role), None)
        return role if known is None else role_name(known, self.locale)

    def pool(self, account: str) -> str:
        """What a pool is called: the budget and its place, or the program."""
        if not account.startswith("budget:"):
            return words(self.locale, "console").gettext("The program itself")
        key, _, place = account.removeprefix("budget:").partition(":")
        names = Namer(self.program, self.locale)
        found = self.program.budgets.get(key)
        where = names.location(place) if place in self.program.locations else names.market(place)
        budget = text_in(found.name, self.locale) if found else key
        return f"{budget} · {where}" if place else budget
