"""What the pages of replays say: where one stands, and why one was not begun."""

from guerdon.engine.replay.asking import UNDER_WAY_MAX
from guerdon.text import formats
from guerdon.text.catalogs import words


def state_said(state: str, locale: str) -> str:
    """Where a replay stands."""
    say = words(locale, "console").gettext
    return {
        "waiting": say("Waiting"),
        "running": say("Running"),
        "stopped": say("Stopped"),
        "canceled": say("Called off"),
        "done": say("Done"),
        "failed": say("Failed"),
    }[state]


def refusal_said(reason: str, locale: str) -> str:
    """Why a replay was not begun."""
    say = words(locale, "console").gettext
    return {
        "future": say("This day has not come yet."),
        "backwards": say("This day has not come yet."),
        "empty": say("Nothing was decided from this day on."),
        "running": say("This text is being replayed already."),
        "full": say(
            "Too many replays of this program wait or run already (at most %(n)s)."
            " Ask again when one is done, or call one off."
        )
        % {"n": formats.number(UNDER_WAY_MAX, locale)},
        "mistakes": say("The draft has mistakes; its own page names them."),
        "text": say("Choose a draft or a version."),
        "day": say("Give a day."),
    }[reason]
