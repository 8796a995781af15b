"""Exits, kills, and loops that no interrupt ends."""

from .model import RIGHT, WRONG, Attack

DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"

ATTACKS = (
    Attack(
        "exit",
        "import os; os._exit(0)",
        "killed",
        "a dead kernel is noticed at once, also one that says that all went well",
        naive="dies",
    ),
    Attack(
        "late-exit",
        "def double(x):\n    import os; os._exit(0)",
        "killed",
        "the kernel ends in the visible check",
        naive="dies",
    ),
    Attack(
        "hidden-exit",
        "def double(x):\n    import os\n    return 2 * x if x.numel() == 1 else os._exit(0)",
        "killed",
        "the kernel ends in a hidden assert",
    ),
    Attack(
        "system-exit",
        "def double(x):\n    raise SystemExit(0)",
        "failed|killed",
        "it must not leave the check as a success",
    ),
    Attack(
        "quit",
        "exit(keep_kernel=False); quit()",
        "not-written|failed|killed",
        "IPython's own way out, taken later",
        spares=False,
    ),
    Attack(
        "kills-all",
        "import contextlib, os, signal\n"
        "for pid in (-1, os.getppid(), -os.getpgid(0), os.getpid()):\n"
        "    with contextlib.suppress(OSError): os.kill(pid, signal.SIGKILL)",
        "not-written|killed",
        "all that it can see is its own jail; init of a namespace cannot even end itself",
        needs="full",
    ),
    Attack(
        "kills-its-parent",
        "import contextlib, os, signal\n"
        "for pid in range(2, 30_000):\n"
        "    with contextlib.suppress(OSError): os.kill(pid, signal.SIGKILL)",
        "not-written|killed",
        "its keeper is out of sight: without it everything would end",
        needs="full",
    ),
    Attack(
        "segfault",
        "import ctypes; ctypes.string_at(0)",
        "killed",
        "a crash in C",
        naive="dies",
    ),
    Attack(
        "stops-itself",
        f"import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass{WRONG}",
        "timeout",
        "a stopped process can still be killed",
    ),
    Attack(
        "loop",
        f"{DEAF}while True: pass",
        "timeout",
        "no interrupt is asked for: the kernel is ended",
        naive="hangs",
    ),
    Attack(
        "catches-everything",
        "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
        "timeout",
        "KeyboardInterrupt is an exception, too",
        naive="hangs",
    ),
    Attack(
        "slow-in-hidden",
        "import time\ndef double(x):\n    if x.numel() > 1: time.sleep(30)\n    return 2 * x",
        "timeout",
        "each question to the proxy has its deadline",
    ),
    Attack(
        "loop-in-C",
        f"{DEAF}(10 ** 10 ** 8) ** 3{RIGHT}",
        "timeout|failed|killed",
        "one operation that never looks at signals",
    ),
)
