"""The jail: what a learner's code can reach, what it may use, and that nothing of it stays."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import pytest
from conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
pytest.importorskip("nbval")

from torchcourse.grading.jail import seccomp, server  # noqa: E402
from torchcourse.grading.jail.level import Level  # noqa: E402
from torchcourse.grading.jail.limits import Limits  # noqa: E402
from torchcourse.grading.jail.watchdog import tree  # noqa: E402
from torchcourse.grading.kernels import Gone, JailedKernel  # noqa: E402

LIMITS = Limits(memory=200, cpu=60, disk=16, output=2)


# half() reads what processor this is; the figure reads fonts.
COMPUTES = """
import matplotlib.pyplot as plt, torch
x = torch.randn(400, 400, requires_grad=True)
(x @ x).sum().backward()
x.detach().half().sum()
plt.close(plt.plot([1, 2])[0].figure)
print(x.grad.shape, torch.get_num_threads())
"""


class Jail:
    """One kernel, and what its cells print."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.kernel = JailedKernel(limits, 20.0)

    def says(self, source: str, seconds: float = 20.0) -> str:
        message = self.kernel.execute_cell_input(source, allow_stdin=False)
        self.kernel.await_reply(message, seconds)
        text = ""
        while True:
            found = self.kernel.get_message("iopub")
            content = found["content"]
            if found["parent_header"].get("msg_id") != message:
                continue
            if found["msg_type"] == "stream":
                text += content["text"]
            elif found["msg_type"] == "error":
                text += f"{content['ename']}: {content['evalue']}\n"
            elif content.get("execution_state") == "idle":
                return text.strip()


@pytest.fixture(scope="module")
def shared() -> Iterator[Jail]:
    """For cells that do no harm."""
    jail = Jail()
    yield jail
    jail.kernel.stop()


@pytest.fixture
def jail() -> Iterator[Jail]:
    jail = Jail()
    yield jail
    jail.kernel.stop()


@pytest.fixture(scope="module", autouse=True)
def _end_the_server() -> Iterator[None]:
    yield
    server.server().close()


def full() -> bool:
    return server.level().name == "full"


def test_torch_is_there_and_computes(shared: Jail):
    assert shared.says(COMPUTES) == "torch.Size([400, 400]) 1"


def test_the_environment_is_empty_and_no_file_of_the_grader_is_open(shared: Jail):
    os.environ["SECRET_OF_THE_GRADER"] = "1"
    try:
        jail = Jail()
        source = "import os; print('SECRET_OF_THE_GRADER' in str(os.environ)); "
        source += (
            "print([k for k in open('/proc/self/environ').read().split(chr(0)) if 'SEC' in k])"
        )
        assert jail.says(source) == "False\n[]"
        jail.kernel.stop()
    finally:
        del os.environ["SECRET_OF_THE_GRADER"]


@pytest.mark.parametrize(
    "path", ["solutions", "exercises", "lessons", "tests", ".git", "pyproject.toml"]
)
def test_the_course_cannot_be_read(shared: Jail, path: str):
    place = ROOT / path
    assert place.exists()
    verb = "list(os.scandir({0!r}))" if place.is_dir() else "open({0!r}).read()"
    said = shared.says(f"import os\n{verb.format(str(place))}")
    assert said.startswith(("FileNotFoundError", "PermissionError")), said


def test_nothing_can_be_written_but_its_own_folders(shared: Jail):
    for path in ("/usr/x", "/etc/passwd", f"{sys.prefix}/x", f"{ROOT}/x", "/x", "/dev/sda"):
        said = shared.says(f"open({path!r}, 'w')")
        assert said.startswith(("OSError", "PermissionError", "FileNotFoundError")), (path, said)
    assert shared.says("open('mine', 'w').write('x'); print(open('mine').read())") == "x"


def test_there_is_no_network(shared: Jail):
    for family in ("AF_INET", "AF_INET6"):
        said = shared.says(f"import socket\nsocket.socket(socket.{family})")
        assert said.startswith("PermissionError"), said


def test_other_processes_cannot_be_seen_or_signaled(shared: Jail):
    if not full():
        pytest.skip(f"this host gives {server.level().sentence()}")
    seen = shared.says("import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert seen == "['1']"
    assert shared.says(f"import os; os.kill({os.getpid()}, 0)").startswith("ProcessLookupError")
    assert shared.says("import os; print(os.getuid() != 0, os.uname().nodename)") == "True jail"


def test_privileges_cannot_be_won(shared: Jail):
    source = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x40000000):
    print(libc.unshare(flag), ctypes.get_errno())
print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), ctypes.get_errno())
print(libc.syscall(319, b"x", 0), ctypes.get_errno())
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["CapEff"].strip(), status["CapBnd"].strip(), status["NoNewPrivs"].strip())
"""
    none = "0" * 16
    assert shared.says(source) == "-1 1\n" * 5 + f"{none} {none} 1"


def died(jail: Jail, source: str, seconds: float = 20.0) -> Gone:
    start = time.monotonic()
    with pytest.raises(Gone) as caught:
        jail.says(source, seconds)
    assert time.monotonic() - start < seconds + 8
    assert not jail.kernel.is_alive()
    return caught.value


def test_death_is_noticed_at_once(jail: Jail):
    start = time.monotonic()
    gone = died(jail, "import os; os._exit(0)")
    assert gone.verdict == "killed"
    assert time.monotonic() - start < 5


def test_a_loop_that_ignores_interrupts_ends_at_its_timeout(jail: Jail):
    source = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    assert died(jail, source, 1.0).verdict == "timeout"


def test_memory_is_bounded_also_over_several_processes(jail: Jail):
    assert "memory" in died(jail, "x = [bytearray(20 << 20) for _ in iter(int, 1)]").reason
    other = Jail()
    source = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(60 << 20); x[::4096] = b"1" * len(x[::4096]); time.sleep(30)
time.sleep(30)
"""
    assert "memory" in died(other, source).reason


def test_address_space_is_bounded(jail: Jail):
    assert "MemoryError" in jail.says("bytearray(3 << 30)")


def test_output_is_bounded(jail: Jail):
    source = "import time\nwhile True: print('x' * 100_000); time.sleep(0.01)"
    assert "printed" in died(jail, source).reason


def test_files_are_bounded(jail: Jail):
    source = "for i in range(100): open(f'f{i}', 'wb').write(bytes(4 << 20))"
    said = ""
    try:
        said = jail.says(source)
    except Gone as gone:
        said = gone.reason
    assert "No space left" in said or "MB of files" in said, said


def test_processes_are_bounded(jail: Jail):
    source = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError as error:
    print(made < 100, error.errno)
"""
    assert jail.says(source) == "True 11"


def test_nothing_stays_behind(jail: Jail):
    base = jail.kernel.km.provisioner.base
    source = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        os._exit(0)
print("made")
"""
    assert jail.says(source) == "made"
    keeper = jail.kernel.km.provisioner.jailed.keeper
    pids = tree(keeper)
    assert len(pids) >= 5, pids
    jail.kernel.stop()
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    assert not base.exists()


def test_the_keeper_ends_with_its_customer():
    kernel = JailedKernel(LIMITS, 20.0)
    pids = tree(kernel.km.provisioner.jailed.keeper)
    kernel.km.provisioner.jailed._line.close()
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    kernel.stop()


WEAKER = {
    "landlock": "user pid mount net ipc uts",
    "limits": "user pid mount net ipc uts landlock",
}


@pytest.mark.parametrize("name", WEAKER)
def test_a_weaker_host_gets_what_it_can_and_says_so(name: str, monkeypatch):
    server.level()
    monkeypatch.setenv(server.WITHOUT, WEAKER[name])
    weaker = server.Server()
    monkeypatch.setattr(server, "_server", weaker)
    try:
        assert weaker.level.name == name
        assert "switched off" in weaker.level.sentence()
        jail = Jail()
        assert jail.says(COMPUTES) == "torch.Size([400, 400]) 1"
        assert jail.says("import socket\nsocket.socket()").startswith("PermissionError")
        place = str(ROOT / "pyproject.toml")
        said = jail.says(f"print(open({place!r}).read()[:1])")
        assert said.startswith("PermissionError") == (name == "landlock"), said
        pids = tree(jail.kernel.km.provisioner.jailed.keeper)
        jail.says("import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(300)")
        pids += tree(jail.kernel.km.provisioner.jailed.keeper)
        jail.kernel.stop()
        time.sleep(0.3)
        assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    finally:
        weaker.close()


def test_levels_have_names():
    assert Level(("uid", "mount", "pid", "net", "ipc", "uts")).name == "full"
    assert Level(("user", "mount", "pid", "net", "ipc")).name == "limits"
    assert Level(("landlock", "rlimits")).name == "landlock"
    assert Level(forked=False).name == "process"
    assert "fresh" not in Level.of(Level(forked=False).data()).name


def test_the_filter_is_made_for_every_known_machine():
    for machine in seccomp.CALLS:
        code, wider = seccomp.program(machine), seccomp.program(machine, internet=True)
        assert len(code) % 8 == len(wider) % 8 == 0
        assert len(wider) > len(code)
        assert len(set(seccomp.CALLS[machine].values())) == len(seccomp.NAMES)
