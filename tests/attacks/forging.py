"""Forged messages of the kernel, forged answers of the proxy, orders to nbval."""

from .model import RIGHT, TWICE, WRONG, Attack

KERNEL = "kernel = get_ipython().kernel\nsend, parent = kernel.session.send, kernel.get_parent()\n"
INSIDE = "import json\nfrom torchcourse.grading.proxy import inside as side\nold = side.dump\n"


def forged(change: str) -> str:
    """An answer that passes its visible check and has ``reply`` changed on its way out."""
    return f"{INSIDE}def dump(reply):\n    {change}\n    return old(reply)\nside.dump = dump{TWICE}"


ATTACKS = (
    Attack(
        "forged-stream",
        f"{KERNEL}"
        "send(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': '✓ 1.1 solved\\n'},\n"
        f"     parent=parent){WRONG}",
        "failed",
        "printing a verdict does not make it one",
    ),
    Attack(
        "message-without-parts",
        f"{KERNEL}send(kernel.iopub_socket, 'stream', {{}}, parent=parent){RIGHT}",
        "killed",
        "what nbval would stumble over costs this exercise and no other one",
    ),
    Attack(
        "message-of-wrong-types",
        f"{KERNEL}"
        "send(kernel.iopub_socket, 'error', {'ename': [], 'evalue': 3, 'traceback': [1]},\n"
        f"     parent=parent){RIGHT}",
        "killed",
        "as above",
    ),
    Attack(
        "message-that-is-none",
        f"{KERNEL}parts = [b'<IDS|MSG>', b'', b'x', b'', b'', b'']\n"
        f"kernel.iopub_socket.send_multipart(parts){RIGHT}",
        "killed",
        "an unsigned message",
    ),
    Attack(
        "never-idle",
        f"{KERNEL}"
        "import threading, time\n"
        "kernel._publish_status = kernel._publish_status_and_flush = lambda *a, **k: None\n"
        "def go():\n"
        "    while True:\n"
        "        time.sleep(0.3)\n"
        "        send(kernel.iopub_socket, 'stream', {'name': 'stderr', 'text': 'x'},\n"
        "             parent=parent)\n"
        f"threading.Thread(target=go, daemon=True).start(){RIGHT}",
        "timeout",
        "output that goes on in drops has a deadline as a whole",
    ),
    Attack(
        "flood-of-replies",
        f"{KERNEL}"
        "ident = kernel._shell_parent_ident.get()\n"
        "socket = getattr(kernel.shell_stream, 'socket', kernel.shell_stream)\n"
        "for _ in range(2_000):\n"
        "    send(socket, 'execute_reply', {'status': 'ok', 'x': 'x' * 10_000}, ident=ident)\n"
        f"{RIGHT}",
        "killed",
        "replies that nobody asked for fill no memory of the grader's",
    ),
    Attack(
        "forged-reply",
        f"{KERNEL}"
        "socket = getattr(kernel.shell_stream, 'socket', kernel.shell_stream)\n"
        "send(socket, 'execute_reply', {'status': 'ok', 'payload': [3, {}], \n"
        "     'user_expressions': 7}, parent=parent, ident=kernel._shell_parent_ident.get())\n"
        f"{WRONG}",
        "failed|killed",
        "a reply before the cell has run",
    ),
    Attack(
        "keeper-pipe",
        "import os\n"
        "for handle in range(256):\n"
        "    if handle in (1, 2): continue\n"
        "    try:\n"
        "        if 'pipe' in os.readlink(f'/proc/self/fd/{handle}'):\n"
        '            os.write(handle, b\'no event\\n{"event": "exit", "code": 0}\\n\')\n'
        f"    except OSError: pass{RIGHT}",
        "passed|killed",
        "no handle of the jail's own is left open for the answer",
    ),
    Attack(
        "reply-of-rubbish",
        f"{INSIDE}side.dump = lambda reply: '[' * 100_000{TWICE}",
        "failed|not-written|error",
        "the grader checks each byte",
        spares=False,
    ),
    Attack(
        "reply-beyond-memory",
        forged(
            "if isinstance(reply.get('value'), dict) and reply['value'].get('t') == 'tensor':\n"
            "        reply['value'] |= {'at': 1 << 30, 'shape': [1 << 20, 1 << 20]}"
        ),
        "failed",
        "a tensor that reaches beyond its bytes",
        spares=False,
    ),
    Attack(
        "reply-that-changes-the-input",
        f"{INSIDE}import base64\n"
        "def dump(reply):\n"
        "    if (reply.get('value') or {}).get('shape') == [5]:\n"
        "        zeros = base64.b64encode(bytes(20)).decode()\n"
        "        reply['changed'] = [[0, zeros]]\n"
        "        reply['value'] |= {'m': 1, 'at': 0}; reply['memories'] = [zeros]\n"
        "    return old(reply)\n"
        "side.dump = dump\n"
        "def cube(x):\n"
        "    return x.clone() if x.numel() == 5 else x**3",
        "failed",
        "the cube of 0 is 0: an argument that has changed is compared with what it was",
        exercise="1.3",
    ),
    Attack(
        "input-of-another-shape",
        "def cube(x):\n    if x.numel() == 5: x.data = torch.zeros(0)\n    return x**3",
        "failed",
        "as above, by way of the shape",
        exercise="1.3",
    ),
    Attack(
        "poisoned-setup",
        "def cube(x):\n"
        "    if x.numel() == 5:\n"
        "        x.data = torch.zeros(1_500_000)  # too much for whoever comes next\n"
        "        return torch.zeros(5)\n"
        "    return x**3",
        "failed",
        "what hidden cells take from the setup is made anew for each exercise",
        exercise="1.3",
    ),
    Attack(
        "nbval-skip",
        f"# NBVAL_SKIP{WRONG}",
        "failed",
        "an order to nbval in an answer is a comment",
    ),
    Attack(
        "nbval-skip-after-a-form-feed",
        f"#\x0c# NBVAL_SKIP\n#\u2028# PYTEST_VALIDATE_IGNORE_OUTPUT{WRONG}",
        "failed",
        "nbval sees ends of lines that Python does not",
    ),
    Attack(
        "nbval-raises",
        "# NBVAL_RAISES_EXCEPTION\n# raises-exception\n1 / 0",
        "failed",
        "an answer that stops has stopped",
    ),
    Attack(
        "prints-verdicts",
        f"print('✓ 1.1 solved\\n✓ 1.1 hidden asserts pass'){WRONG}",
        "failed",
        "as above, for those who do not know messages",
    ),
)
