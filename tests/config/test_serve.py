"""The whole stack, as `make run` starts it; the tests that take their time."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from config import embedded

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with an empty catalogue, so that nothing has to be imported and embedded."""
    path = tmp_path_factory.mktemp("serve") / "home"
    lease = embedded.use(path)
    prepare = (
        "from django.core.management import call_command; from catalog.models import Catalogue;"
        "call_command('migrate', verbosity=0); Catalogue.objects.create(slug='a', title='A')"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", prepare],
        cwd=ROOT,
        env=_environment(path),
        check=True,
    )
    yield path
    lease.give_back()


@pytest.fixture
def serve(home):
    started = []

    def start(port, **environment):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={**_environment(home), "PORT": str(port), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _environment(home):
    ours = {"STEMMA_HOME": str(home), "STEMMA_DEV": "1", "WEB_PROCESSES": "1"}
    others = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in others} | ours


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    pytest.fail("".join(lines))


def family_of(process):
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def test_it_serves_pages_and_ctrl_c_leaves_no_process(serve):
    port = free_port()
    process = serve(port)

    said = read_until(process, "Drawing the map")
    children = {name for child in family_of(process) for name in child.cmdline()}
    assert {"worker", "beat"} <= children  # nothing waits for what takes long in a large catalogue
    said += read_until(process, "Ctrl-C stops everything")

    assert "Measuring the graph" in said
    assert f"http://127.0.0.1:{port}/first-login/" in said
    assert "createsuperuser" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
        assert page.status == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]

    second = serve(free_port())
    refusal, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert refusal.splitlines() == [
        f"stemma: this Stemma runs already: http://127.0.0.1:{port}/ (process {process.pid})"
    ]

    family = family_of(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)
    assert process.returncode == 0
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_servers_of_ones_own_take_the_place_of_the_embedded_ones(serve, home, tmp_path):
    sockets = embedded.Home(home).sockets
    process = serve(
        free_port(),
        STEMMA_HOME=str(tmp_path / "other"),
        DATABASE_URL=f"postgresql://postgres@{quote(str(sockets), safe='')}/stemma",
        REDIS_URL=f"unix://{sockets}/valkey.sock",
    )
    read_until(process, "Ctrl-C stops everything")
    assert not (tmp_path / "other" / "postgres").exists()


def test_neither_its_own_end_nor_a_childs_leaves_processes(serve):
    port = free_port()
    killed = serve(port)
    read_until(killed, "Ctrl-C stops everything")
    family = family_of(killed)
    assert len(family) > 4
    killed.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive

    process = serve(port)
    read_until(process, "Ctrl-C stops everything")
    family = family_of(process)
    beat = next(child for child in family if "beat" in child.cmdline())
    beat.send_signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "the beat process ended with status -9" in said
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_a_taken_port_is_refused_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={**_environment(tmp_path / "home"), "PORT": str(port)},
            capture_output=True,
            text=True,
        )
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert f"port {port}" in result.stderr
    assert not (tmp_path / "home" / "postgres").exists()
