"""Words for what was not done with what stands in quarantine."""

from guerdon.text.catalogs import words


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done."""
    say = words(locale, "console").gettext
    return {
        "reason": say("Nothing was done: a reason is needed."),
        "done": say("Nothing was done: nothing of it can be tried again, or somebody else was first."),
    }[why]
