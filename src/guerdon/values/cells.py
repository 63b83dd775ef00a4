"""Cells of a CSV file that somebody will open as a sheet: none of them may begin a formula there."""

# Full-width forms count, too: some sheets read them as the plain ones.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded(cell: object) -> str:
    """A cell's text, with an apostrophe before what a sheet would take for a formula; nothing for None."""
    text = "" if cell is None else str(cell)
    # NUL ends a cell for some readers.
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return (
        f"'{text}"
        if text.startswith(_BEGINS_FORMULA) or text.lstrip(" ").startswith(_BEGINS_FORMULA)
        else text
    )
