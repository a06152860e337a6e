import fcntl
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from catalog.models import Catalogue
from catalog.models.upkeep import RunJob
from config import demonstration, embedded, login_link
from config.startup import check_real_servers, fail, pending_migrations, start_embedded
from config.supervisor import ChildEnded, Supervisor, die_with_parent
from ingest import starter

FIRST_PAGE_SECONDS = 60
_WORKED_OUT = {
    RunJob.SYSTEMS: ("find_systems", "Looking for systems and relations …"),
    RunJob.GRAPH: ("measure_graph", "Measuring the graph …"),
    RunJob.MAP: ("map_papers", "Drawing the map …"),
}


def listen_to_signals() -> None:
    """End on SIGINT also where a shell has told us not to, and on SIGHUP unless `nohup` has."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)


class Command(BaseCommand):
    help = "Run everything on this machine: servers, pages, worker and beat, until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        listen_to_signals()
        self.url = f"http://127.0.0.1:{settings.PORT}/"
        self.lease: embedded.Lease | None = None
        if settings.DEMO:
            demonstration.check_data()
        lock = self.take_home()
        self.check_port(settings.PORT)
        if settings.DEMO:
            self.check_port(settings.STANDIN_PORT, ", where the stand-in for the sources listens")
        supervisor = Supervisor(settings.STEMMA_HOME / "log")
        status: int | str = 0
        try:
            self.prepare()
            self.start(supervisor)
            supervisor.watch()
        except KeyboardInterrupt:
            self.say("Stopping …")
        except (ChildEnded, OSError) as reason:
            status = f"stemma: {reason}"
        finally:
            with suppress(KeyboardInterrupt):
                supervisor.stop()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # the databases end in peace
            connection.close()
            if self.lease:
                self.lease.give_back()
            os.close(lock)
        self.say("Stopped.")
        sys.exit(status)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def take_home(self) -> int:
        """Hold the home until the end of this process, so that one `serve` at a time runs on it."""
        try:
            embedded.claim(settings.STEMMA_HOME)
            lock = os.open(settings.STEMMA_HOME / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(lock, 0)
            os.write(lock, f"{self.url} (process {os.getpid()})".encode())
        except BlockingIOError:
            fail(f"this Stemma runs already: {os.read(lock, 200).decode()}")
        except (embedded.EmbeddedError, OSError) as error:
            fail(error)
        return lock

    def check_port(self, port: int, what: str = "") -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                other = settings.PORT + 1 if settings.PORT < 65535 else settings.PORT - 1
                start = f"STEMMA_DEMO=1 PORT={other}" if settings.DEMO else f"PORT={other}"
                fail(
                    f"port {port}{what}: {error.strerror}. Choose another PORT, as in: {start} make run"
                )

    def prepare(self) -> None:
        """Bring the database and the static files up to this version of the code."""
        check_real_servers()
        self.lease = start_embedded()
        if pending_migrations():
            self.say("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if not Catalogue.objects.exists():
            self.say("Loading the starter list …")
            call_command("import_list", str(starter.LIST), catalogue=starter.SLUG)

    def start(self, supervisor: Supervisor) -> None:
        celery = [sys.executable, "-m", "celery", "--app", "config.celery"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        supervisor.start(
            "web", [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"]
        )
        self.wait_for_first_page(supervisor)
        self.tell(supervisor)
        if settings.DEMO:
            self.fill(supervisor)
        self.embed()
        supervisor.start("worker", [*celery, "worker", "--concurrency", "1", *quiet])
        supervisor.start("beat", [*celery, "beat"])
        self.work_out(supervisor)
        self.say("All is running. Ctrl-C stops everything.")

    def tell(self, supervisor: Supervisor) -> None:
        self.say(f"\nStemma is at {self.url}\n")
        if settings.DEV and not login_link.admin_exists():
            self.say(
                "There is no admin yet. This link makes one and logs you in, once, within the hour:\n"
                f"    {self.url.rstrip('/')}{login_link.login_path()}\n"
            )
        manage = shlex.join([sys.executable, str(settings.BASE_DIR / "manage.py")])
        self.say(f"To make an admin with a password: {manage} createsuperuser")
        self.say(f"Logs are in {supervisor.logs}.\n")

    def embed(self) -> None:
        """Compute the vectors that are missing, in a process of its own: the model's memory goes with it."""
        if self.run("embed") != 0:
            self.say("Until that is mended, papers are found by their words only.")

    def work_out(self, supervisor: Supervisor) -> None:
        """Do the first time what schedules would do some minutes later: nobody should meet an empty graph or map."""
        for job, (command, what) in _WORKED_OUT.items():
            supervisor.check()
            if not demonstration.is_done(job):
                self.say(what)
                self.run(command)  # which says so in a line when the worker is at it already

    def fill(self, supervisor: Supervisor) -> None:
        """Start the stand-in for the sources and, the first time, take everything from it."""
        supervisor.start("standin", [sys.executable, *demonstration.STANDIN])
        if not demonstration.is_filled() and self.run("demonstrate") != 0:
            self.say("The demonstration is not complete; the next start goes on with it.")

    def run(self, command: str) -> int:
        """Run a command of ours in a process of its own, which ends with this one."""
        line = [sys.executable, str(settings.BASE_DIR / "manage.py"), command]
        return subprocess.run(line, preexec_fn=die_with_parent, check=False).returncode  # noqa: S603

    def wait_for_first_page(self, supervisor: Supervisor) -> None:
        deadline = time.monotonic() + FIRST_PAGE_SECONDS
        while time.monotonic() < deadline:
            supervisor.check()
            page = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=30)
            try:
                page.request("GET", "/")
                status = page.getresponse().status
            except OSError:
                time.sleep(0.1)
                continue
            finally:
                page.close()
            if status >= 500:
                raise ChildEnded(f"the first page answers {status}: see {supervisor.logs}/web.log")
            return
        raise ChildEnded(f"no page was served within {FIRST_PAGE_SECONDS} s")
