"""A page as a phone's browser reads it: its forms with their choices, and the code when there is one."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

INVITATION = re.compile(r"/i/(\w+)$")
ITEM = re.compile(r"/catalog/itm_\w+$")


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, what it carries unseen, and the items it offers."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """Read the forms and the code of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.code = ""
        # The code of one's link for friends, where the page shows it.
        self.invitation = ""
        # Pages of items that one may look at.
        self.items: list[str] = []
        self._inside = False
        self._code_tag = ""
        self.feed(html)

    @property
    def choices(self) -> list[tuple[Form, str]]:
        """List every item one may choose, with the form to send."""
        return [(form, item) for form in self.forms for item in form.items]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field of it, or the code."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", "")))
            self._inside = True
        elif self._inside and tag in {"input", "button"} and "name" in said:
            self._field(said)
        if tag == "a" and (shared := INVITATION.search(said.get("href", ""))):
            self.invitation = shared.group(1)
        if tag == "a" and ITEM.search(said.get("href", "")):
            self.items.append(said["href"])
        if "data-code" in said and not self.code:
            self.code = said["data-code"]
            self._code_tag = "" if self.code else tag

    def handle_data(self, data: str) -> None:
        """Read a code that stands between the tags."""
        if self._code_tag:
            self.code += data.strip()

    def handle_endtag(self, tag: str) -> None:
        """Leave a form or the element of the code."""
        if tag == "form":
            self._inside = False
        if tag == self._code_tag:
            self._code_tag = ""

    def _field(self, said: dict[str, str]) -> None:
        form = self.forms[-1]
        if said["name"] == "item" and "disabled" not in said:
            form.items.append(said.get("value", ""))
        elif said.get("type") in {"hidden", "number"}:
            form.hidden[said["name"]] = said.get("value", "")
        elif said.get("type") == "radio" and "disabled" not in said:
            # Of amounts or dates, the one that is chosen already; else the first that can be.
            value = said.get("value", "")
            form.hidden[said["name"]] = value if "checked" in said else form.hidden.get(said["name"], value)
