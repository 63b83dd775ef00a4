"""A house whose members are in segments, and a second opinion of who is: the conditions, asked in Python."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

from tests.engine.harbor_house import HarborHouse
from tests.lending import lent

from guerdon.engine.enroll import Enrolled, enroll_members
from guerdon.engine.library import Library
from guerdon.engine.memory import belonging_of
from guerdon.engine.publish import publish
from guerdon.engine.segments import follow_segments
from guerdon.engine.standings import standing_of
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.rules.playbook import Playbook
from guerdon.rules.windows import bucket_of
from guerdon.store.batch.belongings import load_belongings
from guerdon.store.batch.days import load_days
from guerdon.store.database import transaction
from guerdon.store.members import MemberRow
from guerdon.worker import MAPPERS

TEXT = (Path(__file__).parent / "surf.yaml").read_text(encoding="utf-8")
COLUMNS = "external_source,external_id,market,location,club,visits,vip,joined,seen"


@dataclass
class SurfHouse(HarborHouse):
    """A house with the surf program in it."""

    def begin(self, *changes: tuple[str, str]) -> None:
        """Publish the program, some of its text changed."""
        text = TEXT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        program = read_program(text)
        assert isinstance(program, Program), program
        self.program = program
        with lent(self.url, self.secret, "owner") as db:
            self.program_id = publish(db, program, "test", self.now).program_id

    def enroll_rows(self, *rows: str) -> Enrolled:
        """Enroll members: name, market, location and attributes."""
        lines = StringIO("\n".join([COLUMNS, *(f"crm,{row}" for row in rows)]) + "\n")
        with lent(self.url, self.secret, "worker") as db:
            done = enroll_members(db, self.vault, (self.program_id, self.program), lines, self.now)
        assert not done.problems, done.problems
        return done

    def follow(self, library: Library | None = None) -> int:
        """Follow until there is nothing more to do; how many turns it took."""
        turns = 1
        library = library or Library(self.vault, MAPPERS)
        with lent(self.url, self.secret, "worker") as db:
            while follow_segments(db, library, self.now):
                turns += 1
        return turns

    def kept(self) -> dict[str, set[str]]:
        """Who is in which segment, as it is kept; every segment that has somebody."""
        rows = self.rows(
            "select s.segment, i.external_id from segment_members s"
            " join member_ids i using (program_id, member_id)"
        )
        found: dict[str, set[str]] = defaultdict(set)
        for segment, name in rows:
            found[str(segment)].add(str(name))
        return dict(found)

    def sizes(self, segment: str) -> list[tuple[object, ...]]:
        """How large a segment was: (day, market, n)."""
        return [
            (day, market, n)
            for of, day, market, n in self.rows(
                "select segment, day::text, market, n from segment_sizes order by day, market"
            )
            if of == segment
        ]

    def meant(self) -> dict[str, set[str]]:
        """Who is in which segment, as the conditions themselves answer."""
        playbook = Playbook(self.program, self.program_id, 0)
        today = playbook.day_of(self.now)
        conditions = {key: each.condition for key, each in self.program.segments.items()}
        windows = {window for each in conditions.values() if each is not None for window in each.windows}
        names = {
            member: str(name) for name, member in self.rows("select external_id, member_id from member_ids")
        }
        found: dict[str, set[str]] = defaultdict(set)
        with lent(self.url, self.secret, "worker") as db, transaction(db, self.program_id) as tx:
            rows = tx.execute(
                "select member_id, market, language, location, attributes::text, enrolled_at, state"
                " from members"
            ).fetchall()
            numbers = [row[0] for row in rows]
            days = load_days(tx, self.program_id, numbers, {bucket_of(each) for each in windows}, None)
            held = load_belongings(tx, self.program_id, numbers, set(self.program.holdings))
            for row in rows:
                member = MemberRow(*row)
                facts = dict(standing_of(self.program, member).attributes)
                for window in windows:
                    buckets = days.get((member.member_id, bucket_of(window)), {})
                    facts[window.key] = _total(buckets, window.span.first_day(today), today)
                for kind in self.program.holdings:
                    facts[f"holds({kind})"] = [
                        having.fields
                        for each in held
                        if (each.member_id, each.kind) == (member.member_id, kind)
                        and (having := belonging_of(self.program, each)).lasts(self.now)
                    ]
                for key, condition in conditions.items():
                    assert condition is not None
                    if condition({"happened_at": self.now}, facts) is True:
                        found[key].add(names[member.member_id])
        return dict(found)

    def pass_time(self, **passed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**passed)


def _total(buckets: dict[date, int], first: date, last: date) -> int:
    return sum(n for day, n in buckets.items() if first <= day <= last)
