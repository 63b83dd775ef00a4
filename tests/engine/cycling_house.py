"""A house with the cycling program in it: windows of days, and bikes."""

from datetime import datetime
from io import StringIO
from pathlib import Path

from tests.engine.harbor_house import HarborHouse
from tests.lending import lent

from guerdon.engine.enroll import enroll_members
from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.queries.controls import belongings, memory
from guerdon.queries.controls.run import run_controls
from guerdon.store.database import transaction

TEXT = (Path(__file__).parent / "cycling.yaml").read_text(encoding="utf-8")
DAY = 24.0
KEPT = (*memory.CONTROLS, *belongings.CONTROLS)


class CyclingHouse(HarborHouse):
    """A house with the cycling program in it."""

    def begin(self, *changes: tuple[str, str]) -> None:
        text = TEXT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = read_program(text)
        assert isinstance(program, Program), program
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", self.now).program_id

    def enroll_rows(self, *rows: str) -> None:
        lines = StringIO("\n".join(["external_source,external_id,market,language,club", *rows]) + "\n")
        with lent(self.url, self.secret, "worker") as db:
            done = enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        assert not done.problems, done.problems

    def given(self) -> list[tuple[object, ...]]:
        return self.rows(
            "select e.external_id, r.rule from rewards r join events e on e.id = r.event_id order by e.id, 2"
        )

    def turn_to(self, at: datetime, *changes: tuple[str, str]) -> None:
        """Let another version be live from an instant on."""
        self.now = at
        self.begin(*changes)

    def breaches(self) -> list[str]:
        """What the controls of what is remembered find at the house's time."""
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            breached = run_controls(tx, self.now, KEPT).breached
        return [str(each) for found in breached for each in found.breaches]
