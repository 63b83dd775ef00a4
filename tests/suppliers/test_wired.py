"""Accounts as an installation opens them: secrets out of its environment, addresses out of its settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.suppliers.desk import order

from guerdon.cli.check import load_checked
from guerdon.cli.up import check_secrets
from guerdon.config import REPOSITORY, Settings, read_settings
from guerdon.engine.orders.port import Later
from guerdon.http import Unreachable
from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.program.load import load_program
from guerdon.program.messages.accounts import ChannelAccounts
from guerdon.program.model import Program
from guerdon.suppliers import vendors
from guerdon.suppliers.wired import Suppliers, missing_of, wrong_accounts, wrong_addresses

FILE = REPOSITORY / "examples" / "ev_maker" / "program.yaml"
KEYS = {
    "HUBSPOT_CLIENT_SECRET": "x",
    "CARDS_KEY": "TEST_key-of-cards",
    "CARDS_HOOK": "hook",
    "CARDS_HOOK_PREVIOUS": "before",
}


@pytest.fixture(scope="module")
def example() -> Program:
    program = load_program(FILE)
    assert isinstance(program, Program)
    return program


def with_accounts(program: Program, *accounts: SupplierAccount) -> Program:
    # Accounts of channels are another matter.
    suppliers = {account.key: account for account in accounts}
    return replace(program, suppliers=suppliers, channels=ChannelAccounts())


def settings(tmp_path: Path, **given: str) -> Settings:
    read = read_settings({"GUERDON_HOME": str(tmp_path), **KEYS, **given})
    assert isinstance(read, Settings), read
    return read


def account(**changed: Any) -> SupplierAccount:
    given = {"key": "cards", "kind": "tremendous", "secret": "CARDS_KEY", "hook_secret": "CARDS_HOOK"}
    return SupplierAccount(**{**given, **changed})


def test_an_account_is_opened_by_its_secret_at_the_address_that_is_set(
    example: Program, tmp_path: Path
) -> None:
    program = with_accounts(example, account(), account(key="links", kind="runa"))
    suppliers = Suppliers(settings(tmp_path, GUERDON_SUPPLIERS="tremendous = http://127.0.0.1:9/api/v2/ ,"))
    cards, links = suppliers.open(program, "cards"), suppliers.open(program, "links")
    assert cards is not None
    assert links is not None
    assert (cards.account.address, cards.account.secret) == ("http://127.0.0.1:9/api/v2", "TEST_key-of-cards")
    assert links.account.address == vendors()["runa"].address == "https://api.runa.io/v2"
    # It is asked there, though nobody listens: what is on this machine is meant by whoever set it.
    assert cards.place(order()) == Later(5.0, "unreachable")
    assert suppliers.open(program, "nobody") is None


@dataclass
class Inside:
    """Settings as somebody has them who did not set that address."""

    suppliers: Mapping[str, str]
    outbound_allow: tuple[()] = ()

    def connection_secret(self, name: str) -> str | None:
        return KEYS.get(name)


def test_an_address_inside_that_is_not_allowed_is_not_asked(example: Program) -> None:
    suppliers = Suppliers(Inside({"tremendous": "http://10.1.2.3/api/v2"}))
    supplier = suppliers.open(with_accounts(example, account()), "cards")
    assert supplier is not None
    assert supplier.place(order()) == Later(5.0, "unreachable")
    with pytest.raises(Unreachable, match="inside"):
        suppliers._lines["tremendous"].ask("GET", "http://10.1.2.3/api/v2", {}, None, 1.0)  # noqa: SLF001


def test_what_is_missing_keeps_one_account_shut_and_is_named(example: Program, tmp_path: Path) -> None:
    program = with_accounts(example, account(), account(key="links", kind="runa", secret="LINKS_KEY"))
    ours = settings(tmp_path)
    assert missing_of(program, ours) == [f"LINKS_KEY, which supplier links of {program.key} names"]
    assert Suppliers(ours).open(program, "links") is None
    assert Suppliers(ours).open(program, "cards") is not None


def test_without_a_suppliers_key_it_starts_and_says_so(
    example: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_secrets(with_accounts(example, account()), settings(tmp_path))
    assert capsys.readouterr().err == ""
    check_secrets(with_accounts(example, account(secret="NOWHERE")), settings(tmp_path))
    said = f"warning: settings are missing: NOWHERE, which supplier cards of {example.key} names"
    assert capsys.readouterr().err.startswith(said)


def test_what_nobody_here_understands_is_named(example: Program) -> None:
    assert wrong_accounts(example) == []
    wrong = with_accounts(
        example, account(kind="tremendus"), account(key="links", kind="runa", options={"curency": "EUR"})
    )
    assert [str(problem) for problem in wrong_accounts(wrong)] == [
        "suppliers.cards: 'tremendus' is no kind of supplier  (did you mean tremendous?)",
        "suppliers.links: runa has no option 'curency'  (did you mean currency?)",
    ]


def test_check_and_publish_name_a_kind_that_is_none(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    for each in FILE.parent.iterdir():
        if each.is_file():
            (tmp_path / each.name).write_bytes(each.read_bytes())
    copy = tmp_path / FILE.name
    assert isinstance(load_checked(copy), Program)
    copy.write_text(text.replace("kind: runa", "kind: rune"), encoding="utf-8")
    found = load_checked(copy)
    assert isinstance(found, list)
    assert [problem.where for problem in found] == ["suppliers.runa_eu"]


@pytest.mark.parametrize(
    "text",
    [
        "tremendous",
        "tremendous=",
        "=https://a.example",
        "Tremendous=https://a.example",
        "tremendous=ftp://a.example",
        "tremendous=http://a.example",
        "tremendous=http://10.0.0.1/",
        "tremendous=https://user:password@a.example",
        "tremendous=https://a.example/?key=1",
        "tremendous=https://a.example, tremendous=https://b.example",
    ],
)
def test_a_wrong_address_is_refused_by_its_setting(text: str) -> None:
    problems = read_settings({"GUERDON_SECRET": "0123456789abcdef" * 2, "GUERDON_SUPPLIERS": text})
    assert isinstance(problems, list)
    assert [problem.where for problem in problems] == ["GUERDON_SUPPLIERS"]


def test_an_address_may_be_outside_here_or_where_it_is_allowed(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        GUERDON_SUPPLIERS="a=https://a.example/v2/,b=http://[::1]:9001,c=http://10.0.0.1:80/x,tremendus=https://t.example",
        GUERDON_OUTBOUND_ALLOW="10.0.0.0/24",
    )
    assert dict(list(read.suppliers.items())[:3]) == {
        "a": "https://a.example/v2",
        "b": "http://[::1]:9001",
        "c": "http://10.0.0.1:80/x",
    }
    named = [problem.what for problem in wrong_addresses(read)]
    assert named[-1] == "'tremendus' is no kind of supplier"
