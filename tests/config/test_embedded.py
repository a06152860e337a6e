import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from runpy import run_path

import psutil
import psycopg
import pytest

from config import embedded

ROOT = Path(__file__).parent.parent.parent
BOTH = {"PostgreSQL": True, "Valkey": True}
NEITHER = {"PostgreSQL": False, "Valkey": False}


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    yield path
    embedded.stop(path)


@pytest.fixture
def running(home):
    embedded.start(home)
    return home


def connect(home):
    place = embedded.Home(home)
    return psycopg.connect(
        host=str(place.sockets), user="postgres", dbname="stemma", autocommit=True
    )


def postmaster(home):
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def valkey(home):
    return int((embedded.Home(home).sockets / "valkey.pid").read_text())


def in_another_process(home, code):
    return subprocess.run(
        [sys.executable, "-c", f"from pathlib import Path\nfrom config import embedded\n{code}"],
        env={**os.environ, "STEMMA_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_servers_start_keep_their_data_and_stop(home):
    embedded.start(home)
    with connect(home) as database:
        database.execute("CREATE TABLE kept (word text)")
    embedded.stop(home)
    assert embedded.status(home) == NEITHER

    embedded.start(home)

    assert embedded.status(home) == BOTH
    with connect(home) as database:
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_database_is_utf8_utc_and_listens_on_no_port(running):
    with connect(running) as database:
        settings = dict(
            database.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN "
                "('server_encoding', 'TimeZone', 'listen_addresses', 'jit')"
            ).fetchall()
        )
        extensions = database.execute(
            "SELECT count(*) FROM pg_available_extensions "
            "WHERE name IN ('vector', 'pg_trgm', 'unaccent')"
        ).fetchone()
    assert settings == {
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "jit": "off",
    }
    assert extensions == (3,)


def test_what_is_stored_outlasts_a_power_cut():
    # The tests themselves do without.
    assert run_path(embedded.__file__)["POSTGRES_OPTIONS"]["fsync"] == "on"


def test_starting_again_changes_nothing(running):
    before = postmaster(running), valkey(running)
    embedded.start(running)
    assert (postmaster(running), valkey(running)) == before


def test_processes_that_start_at_once_share_one_pair(home):
    with ThreadPoolExecutor() as pool:
        results = list(
            pool.map(
                lambda _: in_another_process(
                    home, "embedded.start(embedded.home()); print(embedded.status(embedded.home()))"
                ),
                range(4),
            )
        )
    assert [(result.stdout.strip(), result.stderr) for result in results] == [(str(BOTH), "")] * 4


def test_the_last_user_stops_the_servers(home):
    use_and_end = "embedded.use(embedded.home())"
    first = in_another_process(home, use_and_end)
    assert (first.returncode, embedded.status(home)) == (0, NEITHER)

    lease = embedded.use(home)
    in_another_process(home, use_and_end)
    assert embedded.status(home) == BOTH

    lease.give_back()
    assert embedded.status(home) == NEITHER


def test_servers_of_a_killed_process_are_adopted(home):
    in_another_process(home, "import os; embedded.use(embedded.home()); os.kill(os.getpid(), 9)")
    left_behind = postmaster(home), valkey(home)

    embedded.start(home)

    assert (postmaster(home), valkey(home)) == left_behind


def test_killed_servers_are_started_anew(running):
    for pid in (postmaster(running), valkey(running)):
        os.kill(pid, signal.SIGKILL)
    embedded.start(running)
    assert embedded.status(running) == BOTH


def test_a_query_that_outlives_a_killed_server_does_not_stand_in_the_way(running, monkeypatch):
    monkeypatch.setattr(embedded, "SILENT_SECONDS", 0.2)
    with closing(connect(running)) as database:
        database.execute("SET statement_timeout = '60s'")
        backend = database.info.backend_pid
        database.pgconn.send_query(b"SELECT sum(sqrt(a)) FROM generate_series(1, 10000000000) a")
        time.sleep(0.2)
        os.kill(postmaster(running), signal.SIGKILL)

        embedded.start(running)

    with suppress(psutil.NoSuchProcess):
        assert psutil.Process(backend).status() == psutil.STATUS_ZOMBIE
    assert embedded.status(running) == BOTH


def test_a_stale_pid_that_is_somebody_elses_by_now_is_no_server(running):
    innocent = subprocess.Popen(["sleep", "60"])
    pid_file = running / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    for pid in (postmaster(running), valkey(running)):
        os.kill(pid, signal.SIGKILL)
    pid_file.write_text("\n".join([str(innocent.pid), *lines[1:]]))
    sockets = embedded.Home(running).sockets
    (sockets / ".s.PGSQL.5432.lock").write_text(f"{innocent.pid}\n")
    (sockets / "valkey.pid").write_text(f"{innocent.pid}\n")

    embedded.start(running)
    embedded.stop(running)

    assert innocent.poll() is None
    innocent.kill()
    innocent.wait()


def test_servers_that_lost_their_sockets_are_started_anew(running, monkeypatch):
    monkeypatch.setattr(embedded, "SILENT_SECONDS", 0.2)
    sockets = embedded.Home(running).sockets
    (sockets / ".s.PGSQL.5432").unlink()
    (sockets / "valkey.sock").unlink()
    embedded.start(running)
    assert embedded.status(running) == BOTH


def test_a_first_start_that_was_cut_off_is_done_again(home):
    unfinished = home / "postgres.new-cut"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    embedded.start(home)

    assert embedded.status(home) == BOTH
    assert not unfinished.exists()


def test_two_homes_have_servers_of_their_own(running, tmp_path):
    other = tmp_path / "other"
    embedded.start(other)
    with connect(running) as database:
        database.execute("CREATE TABLE here (word text)")
    with connect(other) as database:
        assert database.execute("SELECT to_regclass('here')").fetchone() == (None,)

    embedded.stop(other)

    assert embedded.status(running) == BOTH


def test_a_deep_home_with_an_odd_name_works(tmp_path):
    home = tmp_path / "Ein Ordner, 数据" / ("d" * 120) / "it's"
    embedded.start(home)
    try:
        assert embedded.status(home) == BOTH
        assert len(embedded.redis_url(home)) < 107
    finally:
        embedded.stop(home)
        for left in embedded.Home(home).sockets.iterdir():
            left.unlink()
        embedded.Home(home).sockets.rmdir()


def test_a_relative_home_is_taken_from_the_present_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEMMA_HOME", "data")
    assert embedded.home() == tmp_path / "data"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_somebody_elses_home_is_refused_in_one_line(tmp_path):
    home = tmp_path / "theirs"
    home.mkdir()
    os.chown(home, 65534, 65534)
    with pytest.raises(embedded.EmbeddedError, match="belongs to nobody") as refusal:
        embedded.start(home)
    assert "\n" not in str(refusal.value)


def test_a_socket_folder_that_is_a_trap_is_refused(tmp_path):
    home = tmp_path / ("d" * 120)
    target = tmp_path / "elsewhere"
    target.mkdir()
    trap = embedded.Home(home).sockets
    trap.symlink_to(target)
    try:
        with pytest.raises(embedded.EmbeddedError, match="is not a folder"):
            embedded.start(home)
    finally:
        trap.unlink()


def test_data_of_another_version_is_refused_in_one_line(running):
    embedded.stop(running)
    (running / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.EmbeddedError, match="made by PostgreSQL 17"):
        embedded.start(running)


def test_others_on_the_machine_are_shut_out(running):
    sockets = embedded.Home(running).sockets
    for path in (sockets, running / "postgres", running / "log"):
        assert path.stat().st_mode & 0o077 == 0
