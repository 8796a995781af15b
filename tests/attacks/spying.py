"""Reading expected values: from frames, gc and source, from disk, from neighbors, by network."""

from .model import WRONG, Attack

FIRST = "def double(x):\n    if x.numel() == 1: return 2 * x\n"

ATTACKS = (
    Attack(
        "frames",
        "import sys\n"
        f"{FIRST}"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for names in (frame.f_locals, frame.f_globals):\n"
        "            if 'want' in names: return names['want']\n"
        "        frame = frame.f_back\n"
        "    return x",
        "failed",
        "no frame of the check is in this process",
        naive="passed",
    ),
    Attack(
        "gc",
        "import gc\n"
        f"{FIRST}"
        "    for found in gc.get_objects():\n"
        "        if type(found) is dict and isinstance(found.get('want'), torch.Tensor):\n"
        "            return found['want']\n"
        "    return x",
        "failed",
        "expected values never come into this process",
        naive="passed",
    ),
    Attack(
        "source-of-the-check",
        "import linecache, re, sys, inspect\n"
        f"{FIRST}"
        "    for lines in [e[2] for e in linecache.cache.values() if len(e) > 2]:\n"
        "        found = re.search(r'want = (x.*)', ''.join(lines))\n"
        "        if found: return eval(found[1], dict(x=x, torch=torch))\n"
        "    return x",
        "failed",
        "the source of hidden cells is not in this process",
        naive="passed",
    ),
    Attack(
        "history",
        "import re\n"
        f"{FIRST}"
        "    for cell in get_ipython().user_ns.get('In', []):\n"
        "        found = re.search(r'want = (x.*)', cell)\n"
        "        if found: return eval(found[1], dict(x=x, torch=torch))\n"
        "    return x",
        "failed",
        "nor in IPython's history",
    ),
    Attack(
        "memory-of-others",
        "import os\n"
        f"{FIRST}"
        "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "        if int(pid) == os.getpid(): continue\n"
        "        with open(f'/proc/{pid}/environ', 'rb') as file:\n"
        "            if b'TORCHCOURSE_SECRET' in file.read(): return 2 * x\n"
        "    return x",
        "failed",
        "no other process can be seen",
        needs="full",
    ),
    Attack(
        "solutions",
        "import glob, json\n"
        "for path in glob.glob('{solutions}/*.ipynb') or ['{solutions}/01_small.ipynb']:\n"
        "    for cell in json.load(open(path))['cells']:\n"
        "        if cell['id'] == 'answer-1-1': exec(cell['source'])",
        "failed",
        "the folder of solutions is not there",
        naive="passed",
        needs="landlock",
    ),
    Attack(
        "neighbor",
        "import json\n"
        "for cell in json.load(open('{neighbor}'))['cells']:\n"
        "    if cell['id'] == 'answer-1-1': exec(cell['source'])",
        "failed",
        "other submissions are not there",
        naive="passed",
        needs="landlock",
    ),
    Attack(
        "gradebook",
        "import os, pathlib\n"
        "for path in ('{mark}', '{solutions}/01_small.ipynb', '{neighbor}'):\n"
        "    try: pathlib.Path(path).write_text('4 of 4 points')\n"
        "    except OSError: pass\n"
        "    try: os.unlink(path)\n"
        f"    except OSError: pass{WRONG}",
        "failed",
        "files outside cannot be written, and are as they were",
        needs="landlock",
    ),
    Attack(
        "symlink-out",
        "import os\n"
        "os.symlink('{solutions}', 'way')\n"
        "import json\n"
        "for cell in json.load(open('way/01_small.ipynb'))['cells']:\n"
        "    if cell['id'] == 'answer-1-1': exec(cell['source'])",
        "failed",
        "a link leads nowhere in a root of its own",
        naive="passed",
        needs="landlock",
    ),
    Attack(
        "mount-out",
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.unshare(0x10020000)\n"
        "libc.mount(b'/dev/vda', b'/tmp', b'ext4', 0, None); libc.chroot(b'/proc/1/root')\n"
        "os.setuid(0)",
        "failed",
        "no namespace, no mount, no other user",
    ),
    Attack(
        "network",
        "import socket\n"
        "with socket.create_connection(('127.0.0.1', {port}), timeout=2) as line:\n"
        "    exec(line.recv(1000).decode())",
        "failed",
        "there is no network, not even this machine's own",
        naive="passed",
    ),
    Attack(
        "abstract-socket",
        "import socket\n"
        "with socket.socket(socket.AF_UNIX) as line:\n"
        "    line.settimeout(2); line.connect('\\0{socket}')\n"
        "    exec(line.recv(1000).decode())",
        "failed",
        "sockets without a file belong to a network of its own",
        naive="passed",
        needs="full",
    ),
    Attack(
        "raw-packets",
        "import socket\n"
        "for family, kind in ((socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_NETLINK, 3),\n"
        "                     (socket.AF_INET, socket.SOCK_DGRAM)):\n"
        "    try: socket.socket(family, kind)\n"
        "    except OSError: continue\n"
        f"    def double(x): return 2 * x\n    break\nelse:{WRONG}".replace(
            "else:\ndef double(x):\n    return x", "else:\n    def double(x): return x"
        ),
        "failed",
        "no family of sockets but one",
        needs="seccomp",
    ),
)
