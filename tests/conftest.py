"""What every test may ask for: a PostgreSQL of the run, a database of the test, a browser.

Nothing here stands in for anything: the server is the one that an installation runs, the database went
through all migrations, the browser is Debian's. Browser tests come last, because Playwright keeps an event
loop running in the main thread, which no other test could share.
"""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.evidence import FIGURES, Figures, FullSet, chosen
from tests.furnishing import Furnishing, Furniture, begins_with, was_asked_for
from tests.lending import close_lent
from tests.peers import npm
from tests.races import ROUNDS, Race
from tests.servers import copied_database, temporary_server
from tests.spreading import Together, group_of

from guerdon import embedded

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from psycopg.rows import TupleRow

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHARED = "GUERDON_TEST_HOME"
Furnished = Callable[[str, Furnishing], tuple[str, Furniture]]
# Who asks for one of these lets staff sign in.
STAFFED = frozenset({"console", "doors"})


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded.Server]:
    """Run one PostgreSQL for all tests of the run, in a folder that is gone afterwards."""
    if SHARED in os.environ:
        # One run of many, each with a mutant: who started them keeps the server.
        yield embedded.start(Path(os.environ[SHARED]))
        return
    with temporary_server() as server:
        yield server


@pytest.fixture(scope="session")
def server_url(postgres: embedded.Server) -> str:
    """Return the address of the server, as that of its first database."""
    return postgres.url("postgres")


@pytest.fixture(scope="session")
def admin(postgres: embedded.Server) -> "Iterator[psycopg.Connection[TupleRow]]":
    """A connection that makes and drops databases."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def peers() -> Path:
    """Install other people's programs in JavaScript, once, and return the folder they are in."""
    return npm.installed()


@pytest.fixture(scope="session")
def secret() -> str:
    """Return the installation's secret, as GUERDON_SECRET would hold it."""
    return secrets.token_hex(32)


@pytest.fixture(scope="session")
def migrated_template(postgres: embedded.Server, secret: str) -> str:
    """Migrate a database once, to be copied for each test; returns its name."""
    # Not at the top: tests of other parts must run while this one does not load.
    from guerdon.store.migrations import migrate  # noqa: PLC0415

    name = f"migrated_{secrets.token_hex(4)}"
    migrate(postgres.url(name), secret)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        # PostgreSQL copies only what nobody is connected to.
        connection.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def staffed_template(
    postgres: embedded.Server, migrated_template: str, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Have Django's own tables in it too: what takes longer than the tests of a page do."""
    from guerdon.config import Settings, read_settings  # noqa: PLC0415
    from guerdon.web.accounts import migrate_accounts  # noqa: PLC0415

    with copied_database(postgres, migrated_template) as url:
        home = str(tmp_path_factory.mktemp("staffed"))
        said = {"DATABASE_URL": url, "GUERDON_SECRET": secret, "GUERDON_HOME": home}
        settings = read_settings(said)
        assert isinstance(settings, Settings), settings
        # Playwright keeps an event loop in the main thread, in which Django refuses to be prepared.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(migrate_accounts, settings).result()
        yield str(conninfo_to_dict(url)["dbname"])


@pytest.fixture(scope="session")
def leftovers(admin: "psycopg.Connection[TupleRow]") -> Iterator[list[str]]:
    """Names of databases whose tests are over; each goes when the test after the next begins.

    PostgreSQL waits a tenth of a second for whoever has not quite left a database that it drops; after the
    next test everybody has.
    """
    names: list[str] = []
    yield names
    for name in names:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def furnished(postgres: embedded.Server, secret: str) -> Iterator[Furnished]:
    """Give a way to have a copy of a template with a program in it, made when the first test asks for it."""
    made: dict[tuple[str, Furnishing], tuple[str, Furniture]] = {}
    with ExitStack() as stack:

        def furnished(origin: str, furnishing: Furnishing) -> tuple[str, Furniture]:
            if (origin, furnishing) not in made:
                url = stack.enter_context(copied_database(postgres, origin))
                furniture = furnishing.lay_out(url, secret)
                # PostgreSQL copies only what nobody is connected to.
                close_lent(url)
                made[origin, furnishing] = str(conninfo_to_dict(url)["dbname"]), furniture
            return made[origin, furnishing]

        yield furnished


@pytest.fixture
def database(
    request: pytest.FixtureRequest,
    admin: "psycopg.Connection[TupleRow]",
    leftovers: list[str],
    server_url: str,
) -> Iterator[str]:
    """Give the test a migrated database of its own; its owner's address."""
    while len(leftovers) > 1:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(leftovers.pop(0))))
    staffed = not STAFFED.isdisjoint(request.fixturenames)
    name = f"test_{secrets.token_hex(6)}"
    origin = request.getfixturevalue("staffed_template" if staffed else "migrated_template")
    furniture = None
    if "laid_out" in request.fixturenames:
        furnishing = request.getfixturevalue("furnishing")
        origin, furniture = request.getfixturevalue("furnished")(origin, furnishing)
    named, template = sql.Identifier(name), sql.Identifier(origin)
    # Copying files is quicker than writing them through the log, which suits large databases.
    admin.execute(sql.SQL("create database {} template {} strategy file_copy").format(named, template))
    # A copy has the tables and their rights, but not the rights on the database itself.
    admin.execute(sql.SQL("grant connect, create on database {} to guerdon_owner").format(named))
    url = server_url.replace("@/postgres?", f"@/{name}?")
    if furniture is not None:
        begins_with(url, furniture)
    yield url
    close_lent(url)
    leftovers.append(name)
    assert was_asked_for(url), "the database began with a program that no house asked for"


@pytest.fixture
def laid_out(database: str) -> str:
    """Give the test's database, which begins with the program that the folder's `furnishing` says."""
    return database


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """Launch Debian's Chromium once for the run; a test opens its own context in it."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    if found is None:
        pytest.skip("no Chromium is installed: ./guerdon test installs it as root where there is apt")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow, and few runs need it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what `./guerdon test full` and `test mutants` hand on."""
    parser.addoption("--full", metavar="I/N", help="a part of the full set, instead of the gate")
    parser.addoption("--evidence", type=Path, default=Path("docs/evidence"), help="where its report goes")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; a test gets that of the browser by asking for it."""
    config.addinivalue_line("markers", "browser: needs Debian's Chromium; skipped without, a failure in CI")
    config.addinivalue_line("markers", "full(minutes, gate=False): of the full set; with gate, of both")
    part = part_of(config)
    if part is not None:
        watch = FullSet(part, config.getoption("--evidence"), config)
        config.pluginmanager.register(watch, "full_set")


def part_of(config: pytest.Config) -> tuple[int, int] | None:
    """Which part of the full set is asked for; None in the gate."""
    given = config.getoption("--full")
    if given is None:
        return None
    part, parts = given.split("/")
    return int(part), int(parts)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Take what a test found, by name; it stands in the report of the full set."""
    found: Figures = request.node.stash.setdefault(FIGURES, {})
    return found


@pytest.fixture(params=range(ROUNDS))
def race(request: pytest.FixtureRequest, figures: Figures) -> Race:
    """Run the test for so many rounds, each a race of its own."""
    return Race(request.param, figures)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that are asked for; mark those that ask for the browser, and put them last."""
    kept = chosen(items, part_of(config))
    stay = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in stay])
    items[:] = kept
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    # With the rest gone before, no process has other tests after these. What goes to one process comes first,
    # then the file with most of them: at the end nobody waits long for the last.
    many = Counter(item.path for item in items if item.get_closest_marker("browser") is not None)
    items.sort(key=lambda item: (group_of(item.nodeid) is None, -many[item.path]))
    items.sort(key=lambda item: bool(group_of(item.nodeid) or item.get_closest_marker("browser")))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together | None:
    """Have tests that share a house in one process."""
    return Together(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a browser test that was skipped as failed where nobody would notice its absence."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and item.get_closest_marker("browser") is not None:
        report.outcome = "failed"
        report.longrepr = f"a browser test may not be skipped in CI: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the checks that failed before the tests, so that nobody takes green tests for a green gate."""
    failed = os.environ.get("GUERDON_GATE_FAILED")
    if failed:
        terminalreporter.section("the gate is closed", red=True)
        terminalreporter.line(f"failed before the tests: {failed}")
