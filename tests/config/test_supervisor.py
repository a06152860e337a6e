import signal
import subprocess
import sys
import time

import psutil
import pytest

from config.supervisor import ChildEnded, Supervisor

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 0.5)
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def wait_for(path, text):
    deadline = time.monotonic() + 10
    while text not in path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_ends_is_named_with_the_end_of_its_log(supervisor):
    supervisor.start("worker", [sys.executable, "-c", "print('out of ideas'); raise SystemExit(3)"])
    with pytest.raises(ChildEnded, match=r"(?s)worker process ended with status 3.*out of ideas"):
        supervisor.watch()


def test_stopping_leaves_no_process_not_even_a_stubborn_ones_child(supervisor, tmp_path):
    supervisor.start("web", [sys.executable, "-c", STUBBORN])
    wait_for(tmp_path / "web.log", "ready")
    child = psutil.Process(supervisor.children[0].process.pid)
    family = [child, *child.children(recursive=True)]
    assert len(family) == 2

    supervisor.stop()

    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_children_do_not_outlive_a_killed_supervisor(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from config.supervisor import Supervisor\n"
        "s = Supervisor(Path(sys.argv[1]))\n"
        "s.start('web', [sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(s.children[0].process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs([child], timeout=5)
    assert not alive


def test_the_log_of_the_last_time_is_kept_once(supervisor, tmp_path):
    for word in ("first", "second"):
        supervisor.start("beat", [sys.executable, "-c", f"print('{word}')"])
        supervisor.children[-1].process.wait()
    assert (tmp_path / "beat.log").read_text() == "second\n"
    assert (tmp_path / "beat.log.1").read_text() == "first\n"
