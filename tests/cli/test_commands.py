"""The commands as one meets them: listed, explained, refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guerdon.cli import COMMANDS, available, main
from guerdon.cli.bench import list_benchmarks
from guerdon.cli.counts import counted
from guerdon.cli.test import list_checks
from guerdon.config import REPOSITORY, STARTED_BY

# Ctrl-C in the moment in which a module is looked for.
INTERRUPTED = """
import runpy, sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == part:
            raise KeyboardInterrupt
part = sys.argv[1]
sys.meta_path.insert(0, Interrupted())
sys.argv = ["guerdon", "check", "program.yaml"]
runpy.run_module("guerdon", run_name="__main__")
"""


def test_help_has_one_line_for_each_command_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert listed == list(available())


def test_a_command_whose_module_is_not_there_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "nowhere", ("nowhere", "is not there"))
    assert "nowhere" not in available()
    assert main(["nowhere"]) == 2


@pytest.mark.parametrize("name", list(available()))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert f"guerdon {name}" in capsys.readouterr().out


def test_an_unknown_command_is_named_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert "'dance'" in capsys.readouterr().err


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["check", "--tenderly", "file.yaml"])
    assert left.value.code == 2
    assert "--tenderly" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["demo", "--port", "70000"],
        # The mail server's two ports lie above the web's.
        ["demo", "--port", "65530"],
        ["demo", "--port", "-5"],
        ["demo", "--customers", "0"],
        ["demo", "--check", "--events", "0"],
        ["up", "--workers", "0"],
        ["key", "add", "circle", "name", "--source", "/dms", "--days", "0"],
    ],
    ids=" ".join,
)
def test_a_number_that_makes_no_sense_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "is no whole number from 1 to" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["guerdon.cli", "guerdon.cli.check"])
def test_an_interrupt_while_a_command_is_loaded_is_answered_without_a_word(part: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, part],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_slip_in_the_name_of_a_setting_is_named_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUERDON_PROT", "8710")
    main(["check", str(REPOSITORY / "examples" / "ev_maker" / "program.yaml")])
    assert "GUERDON_PROT: is no setting  (did you mean GUERDON_PORT?)" in capsys.readouterr().err
    monkeypatch.setenv(STARTED_BY, "1")
    main(["check", str(REPOSITORY / "examples" / "ev_maker" / "program.yaml")])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("count", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows")])
def test_one_of_a_thing_is_not_many(count: int, said: str) -> None:
    assert counted(count, "row") == said


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "guerdon 0.1.0\n"


def test_an_unknown_benchmark_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "patience"]) == 2
    assert "'patience'" in capsys.readouterr().err


def test_a_benchmark_is_a_script_with_a_main(tmp_path: Path) -> None:
    (tmp_path / "process.py").write_text('"""Events a second.\n\nMore."""\ndef main() -> None: ...\n')
    (tmp_path / "load.py").write_text("def send() -> None: ...\n")
    (tmp_path / "of_django.py").write_text('"""Pages a second."""\ndef main() -> None: ...\n')
    assert list_benchmarks(tmp_path) == {
        "django": (tmp_path / "of_django.py", "Pages a second."),
        "process": (tmp_path / "process.py", "Events a second."),
    }


@pytest.mark.parametrize("name", ["formatting", "lint", "types"])
def test_the_gate_sees_a_bad_file(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "bad.py").write_text("import os\ndef f( x ) : return x\n")
    command = list_checks(tmp_path)[name]
    done = subprocess.run(
        [*command, "--no-cache"] if name != "types" else [*command, "--strict"], cwd=tmp_path, check=False
    )
    assert done.returncode != 0
