"""`./guerdon key`: keys with scopes and a place, and no key that could do less or more than was meant."""

import pytest
from tests.api.house import ApiHouse

from guerdon.cli import main
from guerdon.store.access.api_keys import KEY_SCOPES


@pytest.fixture
def words(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command on the house, up to its own words."""
    monkeypatch.setenv("DATABASE_URL", house.inner.url)
    monkeypatch.setenv("GUERDON_SECRET", house.inner.secret)
    monkeypatch.setenv("GUERDON_HOME", str(house.settings.home))
    return ["key", "add", house.inner.program.key, "Till"]


def test_a_key_does_what_its_scopes_say_at_its_place(
    house: ApiHouse, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    scopes = ["--scope", "read:members", "--scope", "write:wallet"]
    assert main([*words, *scopes, "--location", "de-kiel", "--days", "5"]) == 0
    key = capsys.readouterr().out.split()[-1]
    assert house.get(f"/members/{house.member()}", key=key).status == 200
    assert house.get(f"/members/{house.member('ben')}", key=key).status == 404
    assert house.get("/audit", key=key).status == 403
    main(["key", "list", house.inner.program.key])
    listed = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(key.split("_")[1]))
    assert listed.split("\t")[1:3] == ["Till", "de-kiel"]
    assert listed.split("\t")[4] == "read:members write:wallet"
    assert house.inner.rows(
        "select detail ->> 'scopes', detail ->> 'location' from audit where actor = 'command line'"
    ) == [('["read:members","write:wallet"]', "de-kiel")]
    assert main(["key", "revoke", house.inner.program.key, key.split("_")[1]]) == 0
    assert house.get(f"/members/{house.member()}", key=key).status == 401


def test_every_scope_can_be_given(
    house: ApiHouse, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [word for scope in KEY_SCOPES for word in ("--scope", scope)]
    assert main([*words, *given, "--source", "/tills"]) == 0
    assert house.get("/audit", key=capsys.readouterr().out.split()[-1]).status == 200


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "--source"),
        (["--scope", "write:events"], "--source"),
        (["--scope", "read:audit", "--source", "/tills"], "sends for no source"),
        (["--source", "/tills", "--location", "de-kiel"], "has no place"),
        (["--scope", "read:audit", "--location", "de-keil"], "did you mean de-kiel?"),
        (["--scope", "read:audit", "--market", "XX"], "there is no market XX"),
    ],
)
def test_a_key_that_means_nothing_is_refused(
    house: ApiHouse, words: list[str], more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, *more]) != 0
    assert said in "".join(capsys.readouterr())
    assert house.inner.rows("select count(*) from api_keys") == [(0,)]


@pytest.mark.parametrize(
    "more",
    [["--scope", "read:everything"], ["--scope", "read:audit", "--market", "DE", "--location", "de-kiel"]],
)
def test_a_word_that_there_is_not_is_a_wrong_call(words: list[str], more: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, *more])
    assert ended.value.code == 2
