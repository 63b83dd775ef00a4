"""What audited actions are called in a reader's language; one that is not here is shown by its own word."""

from collections.abc import Callable

from guerdon.text.catalogs import words


def deed_names(locale: str) -> dict[str, str]:
    """All actions by the word under which the audit keeps them, in the order of the filter."""
    say = words(locale, "console").gettext
    return {
        "batch.decided": say("Events decided"),
        "order.placed": say("Reward redeemed"),
        **_of_orders(say),
        "order.resent": say("Link sent again"),
        **_of_messages(say),
        "case.opened": say("A member said that it does not work"),
        "value.matured": say("Pending value became available"),
        "value.expired": say("Value expired"),
        "value.lapsed": say("Held value was released"),
        "value.held": say("Value held"),
        "value.captured": say("Held value was spent"),
        "value.released": say("Held value was released"),
        "value.spent": say("Value spent"),
        "value.restored": say("Spent value was given back"),
        "reward.extended": say("Reward extended"),
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
        "request.refused": say("Request refused: no right to it"),
        "access.refused": say("Access refused"),
        "request.done": say("Request carried out"),
        **_of_versions(say),
        "replay.asked": say("Replay asked for"),
        "replay.called_off": say("Replay called off"),
        "budget.period_began": say("Budget period began"),
        "budget.returned": say("Money of former budgets went up"),
        "rates.imported": say("Exchange rates imported"),
        **_of_members(say),
        "codes.imported": say("Codes imported"),
        "code.used": say("Code used"),
        **_of_people(say),
        **_of_reports(say),
        "key.added": say("Key added"),
        "key.revoked": say("Key withdrawn"),
        "controls.ran": say("Controls ran"),
        **_of_counts(say),
        **_of_intake(say),
        **_of_webhooks(say),
        **_of_connections(say),
        **_of_catalog(say),
        **_of_consents(say),
        "referral.code_made": say("Referral code made"),
        "referral.claimed": say("Referral claimed"),
        "referral.released": say("Referral released"),
        "referral.refused": say("Referral refused"),
    }


def _of_messages(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "message.resent": say("Message sent again"),
        "message.tested": say("Test of a message sent"),
        "broadcast.made": say("Broadcast made"),
        "broadcast.checking": say("Check of a broadcast asked for"),
        "broadcast.checked": say("Broadcast checked"),
        "broadcast.started": say("Broadcast started"),
        "broadcast.sent": say("Broadcast told to members"),
        "broadcast.paused": say("Broadcast paused"),
        "broadcast.resumed": say("Broadcast let go on"),
        "broadcast.goes_on": say("Broadcast goes on"),
        "broadcast.stopped": say("Broadcast stopped"),
        "broadcast.ended": say("Broadcast ended"),
    }


def _of_consents(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "consent.asked": say("Consent waits to be confirmed"),
        "consent.given": say("Consent given"),
        "consent.confirmed": say("Consent confirmed"),
        "consent.withdrawn": say("Consent withdrawn"),
        "consent.joined": say("Consent taken over from a joined contact"),
        "device.added": say("Device added for push messages"),
        "device.retired": say("Device not used any more"),
    }


def _of_orders(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "order.reserved": say("Value held"),
        "order.asked": say("Outcome of a hold is unknown"),
        "order.fulfilled": say("Reward redeemed"),
        "order.failed": say("Held value was released"),
        "order.canceled": say("Held value was released"),
        "supplier.reopened": say("Supplier may be asked again"),
        "order.taken": say("Order taken by staff"),
        "order.put_back": say("Order put back by staff"),
        "order.delivered": say("Order delivered by staff"),
        "order.refused": say("Order given back by staff"),
        "order.again": say("Order said not to be placed"),
        "order.hastened": say("Supplier asked about an order"),
        "order.return_asked": say("Supplier asked to take an order back"),
        "order.taken_back": say("Delivered order taken back"),
        "order.reissued": say("Order made anew"),
        "case.answered": say("Member answered"),
        "case.told": say("Answer told by mail"),
        "case.asked": say("Supplier asked about an order"),
        "case.looked": say("Asked what became of an order"),
        "case.settled": say("Member answered"),
        "place.waited": say("Member waits for a place"),
        "place.left": say("Member waits no more"),
        "place.told": say("Place offered by mail"),
        "place.offered": say("Places offered to who waits"),
        "proof.sent": say("Code sent to confirm a link"),
        "proof.given": say("Link confirmed by its member"),
        "proof.wrong": say("Wrong code for a link"),
        "sign_in.sent": say("Code sent to sign in"),
        "sign_in.given": say("Code to sign in was right"),
        "sign_in.wrong": say("Wrong code to sign in"),
        "contact.changed": say("Member changed their contact"),
        "contact.told": say("Change told to the old address"),
        "session.begun": say("Member signed in"),
        "session.ended": say("Member signed out"),
        "link.sent": say("New link sent"),
        "reminder.sent": say("Reminder sent"),
        "link.bound": say("Link kept by its first browser"),
        "link.moved": say("Link moved to another browser"),
        "gift.made": say("Reward given away"),
        "gift.taken": say("Gift accepted"),
        "gift.withdrawn": say("Gift taken back"),
        "pool.marked": say("Mark of own codes changed"),
        "statement.compared": say("Statement compared"),
        "statement.failed": say("Statement broken off"),
        "difference.settled": say("Difference settled"),
        "credit.expected": say("Credit expected"),
        "credit.settled": say("Credit settled"),
    }


def _of_reports(say: Callable[[str], str]) -> dict[str, str]:
    """What people are mailed."""
    return {
        "report.scheduled": say("Report asked for by mail"),
        "report.changed": say("Report by mail changed"),
        "report.stopped": say("Report by mail stopped"),
        "report.sent": say("Report mailed"),
        "report.refused": say("Mail of a report refused"),
        "report.unsure": say("Nobody knows whether a report was mailed"),
        "report.withheld": say("Report not mailed: no right to it"),
        "report.downloaded": say("Report downloaded"),
    }


def _of_imports(say: Callable[[str], str]) -> dict[str, str]:
    """What becomes of files that people bring."""
    return {
        "import.tried": say("File tried for an import"),
        "import.confirmed": say("Import confirmed"),
        "import.dropped": say("Import put away"),
        "import.lapsed": say("Import not confirmed in time"),
        "import.ended": say("Import taken in"),
    }


def _of_invitations(say: Callable[[str], str]) -> dict[str, str]:
    """How people come to work here."""
    return {
        "invitation.made": say("Somebody invited"),
        "invitation.sent": say("Invitation mailed"),
        "invitation.refused": say("Mail of an invitation refused"),
        "invitation.sent_again": say("Invitation sent again"),
        "invitation.accepted": say("Invitation accepted"),
        "invitation.withdrawn": say("Invitation taken back"),
        "person.persona_told": say("Told who somebody is at work"),
        "single_sign_on.linked": say("Account at the provider linked"),
    }


def _of_people(say: Callable[[str], str]) -> dict[str, str]:
    """Who works here, what they may do, and how they sign in."""
    return {
        "person.added": say("Person added"),
        "person.changed": say("Person changed"),
        "person.left": say("Person left"),
        "authenticator.added": say("Authenticator set up"),
        "recovery_code.used": say("Recovery code used"),
        "passkey.added": say("Passkey added"),
        "passkey.removed": say("Passkey removed"),
        "passkey.count_fell": say("Passkey refused: it may have a copy"),
        "sign_in.reset": say("Second factor reset"),
        "person.membership_told": say("Own membership told"),
        "grant.given": say("Role given"),
        "grant.revoked": say("Role taken back"),
        "stand_in.named": say("Stand-in named"),
        "stand_in.revoked": say("Stand-in ended"),
        **_of_invitations(say),
    }


def _of_intake(say: Callable[[str], str]) -> dict[str, str]:
    """What is done with what was set apart, and with files that people bring."""
    return {
        **_of_imports(say),
        "quarantine.opened": say("Event set apart looked at"),
        "quarantine.retried": say("Event set apart tried again"),
        "quarantine.put_away": say("Event set apart put away"),
    }


def _of_webhooks(say: Callable[[str], str]) -> dict[str, str]:
    """Who else is told of what happens."""
    return {
        "webhook.made": say("Webhook endpoint added"),
        "webhook.changed": say("Webhook endpoint changed"),
        "webhook.removed": say("Webhook endpoint removed"),
        "webhook.enabled": say("Webhook endpoint enabled"),
        "webhook.disabled": say("Webhook endpoint disabled"),
        "webhook.rotated": say("Webhook secret renewed"),
        "webhook.tested": say("Webhook endpoint tested"),
        "webhook.resent": say("Webhooks sent again"),
        "announcement.left_out": say("Announcement left out: it cannot be told"),
    }


def _of_connections(say: Callable[[str], str]) -> dict[str, str]:
    """What becomes of accounts at other systems."""
    return {
        "connection.connected": say("Account connected"),
        "connection.disconnected": say("Account disconnected"),
        "connection.revoked": say("Account revoked outside"),
        "connection.other_portal": say("Account found to be another one"),
        "connection.prepared": say("Account prepared for what contacts are told"),
        "backfill.asked": say("Reading over of contacts asked for"),
        "backfill.canceled": say("Reading over of contacts stopped"),
        "backfill.resumed": say("Reading over of contacts goes on"),
        "backfill.ended": say("All contacts read over"),
        "backfill.failed": say("Reading over of contacts failed"),
        "writeback.declared": say("What contacts are told changed"),
        "writeback.resent": say("Told to contacts again"),
        "twins.one_person": say("Two members said to be one person"),
        "twins.two_people": say("Two members said to be two people"),
    }


def _of_members(say: Callable[[str], str]) -> dict[str, str]:
    """Who members are: brought in, joined, looked up, handed their data, erased."""
    return {
        "members.enrolled": say("Members imported"),
        "member.joined": say("Contacts joined"),
        "member.forgotten": say("Member forgotten"),
        "data_request.begun": say("Data request written down"),
        "data_request.closed": say("Data request closed"),
        "erasure.asked": say("Erasure of a member asked for"),
        "member.exported": say("Data of a member handed over"),
        "member.looked_up": say("Member looked up"),
        "card.taken": say("Code taken at a location"),
        "visit.confirmed": say("Visit confirmed at a location"),
        "note.written": say("Note of a customer written"),
        "note.removed": say("Note of a customer taken away"),
        "list.exported": say("List downloaded"),
        "member.unmasked": say("Name and contact looked at"),
    }


def _of_counts(say: Callable[[str], str]) -> dict[str, str]:
    """What is counted: anew from what is known, and from before."""
    return {
        "vouchers.imported": say("Vouchers of old imported"),
        "days.counted": say("Earlier events counted"),
        "segments.changed": say("Segments built anew"),
        "segments.recount_asked": say("Recount of segments asked for"),
        "segments.recounted": say("Segments recounted"),
    }


def _of_catalog(say: Callable[[str], str]) -> dict[str, str]:
    """What becomes of feeds."""
    return {
        "catalog.staged": say("Feed read: it waits for somebody"),
        "catalog.applied": say("Feed applied"),
        "catalog.dropped": say("Reading of a feed dropped"),
        "catalog.refused": say("Feed refused"),
        "catalog.asked": say("Reading of a supplier's list asked for"),
        "item.hidden": say("Item hidden"),
        "item.shown": say("Item shown again"),
    }


def _of_versions(say: Callable[[str], str]) -> dict[str, str]:
    """What is done to the program itself."""
    return {
        "program.published": say("Program published"),
        "program.scheduled": say("Version scheduled"),
        "program.opened": say("Scheduled version went live"),
        "program.called_off": say("Scheduled version called off"),
        "program.rolled_back": say("Rolled back to an earlier version"),
        "draft.begun": say("Draft begun"),
        "draft.saved": say("Draft saved"),
        "draft.submitted": say("Draft sent for signatures"),
        "draft.put_away": say("Draft put away"),
    }
