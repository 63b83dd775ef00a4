"""Views of lists that somebody keeps for themselves: a name for the filters of a page."""

from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction

# For one person on one page; whoever wants more takes one away.
VIEWS_MAX = 20


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view: `terms` are the page's filters, as an address spells them."""

    id: int
    name: str
    terms: str


def list_views(tx: Transaction, program_id: int, person_id: int, page: str) -> list[SavedView]:
    """Somebody's views of a page, by name."""
    rows = tx.execute(
        """
        select id, name, terms from saved_views
        where program_id = %s and person_id = %s and page = %s order by lower(name), id
        """,
        (program_id, person_id, page),
    ).fetchall()
    return [SavedView(*row) for row in rows]


def list_all_views(tx: Transaction, program_id: int, person_id: int) -> list[tuple[str, SavedView]]:
    """All of somebody's views with the pages that they are of, by page and name."""
    rows = tx.execute(
        """
        select page, id, name, terms from saved_views
        where program_id = %s and person_id = %s order by page, lower(name), id
        """,
        (program_id, person_id),
    ).fetchall()
    return [(page, SavedView(*view)) for page, *view in rows]


def save_view(
    tx: Transaction, whose: tuple[int, int], page: str, named: tuple[str, str], at: datetime
) -> bool:
    """Keep a view (name and terms) for a program's person; one of the same name is replaced.

    False where they have as many as one may.
    """
    row = tx.execute(
        """
        insert into saved_views (program_id, person_id, page, name, terms, saved_at)
        select %(p)s, %(person)s, %(page)s, %(name)s, %(terms)s, %(at)s
        where (select count(*) from saved_views
               where program_id = %(p)s and person_id = %(person)s and page = %(page)s
                 and name <> %(name)s) < %(most)s
        on conflict on constraint saved_views_are_called_once
          do update set terms = excluded.terms, saved_at = excluded.saved_at
        returning id
        """,
        {
            "p": whose[0],
            "person": whose[1],
            "page": page,
            "name": named[0],
            "terms": named[1],
            "at": at,
            "most": VIEWS_MAX,
        },
    ).fetchone()
    return row is not None


def remove_view(tx: Transaction, program_id: int, person_id: int, view_id: int) -> bool:
    """Take one of somebody's own views away; False where they have no such one."""
    return (
        tx.execute(
            "delete from saved_views where program_id = %s and person_id = %s and id = %s",
            (program_id, person_id, view_id),
        ).rowcount
        > 0
    )
