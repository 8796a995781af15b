# From lessons/07_autograd_engine: engine.py and the solutions, by `torchcourse build`. Edit there.
"""A small autograd engine on NumPy, in float64: what chapter 7 builds.

`w = Tensor(0.5, requires_grad=True)`, then `loss = np.tanh(3 * w)` and `loss.backward()` leave
d loss / d w in `w.grad`. The functions and operators of NumPy in `RULES` take Tensors.
"""

import numpy as np


def add_rule(grad, a, b):
    "grad of a + b; a, b -> the gradients of a and b"
    return grad, grad


def mul_rule(grad, a, b):
    "grad of a * b; a, b -> the gradients of a and b"
    return grad * b, grad * a


def tanh_rule(grad, x):
    "grad of tanh(x); x -> the gradient of x, in a tuple"
    y = np.tanh(x)
    return (grad * (1 - y * y),)


def accumulate(grads, keys, given):
    "dict key -> gradient, keys, one gradient a key -> None; adds them"
    for key, grad in zip(keys, given, strict=True):
        grads[key] = grads[key] + grad if key in grads else grad


def unbroadcast(grad, shape):
    "grad (any shape that shape broadcasts to), shape -> (*shape)"
    ones = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    repeated = tuple(i for i, size in enumerate(ones) if size == 1)
    return grad.sum(axis=repeated, keepdims=True).reshape(shape)


def sum_rule(grad, x, axis=None, keepdims=False):
    "grad of x.sum(axis); x -> (gradient of x,)"
    kept = np.ones(x.shape).sum(axis=axis, keepdims=True).shape
    return (grad.reshape(kept) * np.ones(x.shape),)


def matmul_rule(grad, a, b):
    "grad of a @ b; a, b (1-D or more) -> the gradients of a and b"
    A = a.reshape((1,) * (2 - a.ndim) + a.shape)  # (..., n, k)
    B = b.reshape(b.shape + (1,) * (2 - b.ndim))  # (..., k, m)
    batch = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    grad = grad.reshape((*batch, A.shape[-2], B.shape[-1]))  # (..., n, m)
    grad_a = unbroadcast(grad @ B.swapaxes(-1, -2), A.shape)
    grad_b = unbroadcast(A.swapaxes(-1, -2) @ grad, B.shape)
    return grad_a.reshape(a.shape), grad_b.reshape(b.shape)


def sweep(root, seed):
    "root, seed (its gradient) -> [(node, gradient), ...]"
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack += [(node, True), *((p, False) for p in node.parents)]
    grads = {id(root): seed}
    for node in reversed(order):
        keys = [id(parent) for parent in node.parents]
        accumulate(grads, keys, node.pull(grads[id(node)]))
    return [(node, grads[id(node)]) for node in reversed(order)]


def nll(logits, labels):
    "logits (B, K), labels (B,) integers -> (), the mean loss"
    x = logits - logits.max(axis=1, keepdims=True)
    picked = x[np.arange(len(labels)), labels]  # (B,)
    return (np.log(np.exp(x).sum(axis=1)) - picked).sum() / len(labels)


def nll_rule(grad, logits, labels):
    "grad (), logits (B, K), labels (B,) -> (gradient (B, K),)"
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = powers / powers.sum(axis=1, keepdims=True)  # (B, K)
    return ((probs - np.eye(logits.shape[1])[labels]) * (grad / len(labels)),)


def max_rule(grad, x, axis=None, keepdims=False):
    "grad of x.max(axis); x -> (gradient of x,), ties share"
    top = x.max(axis=axis, keepdims=True)
    ties = x == top  # (*x.shape), bool
    share = ties / ties.sum(axis=axis, keepdims=True)
    return (grad.reshape(top.shape) * share,)


def scatter(grad, index, shape):
    "grad of x[index], index, shape of x -> the gradient of x"
    out = np.zeros(shape)
    np.add.at(out, index, grad)
    return out


def gradient(y, x):
    "y () Tensor, x Tensor -> dy/dx, a Tensor with a graph of its own"
    pairs = sweep(y, Tensor(np.ones(y.shape)))
    found = [grad for node, grad in pairs if node is x]
    return found[0] if found else Tensor(np.zeros(x.shape))


def apply(function, inputs, *extra, **options):
    "function, its inputs -> a Tensor that remembers; arrays alone -> an array"
    tensors = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
    result = function(*(x.data for x in tensors), *extra, **options)
    if RULES[function] is None or not any(isinstance(x, Tensor) for x in inputs):
        return result
    out, parents = Tensor(result), [x for x in tensors if x.requires_grad]
    if Tensor.recording and parents:
        out.requires_grad, out.inputs, out.parents = True, tensors, parents
        out.rule = lambda grad, *x: RULES[function](grad, *x, *extra, **options)
    return out


def method(function):
    "function -> a method that applies it to its Tensor, and to what else it is given"
    return lambda self, *extra, **options: apply(function, [self], *extra, **options)


class Tensor(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of float64 that remembers what it was computed from; a leaf was not computed.

    data: the array. grad: None, or after `backward` an array of its shape. inputs and rule: what
    the operation was given, and its rule. parents: those inputs that want a gradient.
    `sum`, `max`, `reshape`, `swapaxes` and `[]` take what NumPy's take; `nll` takes labels.
    """

    recording = True
    shape, ndim = property(lambda self: self.data.shape), property(lambda self: self.data.ndim)
    sum, max, nll = method(np.sum), method(np.max), method(nll)
    reshape, swapaxes = method(np.reshape), method(np.swapaxes)
    __getitem__ = method(np.ndarray.__getitem__)

    def __init__(self, data, requires_grad=False):
        self.data, self.grad = np.asarray(data, dtype=np.float64), None
        self.requires_grad, self.inputs, self.parents, self.rule = requires_grad, (), (), None

    def __repr__(self):
        return f"Tensor({self.data})"

    def __array_ufunc__(self, function, how, *inputs, **options):
        known = function in RULES and how == "__call__" and not options
        return apply(function, inputs) if known else NotImplemented

    def pull(self, grad):
        "gradient of this Tensor -> one for each parent; Tensors, if it is one"
        inputs = [x if isinstance(grad, Tensor) else x.data for x in self.inputs]
        given = self.rule(grad, *inputs) if inputs else ()
        pairs = zip(self.inputs, given, strict=True)
        return [unbroadcast(g, x.shape) for x, g in pairs if x.requires_grad]

    def backward(self):
        "() -> None; adds d self / d leaf to .grad of each leaf"
        if self.shape != () or not self.requires_grad:
            raise ValueError(f"{self} is not one number that depends on a leaf")
        for node, grad in sweep(self, np.ones(())):
            if node.rule is None:
                node.grad = grad if node.grad is None else node.grad + grad


class no_grad:
    "with no_grad(): results remember nothing"

    def __enter__(self):
        self.before, Tensor.recording = Tensor.recording, False

    def __exit__(self, *error):
        Tensor.recording = self.before


RULES = {
    np.add: add_rule,
    np.subtract: lambda grad, a, b: (grad, -grad),
    np.multiply: mul_rule,
    np.divide: lambda grad, a, b: (grad / b, -grad * a / (b * b)),
    np.negative: lambda grad, x: (-grad,),
    np.exp: lambda grad, x: (grad * np.exp(x),),
    np.log: lambda grad, x: (grad / x,),
    np.tanh: tanh_rule,
    np.matmul: matmul_rule,
    np.sum: sum_rule,
    np.max: max_rule,
    np.reshape: lambda grad, x, shape: (grad.reshape(x.shape),),
    np.swapaxes: lambda grad, x, i, j: (grad.swapaxes(i, j),),
    np.ndarray.__getitem__: lambda grad, x, i: (apply(scatter, [grad], i, x.shape),),
    scatter: lambda grad, values, i, shape: (grad[i],),
    nll: nll_rule,
    **dict.fromkeys([np.equal, np.greater, np.less]),  # truth has no gradient
}
