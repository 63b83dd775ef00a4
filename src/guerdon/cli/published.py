"""Which program a command means: the one named, or the only one there is."""

from guerdon.cli.installation import Installation, Refused
from guerdon.engine.library import read_version
from guerdon.program.model import Program
from guerdon.store.programs import list_programs, load_live
from guerdon.values.clock import utc_now


def live_program(opened: Installation, key: str = "") -> tuple[int, Program]:
    """The live program of a key, or the only one, with its id; raises `Refused`."""
    with opened.connect("worker") as db:
        known = {known_key: program_id for program_id, known_key in list_programs(db)}
        if not known:
            raise Refused("no program is published yet; run ./guerdon publish FILE")
        if not key and len(known) > 1:
            raise Refused(f"name one of the programs with --program: {', '.join(known)}")
        program_id = known.get(key or next(iter(known)))
        stored = load_live(db, program_id, utc_now()) if program_id else None
    if program_id is None or stored is None:
        raise Refused(f"there is no live program {key}")
    return program_id, read_version(stored)
