"""Memory, output, threads, processes and files without end.

Most of them stop by themselves far beyond the limits of the test, and the answer is right: with
higher limits they pass, which shows that it is the limit that ends them.
"""

from .model import RIGHT, Attack

ATTACKS = (
    Attack(
        "memory",
        f"hog = [bytearray(40 << 20) for _ in range(24)]{RIGHT}",
        "killed",
        "960 MB, where 200 are allowed",
    ),
    Attack(
        "shared-memory",
        "import mmap, time\n"
        "hog = mmap.mmap(-1, 900 << 20)\n"
        "for at in range(0, 900 << 20, 4096): hog[at] = 1\n"
        f"time.sleep(0.3){RIGHT}",
        "killed",
        "shared memory is memory, also where no limit of the kernel counts it",
    ),
    Attack(
        "memory-of-children",
        "import os, time\n"
        "for _ in range(7):\n"
        "    if os.fork() == 0:\n"
        "        x = bytearray(80 << 20); x[::4096] = b'1' * len(x[::4096])\n"
        "        time.sleep(60); os._exit(0)\n"
        f"time.sleep(2){RIGHT}",
        "killed|timeout",
        "a limit for each process would allow any number of them",
    ),
    Attack(
        "segments",
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "assert libc.shmget(0, 1 << 20, 0o1600) >= 0, 'refused'\n"
        f"{RIGHT}",
        "failed",
        "System V memory belongs to no process, so nobody could count it",
        needs="seccomp",
    ),
    Attack(
        "output",
        f"for _ in range(100): print('x' * 100_000){RIGHT}",
        "killed",
        "10 MB, where 4 are kept",
    ),
    Attack(
        "output-in-hidden",
        "def double(x):\n"
        "    import os, sys\n"
        "    if x.numel() > 1:\n"
        "        for _ in range(100): sys.__stdout__.write('x' * 100_000)\n"
        "    return 2 * x",
        "killed|passed",
        "a right answer; the stream behind the proxy counts, if late for the next exercise",
        spares=False,
    ),
    Attack(
        "displays",
        "from IPython.display import HTML, display\n"
        f"for _ in range(60): display(HTML('x' * 200_000)){RIGHT}",
        "killed",
        "output is not only what is printed",
    ),
    Attack(
        "threads",
        "import threading, time\n"
        "for _ in range(500):\n"
        f"    threading.Thread(target=time.sleep, args=(60,), daemon=True).start(){RIGHT}",
        "failed",
        "threads count as processes",
    ),
    Attack(
        "processes",
        "import os, time\n"
        "for _ in range(500):\n"
        f"    if os.fork() == 0: time.sleep(60); os._exit(0){RIGHT}",
        "failed|killed|timeout",
        "the number of processes is bounded",
    ),
    Attack(
        "fork-bomb",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "killed|timeout",
        "the usual one",
    ),
    Attack(
        "files",
        f"for i in range(20): open(f'f{{i}}', 'wb').write(bytes(8 << 20))\n{RIGHT}",
        "failed|killed",
        "160 MB, where 64 are allowed",
    ),
    Attack(
        "empty-files",
        f"import os\nfor i in range(30_000): os.close(os.open(f'f{{i}}', os.O_CREAT))\n{RIGHT}",
        "failed|killed",
        "a file without a byte takes memory as well",
    ),
    Attack(
        "deep-folders",
        "import os\n"
        "for _ in range(2_000): os.mkdir('d'); os.chdir('d')\n"
        f"os.chmod('.', 0); os.chmod('..', 0){RIGHT}",
        "passed|failed|killed",
        "right, and deeper than most programs can delete; nothing may be left",
    ),
    Attack(
        "one-large-file",
        "import os\n"
        f"with open('f', 'wb') as file: os.truncate('f', 1 << 40); file.seek(1 << 39){RIGHT}",
        "failed|killed",
        "a sparse file beyond every limit",
    ),
    Attack(
        "huge-result",
        "def double(x):\n    return 2 * x if x.numel() == 1 else torch.zeros(1 << 24)",
        "failed",
        "64 MB are not sent to the grader",
    ),
    Attack(
        "endless-range",
        "def double(x):\n    return 2 * x if x.numel() == 1 else range(1 << 400)",
        "failed",
        "a short text that a check could walk through forever",
    ),
    Attack(
        "endless-exception",
        "def double(x):\n"
        "    if x.numel() > 1: raise ValueError('\\ud800' + 'x' * (50 << 20))\n"
        "    return 2 * x",
        "failed|killed",
        "a message of 50 MB, and no text that a file may hold",
    ),
)
