"""A brand on pages: its sheet of tokens, where that lies, and what a page is told of it."""
