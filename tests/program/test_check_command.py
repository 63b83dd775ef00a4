"""The command that prints mistakes, run as people run it."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def checked(*words: str) -> subprocess.CompletedProcess[str]:
    command = (
        "import argparse, sys; from guerdon.cli import check; parser = argparse.ArgumentParser();"
        " check.add_arguments(parser); sys.exit(check.run(parser.parse_args()))"
    )
    return subprocess.run(
        [sys.executable, "-c", command, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={"PYTHONPATH": str(REPOSITORY / "src"), "PYTHONUTF8": "1"},
    )


def test_a_program_without_mistakes_is_summed_up() -> None:
    done = checked("examples/ev_maker/program.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = done.stdout.splitlines()
    assert first == "nordlys_circle: no mistakes."
    assert second.startswith("9 rules, 13 events, 12 markets, 214 locations, 24 items; version ")


def test_every_mistake_is_a_line_that_an_editor_can_jump_to(tmp_path: Path, small: str) -> None:
    file = tmp_path / "program.yaml"
    file.write_text(small.replace("promise: public", "promise: privat").replace("fleet", "retail"), "utf-8")
    done = checked(str(file))
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        (
            f"{file}:20: events.visit.completed.fields.order_type.one_of[1]: retail stands here twice"
            " — remove one of the two"
        ),
        f"{file}:45: rules.visit.promise: unknown promise privat — known: campaign, public",
        f"2 mistakes in {file}",
    ]


def test_a_mistake_in_a_file_beside_names_that_file(tmp_path: Path, small: str) -> None:
    start, _, rest = small.partition("locations:\n")
    file = tmp_path / "program.yaml"
    file.write_text(f"{start}locations: places.csv\n{rest[rest.index('members:') :]}", "utf-8")
    (tmp_path / "places.csv").write_text("key,name,market\nde-kiel,Kiel,GE\n", "utf-8")
    done = checked(str(file))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{tmp_path / 'places.csv'}:2: de-kiel.market: unknown market GE — known: DE, NO",
        f"1 mistake in {file}",
    ]


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    done = checked(str(tmp_path / "none.yaml"))
    assert done.returncode == 1
    assert "there is no such file" in done.stdout
    assert "Traceback" not in done.stderr
