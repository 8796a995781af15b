# ruff: noqa: F821
"""A small autograd engine on NumPy, in float64: what chapter 7 builds.

`w = Tensor(0.5, requires_grad=True)`, then `loss = np.tanh(3 * w)` and `loss.backward()` leave
d loss / d w in `w.grad`. The functions and operators of NumPy in `RULES` take Tensors.
"""

import numpy as np

# solutions


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
