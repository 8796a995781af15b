"""Patching torch, builtins and the checks; values that lie about themselves."""

from .model import TWICE, WRONG, Attack

ATTACKS = (
    Attack(
        "patched-torch",
        "torch.testing.assert_close = lambda *a, **k: None\n"
        "torch.equal = torch.allclose = lambda *a, **k: True\n"
        "torch.isclose = lambda a, b, **k: torch.ones(a.shape, dtype=torch.bool)\n"
        "torch.Tensor.__eq__ = lambda a, b: torch.ones(a.shape, dtype=torch.bool)"
        f"{TWICE}",
        "failed",
        "comparisons happen in the grader's process, whose torch is another one",
        spares=False,
    ),
    Attack(
        "patched-checks",
        "import torchcourse.checks.result as r\n"
        "for name in ('equals', 'does_not_share_memory_with'):\n"
        "    setattr(r.Result, name, lambda self, *a, **k: self._call.listener.compared() or self)"
        f"{TWICE}",
        "failed",
        "the checks that count are those of the grader's process",
        naive="passed",
        spares=False,
    ),
    Attack(
        "patched-block",
        "from torchcourse.checks import block\n"
        "block.Block._judge = lambda self, error: block.passed(self.exercise, self.kind)\n"
        "block.Block.compared = lambda self: None\n"
        "block.Block.__exit__ = (lambda old: lambda self, *a: [setattr(self, '_comparisons', 1),"
        f" old(self, None, None, None)][1] or True)(block.Block.__exit__){TWICE}",
        "failed",
        "the verdict is made where no learner's code runs",
        naive="passed",
        spares=False,
    ),
    Attack(
        "patched-builtins",
        "import builtins\n"
        "builtins.isinstance = lambda *a: True\n"
        "builtins.all = builtins.any = lambda *a: True\n"
        f"builtins.abs = lambda x: 0{TWICE}",
        "failed|killed|timeout",
        "builtins of one process are not those of another",
        spares=False,
    ),
    Attack(
        "patched-import",
        "import builtins, types\n"
        "old = builtins.__import__\n"
        "fake = types.SimpleNamespace(answer=lambda text: None)\n"
        "def new(name, *a, **k):\n"
        "    return fake if 'inside' in name else old(name, *a, **k)\n"
        "builtins.__import__ = new"
        f"{TWICE}",
        "failed",
        "a proxy that does not answer has answered nothing right",
        spares=False,
    ),
    Attack(
        "lying-tensor",
        "class Liar(torch.Tensor):\n"
        "    def __eq__(self, other): return torch.tensor(True)\n"
        "    __ne__ = lambda self, other: torch.tensor(False)\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n"
        "        name = getattr(f, '__name__', '')\n"
        "        if name in ('isclose', 'eq', 'equal', 'allclose'): return torch.tensor(True)\n"
        "        return super().__torch_function__(f, types, args, kwargs or {})\n"
        "def double(x):\n"
        "    return 2 * x if x.numel() == 1 else x.as_subclass(Liar)",
        "failed",
        "only plain tensors cross; a subclass is a name",
    ),
    Attack(
        "equal-to-everything",
        "class Equal:\n"
        "    def __eq__(self, other): return True\n"
        "    def __getattr__(self, name): return self\n"
        "    def __call__(self, *a, **k): return self\n"
        "    def __bool__(self): return True\n"
        "def double(x):\n"
        "    return 2 * x if x.numel() == 1 else Equal()",
        "failed",
        "an object of the learner's is a handle, and equals nothing",
    ),
    Attack(
        "class-is-tensor",
        "class Fake:\n"
        "    __class__ = torch.Tensor\n"
        "    shape, dtype, device = torch.Size([3, 4]), torch.float32, torch.device('cpu')\n"
        "    def __eq__(self, other): return True\n"
        "def double(x):\n"
        "    return 2 * x if x.numel() == 1 else Fake()",
        "failed",
        "types are looked at with type(), which an object cannot answer for itself",
    ),
    Attack(
        "default-dtype",
        "torch.set_default_dtype(torch.float16); torch.set_grad_enabled(False)\n"
        f"torch.manual_seed = lambda seed: None; torch.use_deterministic_algorithms(True){WRONG}",
        "failed|timeout",
        "global state of the jail is no state of the grader",
        spares=False,
    ),
    Attack(
        "ends-a-loop",
        "def cube(x):\n    if x.numel() == 2: raise StopIteration\n    return x**3",
        "failed",
        "an exception that ends Python's own loops must not end the check's",
        naive="passed",
        exercise="1.3",
    ),
    Attack(
        "rule-put-together",
        "def total(x):\n    return vars(torch)['su' + 'm'](x)",
        "failed",
        "the rule is looked for again while the answer runs",
        exercise="1.2",
    ),
    Attack(
        "rule-under-an-indent",
        "  \n    def total(x):\n      return sum(v for v in x)",
        "failed",
        "IPython takes the indent away, and so must the reader of the rules",
        exercise="1.2",
    ),
    Attack(
        "rule-behind-a-magic",
        "files = !ls\ndef total(x):\n    return sum(v for v in x)",
        "failed",
        "a line that is no Python must not hide those that are",
        exercise="1.2",
    ),
)
