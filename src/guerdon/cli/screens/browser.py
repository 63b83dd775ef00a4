"""The browser that pictures are made with: Debian's Chromium, as developers have it."""

import importlib
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = ("chromium", "chromium-browser")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


class Missing(Exception):  # noqa: N818  a fact about this machine, not a fault
    """Something that pictures are made with is not here."""


def look_for_browser() -> str:
    """Where Chromium is; raises `Missing` where it, or what drives it, is not."""
    try:
        importlib.import_module("playwright.sync_api")
    except ImportError:
        raise Missing("Playwright is not installed; ./guerdon test installs what developers need") from None
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        raise Missing("no Chromium is installed; ./guerdon test installs it as root where there is apt")
    return found


@contextmanager
def open_browser() -> "Iterator[Browser]":
    """A browser for the length of a block; raises `Missing`.

    Its thread has an event loop as long, in which Django does not speak to a database.
    """
    found = look_for_browser()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only developers have it

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield opened
        finally:
            opened.close()
