"""The demo's edition of the EV maker's program: the same, but its messages go over every channel there is.

The example itself keeps to e-mail, because an installation begins with that. Each change is of one text that
stands there once, so an example that was changed since is noticed, and not published half changed.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from guerdon.cli.installation import Refused

# What stands in the example, and what stands there in the demo.
CHANGES: Mapping[str, str] = {
    "reward_ready: { channel: email, topic: service }": (
        "reward_ready:\n"
        "    { channels: [push, sms, email], beside: [inapp], topic: service, fall_back_after: 10 minutes }"
    ),
    # The stand-in for FCM has this one project.
    "fcm: { project: nordlys-circle,": "fcm: { project: standin-project,",
    # A check sends more in a minute than the account of a young program may.
    'senders: { default: "+15005550006", DE: NORDLYS }\n    per_second: 10\n': (
        'senders: { default: "+15005550006", DE: NORDLYS }\n    per_second: 50\n'
    ),
}


def write_edition(example: Path, folder: Path) -> Path:
    """Write the edition of a program's file into a folder, with the tables beside it; gives its file."""
    text = example.read_text(encoding="utf-8")
    for before, after in CHANGES.items():
        if text.count(before) != 1:
            raise Refused(f"{example} does not say {before.partition(chr(10))[0]!r} just once any more")
        text = text.replace(before, after)
    folder.mkdir(exist_ok=True)
    for table in example.parent.glob("*.csv"):
        shutil.copyfile(table, folder / table.name)
    written = folder / example.name
    written.write_text(text, encoding="utf-8")
    return written
