"""IPython's hooks: what stands between a cell's text and what runs and shows."""

from .model import TWICE, WRONG, Attack

ATTACKS = (
    Attack(
        "ast-transformer",
        "import ast\n"
        "class Easy(ast.NodeTransformer):\n"
        "    def visit_With(self, node):\n"
        "        node.body = ast.parse('ex.that(True, \"\")').body\n"
        "        return ast.fix_missing_locations(node)\n"
        f"get_ipython().ast_transformers.append(Easy()){WRONG}",
        "failed",
        "hidden cells are never sent to the kernel, so no transformer sees them",
        naive="passed",
        spares=True,
    ),
    Attack(
        "input-transformer",
        "import re\n"
        "def easy(lines):\n"
        "    text = ''.join(lines)\n"
        "    head = re.match(r'with check.*\\n', text)\n"
        "    return [head[0], '    ex.that(True, \"\")\\n'] if head else lines\n"
        f"get_ipython().input_transformers_cleanup.append(easy){WRONG}",
        "failed",
        "the text of hidden cells stays with the grader",
        naive="passed",
        spares=True,
    ),
    Attack(
        "showtraceback",
        "shell = get_ipython()\n"
        "shell.showtraceback = lambda *a, **k: print('✓ 1.1 solved')\n"
        "shell.showsyntaxerror = shell.showtraceback\n"
        "shell.set_custom_exc((BaseException,), lambda *a, **k: None)\n"
        f"{WRONG}",
        "failed",
        "what a kernel shows is never worth a point",
    ),
    Attack(
        "faked-do-execute",
        "import asyncio\n"
        "kernel = getattr(get_ipython(), 'kernel', None)\n"
        "async def do_execute(code, silent, *a, **k):\n"
        "    for n in '1234':\n"
        "        if f'\"1.{n}\"' in code: print(f'✓ 1.{n} solved')\n"
        "    return {'status': 'ok', 'execution_count': 1, 'payload': [],\n"
        "            'user_expressions': {}}\n"
        f"kernel.do_execute = do_execute{WRONG}",
        "failed|not-written|error",
        "every visible line is faked; the proxy gets no answer at all",
        spares=False,
    ),
    Attack(
        "faked-run-cell",
        "shell = get_ipython()\n"
        "old = shell.run_cell\n"
        "def run_cell(code, *a, **k):\n"
        "    return old(\"print('✓ 1.1 solved')\" if 'check' in code else code, *a, **k)\n"
        f"shell.run_cell = run_cell{WRONG}",
        "failed",
        "as above, on another level",
        spares=False,
    ),
    Attack(
        "display-hook",
        "import sys\n"
        "sys.displayhook = get_ipython().displayhook = lambda value: print('✓ 1.1 solved')\n"
        "class Quiet:\n"
        "    def write(self, text): return sys.__stdout__.write('✓ 1.1 solved')\n"
        f"    def flush(self): pass\nsys.stdout = Quiet(){WRONG}",
        "failed|timeout",
        "a faked output passes nbval at best",
        spares=False,
    ),
    Attack(
        "events",
        "def easy(*a):\n"
        "    get_ipython().user_ns['check'] = lambda *a: __import__('contextlib').nullcontext()\n"
        f"get_ipython().events.register('pre_run_cell', easy){TWICE}",
        "failed",
        "names of the learner's namespace mean nothing to hidden asserts",
        spares=False,
    ),
    Attack(
        "namespace-that-answers-all",
        "class Names(dict):\n"
        "    def __missing__(self, key): return lambda *a, **k: a[0]\n"
        "    def __contains__(self, key): return True\n"
        f"get_ipython().user_ns = Names(get_ipython().user_ns){TWICE}",
        "failed",
        "whatever the namespace says, values are compared outside",
        spares=False,
    ),
)
