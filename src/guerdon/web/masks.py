"""What a log line must not hold: a claim link opens a reward for whoever reads it, others an account."""

import logging
import re

CLAIM_LINK = re.compile(r"(/r/|/account/first/|/account/invitation/)[^\s/?\"']+")


class MaskedLinks(logging.Filter):
    """Writes `/r/...` for every claim link in a line, and so for links to an account, whoever logs it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the whole line; it is always logged."""
        said = record.getMessage()
        if "/r/" in said or "/account/" in said:
            record.msg, record.args = CLAIM_LINK.sub(r"\1...", said), ()
        return True


def mask_logs() -> None:
    """Mask what this process's handlers write."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(known, MaskedLinks) for known in handler.filters):
            handler.addFilter(MaskedLinks())
