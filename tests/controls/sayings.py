"""Breaches of what members said of topics and channels, planted like the others."""

from tests.controls.books import Books
from tests.controls.plants import plant
from tests.controls.withheld import PLANTS

__all__ = ["PLANTS"]


def said(books: Books, what: str, channel: str, days: int) -> int:
    """A proof of Ada's, so many days after the books began; its number."""
    number = books.new()
    books.run(
        "insert into consents select %s, %s, %s, 'offers', %s, %s, 'page', 'test', 1, 'en', null, '', null,"
        " %s::timestamptz + make_interval(days => %s), %s",
        *(books.program_id, books.ada, number, channel, what, books.at, days, books.at),
    )
    return number


def stands(books: Books, state: str, channel: str, number: int) -> None:
    """What holds by a proof."""
    books.run(
        "insert into standing_consents select program_id, member_id, topic, %s, %s, id, happened_at"
        " from consents where id = %s",
        *(channel, state, number),
    )


@plant("consents.standing")
def _(books: Books) -> None:
    # What was agreed to before it was withdrawn changes nothing; that it was asked once more does not either.
    withdrawn = said(books, "withdrawn", "sms", 2)
    said(books, "given", "sms", 1)
    stands(books, "withdrawn", "sms", withdrawn)
    confirmed = said(books, "confirmed", "push", 2)
    said(books, "asked", "push", 3)
    stands(books, "confirmed", "push", confirmed)
    # But here it was withdrawn, and stands as if it were not.
    given = said(books, "given", "email", 1)
    said(books, "withdrawn", "email", 2)
    stands(books, "given", "email", given)
