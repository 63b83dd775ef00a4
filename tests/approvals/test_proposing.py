"""A version proposed from the command line: somebody's own wish, which others sign before it is live."""

from pathlib import Path

import pytest
from tests.approvals.house import PROGRAM, House
from tests.approvals.test_granting import work

from guerdon.cli import main
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show


@pytest.fixture
def file(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a new text of the house's program, with the house set in the environment."""
    monkeypatch.setenv("DATABASE_URL", house.url)
    monkeypatch.setenv("GUERDON_SECRET", house.secret)
    monkeypatch.setenv("GUERDON_HOME", str(tmp_path))
    monkeypatch.setenv("GUERDON_PUBLIC_URL", "https://rewards.example.com")
    made = tmp_path / "program.yaml"
    made.write_text(PROGRAM.read_text(encoding="utf-8").replace("Harbor Motors", "Harbor and Sons"))
    return made


def propose(file: Path, *words: str) -> int:
    return main(["publish", str(file), "--propose", *words])


def test_a_version_is_proposed_signed_by_somebody_else_and_live(
    house: House, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert propose(file, "--by", "Otto@example.com", "--reason", "a new name") == 0
    said = capsys.readouterr().out.split()
    number = read("apr", said[1])
    assert number is not None
    assert said[-1] == f"https://rewards.example.com/console/{house.program.key}/decisions/{said[1]}"
    assert house.rows("select kind, state, maker, reason from requests") == [
        ("version", "open", show("per", house.people["otto"]), "a new name")
    ]
    # The name was only typed; the audit says by whom.
    typed = house.rows("select on_behalf_of from audit where action = 'request.typed'")
    assert typed == [(show("per", house.people["otto"]),)]
    assert house.rows("select count(*) from program_versions") == [(1,)]
    assert house.say("otto", number, now=utc_now()) == "no:maker"
    assert house.say("olga", number, now=utc_now()) == "approved"
    work(house, utc_now())
    assert house.state(number) == "done"
    assert house.rows("select count(*) from program_versions") == [(2,)]


REFUSED = [
    ((), "say who asks for it: --by EMAIL"),
    (("--by", "nobody@example.com", "--reason", "x"), "nobody signs in as nobody@example.com"),
    (("--by", "lea@example.com", "--reason", "x"), "their role proposes no versions"),
    (("--by", "otto@example.com"), "write why in at most 1,000 letters"),
    (("--by", "otto@example.com", "--reason", "x" * 1_001), "write why in at most 1,000 letters"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_a_proposal_that_cannot_be_made_says_why(
    house: House, file: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert propose(file, *words) == 1
    assert said in capsys.readouterr().err
    assert house.rows("select count(*) from requests") == [(0,)]


def test_what_is_live_already_and_what_has_mistakes_is_not_proposed(
    house: House, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by = ("--by", "otto@example.com", "--reason", "x")
    assert propose(PROGRAM, *by) == 1
    assert "the live version already" in capsys.readouterr().err
    file.write_text("program: harbor_motors\n")
    assert propose(file, *by) == 1
    assert "mistake" in capsys.readouterr().err
    assert house.rows("select count(*) from requests") == [(0,)]


def test_who_proposes_is_not_named_where_nothing_is_proposed(
    house: House, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", str(file), "--by", "otto@example.com"]) == 1
    assert "belong to --propose" in capsys.readouterr().err
    assert house.rows("select count(*) from requests") == [(0,)]


def test_a_version_is_published_for_later_and_never_for_the_past(
    house: House, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong, said in (("2020-01-01", "is not to come"), ("soon", "is a day or a moment")):
        assert main(["publish", str(file), "--at", wrong]) == 1
        assert said in capsys.readouterr().err
    year = utc_now().year + 1
    assert main(["publish", str(file), "--at", f"{year}-01-01T06:00"]) == 0
    assert f"version 2 is live from {year}-01-01T06:00" in capsys.readouterr().out
    assert house.rows("select version, live_from > now() from program_versions order by 1") == [
        (1, False),
        (2, True),
    ]
    assert propose(file, "--by", "otto@example.com", "--reason", "x", "--at", f"{year}-02-01") == 0
    asked = house.rows("select content ->> 'live_from' from revisions")
    assert str(asked[0][0]).startswith((f"{year}-02-01", f"{year}-01-31"))
