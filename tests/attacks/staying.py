"""Processes that want to outlive their grading, and walls that are to fall later."""

from .model import RIGHT, WRONG, Attack

ATTACKS = (
    Attack(
        "daemon",
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        while True: time.sleep(60)\n    os._exit(0){RIGHT}",
        "passed",
        "the answer is right; the daemon has to end with its kernel",
    ),
    Attack(
        "daemon-that-ignores-signals",
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    for n in range(1, 65):\n"
        "        try: signal.signal(n, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n"
        f"    while True: time.sleep(60){WRONG}",
        "failed",
        "SIGKILL cannot be ignored",
    ),
    Attack(
        "atexit",
        "import atexit, os, time\n"
        "atexit.register(time.sleep, 600)\n"
        "class Last:\n"
        "    def __del__(self): __import__('time').sleep(600)\n"
        f"last = Last(){RIGHT}",
        "passed",
        "the answer is right; nobody waits for a kernel's last words",
    ),
    Attack(
        "subprocess",
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],\n"
        f"                 start_new_session=True){RIGHT}",
        "passed",
        "a program of its own ends with the rest",
    ),
    Attack(
        "thread-that-forks",
        "import os, threading, time\n"
        "def go():\n"
        "    while True:\n"
        "        try:\n"
        "            if os.fork() == 0: time.sleep(60)\n"
        "        except OSError: time.sleep(0.05)\n"
        f"threading.Thread(target=go, daemon=True).start(){RIGHT}",
        "passed|killed|timeout|failed",
        "it forks while it is being killed",
        spares=False,
    ),
    Attack(
        "spinning-processes",
        f"import os\nfor _ in range(40):\n    if os.fork() == 0:\n        while True: pass{RIGHT}",
        "passed|killed|timeout|failed",
        "all processor time that it can get; its neighbor must not run out of his",
        spares=False,
    ),
)
