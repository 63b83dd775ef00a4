"""How tests of the operator's pages send forms and read what is there."""

import re
from html import unescape

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.locations.conftest import Doors

LANGUAGES = ("es", "de", "fr", "ar", "id")


def text_of(page: str) -> str:
    """What somebody reads."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", main)))


def lines_of(page: str) -> list[str]:
    """What stands in each row of a table, and in each line of facts."""
    rows = re.findall(r"<tr>.*?</tr>|<div><dt>.*?</div>", page, re.DOTALL)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", row))).strip() for row in rows]


def line_of(page: str, name: str) -> str:
    """The first of them that begins so."""
    return next(row for row in lines_of(page) if row.startswith(name))


def post(doors: Doors, path: str, **said: object) -> tuple[int, str]:
    """Send a form of a page, with its token."""
    page = doors.page(path)
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    address = f"/console/{doors.house.program.key}/{path}"
    answer = doors.client.post(address, {"csrfmiddlewaretoken": token, **said})
    return answer.status_code, answer.content.decode()


def upload(doors: Doors, data: bytes, kind: str = "members", name: str = "crm.csv") -> tuple[int, str]:
    """Try a file."""
    file = SimpleUploadedFile(name, data, "text/csv")
    return post(doors, "imports", act="try", kind=kind, file=file)
