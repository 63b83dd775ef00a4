"""Words for webhooks: why something failed and what to do, what was refused, what states are called."""

from guerdon.text.catalogs import words


def failure_said(status: int | None, reason: str, locale: str) -> str:
    """Why an attempt failed, and what to do about it."""
    say = words(locale, "console").gettext
    said = {
        "status": say("It answered %(status)s. Look into the receiver's log."),
        "redirect": say("It answered with a redirect, and none is followed. Give the last address itself."),
        "busy": say("It answered %(status)s: it is busy, and is left alone for a while."),
        "gone": say("It answered 410: nobody wants this any more. The endpoint was disabled."),
        "url": say("This is no address that can be called. Change it."),
        "inside": say("The address leads inside a network, where nothing is sent. Give one that is public."),
        "name": say("The name in the address is not known. Check its spelling."),
        "refused": say("Nobody listens there. Is the receiver running?"),
        "tls": say("The receiver's certificate is not valid for this name. Renew it, or mend the address."),
        "timeout": say("No answer came in time. A receiver should answer at once and work later."),
        "garbage": say("What was answered is no HTTP. Is it the right port?"),
        "secret": say("The secret cannot be opened here. Make a new one."),
    }
    text = said.get(reason, said["garbage"])
    return text % {"status": status or ""}


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done."""
    say = words(locale, "console").gettext
    return {
        "name": say("Nothing was done: give it a name of at most 100 letters."),
        "url": say("Nothing was done: this is no address of a receiver."),
        "address": say("Nothing was done: the address has to be https, on the usual port, and public."),
        "types": say("Nothing was done: there is no such type."),
        "many": say("Nothing was done: there are as many endpoints as there may be."),
        "state": say("Nothing was done: it is not enabled, or is so already."),
        "none": say("Nothing was done: nothing was given up."),
        "stale": say("Nothing was done: a colleague changed it meanwhile. Look at both, and save again."),
        "reason": say("Nothing was done: a reason is needed."),
        "former": say(
            "Nothing was done: it was made for a former address. Send it to the present one below."
        ),
    }[why]


def state_said(state: str, locale: str) -> str:
    """What a state of an endpoint or a delivery is called."""
    say = words(locale, "console").gettext
    return {
        "enabled": say("Enabled"),
        "disabled": say("Disabled"),
        "failing": say("Failing"),
        "waiting": say("Waiting"),
        "delivered": say("Delivered"),
        "dead": say("Given up"),
    }[state]
