"""The harbor's program in several versions, by the clock of the house."""

from datetime import datetime, timedelta

from tests.engine.harbor_house import HarborHouse
from tests.engine.house import NOW
from tests.lending import lent
from tests.rules.harbor import HARBOR

from guerdon.engine.publish import Published, publish
from guerdon.program.load import read_program
from guerdon.program.model import Program

# What tells the versions apart.
SLOW_7 = ("reward: { value: 5 SLOW }", "reward: { value: 7 SLOW }")
SLOW_9 = ("reward: { value: 5 SLOW }", "reward: { value: 9 SLOW }")
# What `dealers` paid, another pays from now on.
WITHOUT_DEALERS = (
    ("dealers: { per: location,", "shops: { per: location,"),
    ("pay_from: dealers", "pay_from: shops"),
)


def changed(*changes: tuple[str, str], key: str = "harbor") -> Program:
    """The harbor's program with these changes in its text."""
    text = HARBOR.read_text(encoding="utf-8").replace("program: harbor", f"program: {key}")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None, key)
    assert isinstance(program, Program), program
    return program


class VersionsHouse(HarborHouse):
    """A house in which versions follow one another."""

    def turn_to(self, *changes: tuple[str, str], live_from: datetime | None = None) -> Published:
        """Publish the next version as of the house's clock."""
        program = self.program = changed(*changes)
        with lent(self.url, self.secret, "owner") as db:
            return publish(db, program, "test", self.now, live_from)

    def at(self, at: datetime) -> float:
        """An instant, as deeds are told."""
        return (at - NOW) / timedelta(hours=1)

    def decided(self) -> dict[object, object]:
        """By which version each event was decided."""
        return {row[0]: row[1] for row in self.rows("select external_id, version from events")}

    def given(self, rule: str) -> list[tuple[object, ...]]:
        """What a rule gave, by version, in the order of its events."""
        return [
            row[1:]
            for row in self.rows(
                "select r.rule, e.external_id, e.version, r.value from rewards r"
                " join events e on e.program_id = r.program_id and e.id = r.event_id"
                " order by length(e.external_id), e.external_id"
            )
            if row[0] == rule
        ]
