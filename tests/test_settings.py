"""Settings: read and checked at start, with a page that lists them all."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from guerdon.config import REPOSITORY, SETTINGS, Settings, list_unknown, read_settings
from guerdon.program.load import load_program
from guerdon.program.model import Program

PAGE = REPOSITORY / "docs" / "settings.md"
SECRET = "0123456789abcdef" * 2

# Waits for a line before it reads its settings, so that two of them can begin at the same moment.
STARTER = """
import sys
from guerdon.config import read_settings
print("ready", flush=True)
sys.stdin.readline()
print(read_settings({"GUERDON_HOME": sys.argv[1]}).secret)
"""


def read(**given: str) -> Settings:
    settings = read_settings({"GUERDON_SECRET": SECRET, **given})
    assert isinstance(settings, Settings)
    return settings


def wrong_places(**given: str) -> list[str]:
    problems = read_settings(given)
    assert isinstance(problems, list)
    return [problem.where for problem in problems]


def listed_on_the_page() -> list[tuple[str, str, str]]:
    table = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| (.+?) \| (?:`(.+?)` )?\|$", table, re.MULTILINE)


def test_the_page_lists_every_setting_with_its_meaning_and_what_stands_without_it() -> None:
    assert listed_on_the_page() == [(s.name, s.means, s.default) for s in SETTINGS]


def test_the_page_names_the_secrets_of_the_example_and_how_they_are_changed() -> None:
    program = load_program(REPOSITORY / "examples" / "ev_maker" / "program.yaml")
    assert isinstance(program, Program)
    page = PAGE.read_text(encoding="utf-8")
    names = {connection.secret for connection in program.connections.values()}
    assert names
    assert [name for name in names if f"`{name}`" not in page or f"`{name}_PREVIOUS`" not in page] == []


def test_what_is_not_given_or_empty_is_what_the_list_says() -> None:
    settings = read(GUERDON_PORT="", GUERDON_HOST="  ")
    assert settings.database_url == ""
    assert settings.home == REPOSITORY / "var"
    assert settings.program is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8710)
    assert settings.public_url == "http://127.0.0.1:8710"
    assert settings.smtp_url == "smtp://127.0.0.1:8725"
    assert settings.mail_from == "rewards@example.com"


def test_what_is_given_is_taken_as_it_was_meant(tmp_path: Path) -> None:
    settings = read(
        DATABASE_URL="postgresql://guerdon@db.example.com:5433/guerdon",
        GUERDON_HOME=str(tmp_path),
        GUERDON_PROGRAM="circle.yaml",
        GUERDON_PORT=" 80 ",
        GUERDON_PUBLIC_URL="https://rewards.example.com/",
        GUERDON_SMTP_URL="smtps://mail.example.com",
    )
    assert settings.database_url == "postgresql://guerdon@db.example.com:5433/guerdon"
    assert settings.home == tmp_path
    assert settings.program == Path("circle.yaml")
    assert settings.port == 80
    # A slash at the end would stand twice in every link, and in what a vendor signs.
    assert settings.public_url == "https://rewards.example.com"
    assert settings.smtp_url == "smtps://mail.example.com"
    assert settings.secret == SECRET


def test_a_given_secret_is_written_nowhere(tmp_path: Path) -> None:
    read(GUERDON_HOME=str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db.example.com/guerdon"),
        ("DATABASE_URL", "host=db.example.com dbname=guerdon"),
        ("DATABASE_URL", "postgresql://db.example.com:port/guerdon"),
        ("GUERDON_HOST", "http://127.0.0.1"),
        ("GUERDON_HOST", "127.0.0.1:8710"),
        ("GUERDON_HOST", "300.1.1.1"),
        ("GUERDON_HOST", "two words"),
        ("GUERDON_PORT", "0"),
        ("GUERDON_PORT", "65536"),
        ("GUERDON_PORT", "-1"),
        ("GUERDON_PORT", "http"),
        ("GUERDON_PUBLIC_URL", "rewards.example.com"),
        ("GUERDON_PUBLIC_URL", "ftp://rewards.example.com"),
        ("GUERDON_PUBLIC_URL", "https://[rewards.example.com"),
        ("GUERDON_SMTP_URL", "mail.example.com:25"),
        ("GUERDON_SMTP_URL", "smtp://mail.example.com:65536"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str) -> None:
    assert wrong_places(GUERDON_SECRET=SECRET, **{name: value}) == [name]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "localhost", "web-1.example.com"])  # noqa: S104
def test_a_host_is_an_address_or_a_name(host: str) -> None:
    assert read(GUERDON_HOST=host).host == host


def test_what_is_called_like_a_setting_and_is_none_is_named() -> None:
    slips = {"GUERDON_PROT": "8710", "GUERDON_PORT": "8710", "GUERDON_DEMO_HOME": "x", "PATH": "x"}
    [problem] = list_unknown(slips)
    assert (problem.where, problem.hint) == ("GUERDON_PROT", "did you mean GUERDON_PORT?")


def test_an_address_without_its_beginning_is_told_so() -> None:
    problems = read_settings({"GUERDON_SECRET": SECRET, "GUERDON_PUBLIC_URL": "rewards.example.com"})
    assert isinstance(problems, list)
    assert str(problems[0]) == "GUERDON_PUBLIC_URL: does not say how it is reached  (like http://host:port)"


def test_all_wrong_values_are_told_at_once_each_with_what_to_write() -> None:
    wrong = {
        "DATABASE_URL": "oracle://db.example.com",
        "GUERDON_PORT": "many",
        "GUERDON_PUBLIC_URL": "gopher://example.com",
        "GUERDON_SECRET": "short",
        "GUERDON_SMTP_URL": "http://mail.example.com",
    }
    problems = read_settings(wrong)
    assert isinstance(problems, list)
    assert sorted(problem.where for problem in problems) == sorted(wrong)
    assert all(problem.what and problem.hint for problem in problems)


def test_the_key_that_signs_mails_is_read_at_start(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "dkim.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings = read(GUERDON_DKIM_KEY=str(pem), GUERDON_DKIM_SELECTOR="s1")
    assert (settings.dkim_key, settings.dkim_selector) == (pem, "s1")
    assert read().dkim_key is None
    assert wrong_places(GUERDON_SECRET=SECRET, GUERDON_DKIM_KEY=str(pem)) == ["GUERDON_DKIM_SELECTOR"]
    assert wrong_places(GUERDON_SECRET=SECRET, GUERDON_DKIM_SELECTOR="s1") == ["GUERDON_DKIM_KEY"]


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot be read: No such file or directory"), ("no key", "the key cannot be read: give one")],
)
def test_a_wrong_key_for_mails_is_told_with_what_to_do(tmp_path: Path, text: str | None, said: str) -> None:
    pem = tmp_path / "dkim.pem"
    if text is not None:
        pem.write_text(text)
    given = {"GUERDON_SECRET": SECRET, "GUERDON_DKIM_KEY": str(pem), "GUERDON_DKIM_SELECTOR": "s1"}
    problems = read_settings(given)
    assert isinstance(problems, list)
    assert [problem.where for problem in problems] == ["GUERDON_DKIM_KEY"]
    assert said in problems[0].what
    assert problems[0].hint == "make one: openssl genrsa -out FILE 2048"


def test_a_secret_of_fewer_than_32_bytes_is_refused() -> None:
    assert wrong_places(GUERDON_SECRET=SECRET[:31]) == ["GUERDON_SECRET"]
    assert read(GUERDON_SECRET=SECRET[:32]).secret == SECRET[:32]


@pytest.mark.parametrize("secret", ["a" * 64, "01" * 32, "changeme" * 5, "PassWord" + "password" * 4])
def test_a_secret_that_can_be_guessed_is_refused(secret: str) -> None:
    assert wrong_places(GUERDON_SECRET=secret) == ["GUERDON_SECRET"]


def test_a_refused_secret_is_not_repeated_in_what_is_said() -> None:
    secret = secrets.token_hex(8)
    problems = read_settings({"GUERDON_SECRET": secret})
    assert isinstance(problems, list)
    assert not any(secret in str(problem) for problem in problems)


def test_a_secret_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, second = (read(GUERDON_SECRET="", GUERDON_HOME=str(home)).secret for _ in range(2))
    assert first == second
    assert len(first.encode()) >= 32
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_two_that_start_at_the_same_moment_have_the_same_secret(tmp_path: Path) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for starter in starters:
        assert starter.stdout
        assert starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin
        starter.stdin.write("\n")
        starter.stdin.flush()
    said = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0]
    kept = (tmp_path / "secret").read_text(encoding="ascii").strip()
    assert said == [kept, kept]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_the_secret_of_a_connection_is_read_by_the_name_the_program_gives() -> None:
    settings = read(HUBSPOT_CLIENT_SECRET="of-the-app", EMPTY_SECRET="")
    assert settings.connection_secret("HUBSPOT_CLIENT_SECRET") == "of-the-app"
    assert settings.connection_secret("HUBSPOT_CLIENT_SECRET_PREVIOUS") is None
    assert settings.connection_secret("EMPTY_SECRET") is None
