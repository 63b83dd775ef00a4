"""What the pages of broadcasts say: how one stands, what may be done to it, and why it was not done."""

from guerdon.engine.messages.broadcasting.commands import CHECK_LASTS, SPREAD_MAX, Act, Why
from guerdon.text import formats
from guerdon.text.catalogs import words
from guerdon.web.console.messages.sayings import state_said as message_said

_HOUR_S = 3600


def state_said(state: str, locale: str, *, resumes: bool = False) -> str:
    """How a broadcast stands; `resumes`: somebody just let it go on."""
    say, pgettext = words(locale, "console").gettext, words(locale, "console").pgettext
    if state == "paused" and resumes:
        return say("Goes on in a moment")
    return {
        "draft": say("Draft"),
        "checking": say("Being checked"),
        "ready": say("Checked, not started"),
        "running": say("Under way"),
        "paused": say("Paused"),
        "ended": pgettext("broadcast", "Ended"),
        "stopped": pgettext("broadcast", "Stopped"),
    }[state]


def act_said(act: Act, locale: str) -> str:
    """What a button does."""
    say = words(locale, "console").gettext
    return {
        "check": say("Check who is told"),
        "start": say("Start it"),
        "pause": say("Pause it"),
        "resume": say("Let it go on"),
        "stop": say("Stop it for good"),
    }[act]


def outcome_said(outcome: str, locale: str) -> str:
    """What becomes of members, foreseen or told."""
    say = words(locale, "console").gettext
    return {
        "told": say("Would be told"),
        "later": say("Would be told later"),
        "left_out": say("Would be left out"),
    }.get(outcome) or message_said(outcome, locale)


def refusal_said(why: Why, locale: str) -> str:
    """Why something was not done."""
    say = words(locale, "console").gettext
    return {
        "part": say("Whoever looks after a part of the program does not write to everybody at once."),
        "message": say("Choose a message of the program's own that speaks of no reward."),
        "segment": say("Choose a segment."),
        "markets": say("Choose markets of the program."),
        "spread": say("Give whole hours, at most %(n)s.")
        % {"n": formats.number(int(SPREAD_MAX.total_seconds()) // _HOUR_S, locale)},
        "start": say("Give a moment within a year."),
        "own": say("Whoever made it does not start it. Ask somebody else."),
        "stale": say("It was checked more than %(n)s hours ago. Check it again.")
        % {"n": formats.number(int(CHECK_LASTS.total_seconds()) // _HOUR_S, locale)},
        "state": say("It stands otherwise by now. Look at it again."),
    }[why]
