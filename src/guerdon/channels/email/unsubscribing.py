"""How a mail program unsubscribes its reader by itself: two headers (RFC 2369, RFC 8058).

The address is asked by a POST without cookies whose body is the second header's words, so it must hold all
that tells who unsubscribes from what. Both headers are signed, or mail programs show no button.
"""

import re
from urllib.parse import quote

from guerdon.values.destinations import read_destination
from guerdon.values.mail import LOOPBACK, usable_address

ADDRESS = "List-Unsubscribe"
ONE_CLICK = "List-Unsubscribe-Post"
# What such a POST says, and nothing else.
BODY = "List-Unsubscribe=One-Click"
# A line of a header may be 998 characters long, and the address stands in one.
LENGTH_MAX = 900

_PLAIN = re.compile(r"[!-~]+")


def unsubscribe_headers(url: str, mailbox: str = "", subject: str = "unsubscribe") -> str:
    """Both headers, each line ending in CRLF; `mailbox` takes a mail of that subject from who has no web.

    Raises ValueError for an address that is not https (this machine's own may be http), or does not fit.
    """
    there = read_destination(url, LENGTH_MAX)
    if there is None or re.search('[<>",]', url):
        raise ValueError("that is no address of a page to unsubscribe at")
    if there.scheme != "https" and there.host not in LOOPBACK:
        raise ValueError("mail programs ask an address to unsubscribe at by https only")
    written = f"<{url}>"
    if mailbox:
        usable = usable_address(mailbox)
        if usable is None or not usable.isascii():
            raise ValueError("that is no mailbox to unsubscribe at")
        # In an address, these would end it or begin its query.
        local, _, domain = usable.rpartition("@")
        there_to = f"mailto:{quote(local, safe='!$*+-._~=')}@{domain}?subject={quote(subject, safe='')}"
        if len(there_to) > LENGTH_MAX or not _PLAIN.fullmatch(there_to):
            raise ValueError("that is no mailbox to unsubscribe at")
        written += f",\r\n <{there_to}>"
    return f"{ADDRESS}: {written}\r\n{ONE_CLICK}: {BODY}\r\n"
