"""How HubSpot says that there is more: a cursor, good for the next question alone."""

import msgspec


class _Next(msgspec.Struct, frozen=True):
    after: str = ""


class Paging(msgspec.Struct, frozen=True):
    """Beside the results of a page that is not the last."""

    next: _Next | None = None


def after_page(paging: Paging | None) -> str | None:
    """The cursor of the next page, if there is one."""
    return (paging.next.after if paging is not None and paging.next is not None else "") or None
