"""``student`` for a grader: the interface of ``torchcourse.checks.student``, in another process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch

from ...checks.verdict import CheckError
from .decode import Decoder
from .encode import Encoder
from .errors import error_of
from .gradients import Attach, Gradient, replaced
from .memory import Memories, decoded, encoded
from .protocol import CannotSend, ProtocolError, dump, expect, load, whole
from .remote import RemoteFunction, RemoteModule, RemoteObject, opaque_of, remote_of

Ask = Callable[[str], Any]
"""Sends a request's text to the learner's process and gives the text of its reply."""


class RemoteStudent:
    """Names of a notebook in a jail: ``student.f(x)``, ``.value("name")``, ``.run(code, x=x)``."""

    def __init__(self, ask: Ask, rules: list[str] | None = None) -> None:
        self._ask, self._rules = ask, list(rules or [])
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._known:
            reply = self._exchange({"op": "describe", "name": name})
            if reply.get("kind") == "function":
                target = {"name": name}
                self._known[name] = RemoteFunction(
                    self, target, reply.get("name") or name, reply.get("parameters")
                )
            elif reply.get("kind") == "none":
                return None
            else:
                return self.value(name)
        return self._known[name]

    def value(self, name: str) -> Any:
        """What stands under ``name``, as plain data or a handle. Raises NotWritten."""
        memories = Memories()
        return self._received(self._exchange({"op": "value", "name": name}), memories, [])[0]

    def run(self, code: str, /, **inputs: Any) -> Any:
        """The value of an expression among the learner's names; ``inputs`` travel as copies."""
        memories, encoder = self._encoder()
        nodes = {name: self._node(encoder, value) for name, value in inputs.items()}
        request = {"op": "run", "code": code, "inputs": nodes, "rules": self._rules}
        return self._send(request, memories, [])[0]

    def probe(self, code: str, /, **inputs: Any) -> Callable[[], Any]:
        """``run`` for ``ex.call``: a function of nothing that is called what it evaluates."""

        def evaluate() -> Any:
            return self.run(code, **inputs)

        evaluate.__name__ = evaluate.__qualname__ = code.strip().removesuffix("()")
        return evaluate

    def call(self, target: dict[str, Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        """One call; arguments that it changed are changed here, and gradients flow through it."""
        memories, encoder = self._encoder()
        encoder.numbering = True
        request = {
            "op": "call",
            **target,
            "args": [self._node(encoder, value) for value in args],
            "kwargs": {name: self._node(encoder, value) for name, value in kwargs.items()},
            "rules": self._rules,
        }
        value, graded, reply = self._send(request, memories, encoder.objects)
        self._apply_changes(reply, memories, encoder.objects)
        if not graded:
            return value
        numbers = [n for n, v in enumerate(_tensors_of(encoder.objects)) if v.requires_grad]
        inputs = [v for v in _tensors_of(encoder.objects) if v.requires_grad]
        call = whole(reply.get("call"))
        attached = Attach.apply(
            Gradient(self, call, numbers),
            [tensor for tensor, _ in graded],
            torch.empty((), requires_grad=True),
            *inputs,
        )
        return replaced(value, dict(zip((id(t) for t, _ in graded), attached, strict=True)))

    def gradient(self, call: int, outputs: list[int], inputs: list[int], grads: list) -> list:
        """d(outputs) / d(inputs) of an earlier call, times ``grads``; None where none leads."""
        memories, encoder = self._encoder()
        nodes = [self._node(encoder, grad.contiguous()) for grad in grads]
        request = {"op": "vjp", "call": call, "outputs": outputs, "inputs": inputs, "grads": nodes}
        return expect(self._send(request, memories, [])[0], list)

    def _encoder(self) -> tuple[Memories, Encoder]:
        memories = Memories()
        return memories, Encoder(memories, _handle_or_refuse)

    def _node(self, encoder: Encoder, value: Any) -> dict[str, Any]:
        try:
            return encoder.node(value)
        except CannotSend as error:
            raise CheckError(
                f"the learner's process cannot be sent {error}: use student.run or student.probe"
            ) from None

    def _send(
        self, request: dict[str, Any], memories: Memories, objects: list[Any]
    ) -> tuple[Any, list, dict[str, Any]]:
        request["memories"] = [encoded(memory.read()) for memory in memories.items]
        reply = self._exchange(request)
        # Only a call answers in terms of what it was given.
        known = memories if request["op"] == "call" else Memories()
        value, graded = self._received(reply, known, objects)
        return value, graded, reply

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = load(self._ask(dump(request)))
        if reply.get("printed") is True:
            sys.stdout.write("")  # ex.call asks whether anything was printed
        if "error" in reply:
            raise error_of(expect(reply["error"], dict))
        return reply

    def _received(
        self, reply: dict[str, Any], memories: Memories, objects: list[Any]
    ) -> tuple[Any, list]:
        for text in expect(reply.get("memories", []), list):
            memories.receive(text)
        decoder = Decoder(memories, self._other)
        decoder.known = objects
        value = decoder.value(reply.get("value"))
        return value, [pair for pair in decoder.graded if self._attaches(*pair)]

    @staticmethod
    def _attaches(tensor: torch.Tensor, node: dict[str, Any]) -> bool:
        """Leaves of the learner's own require grad by themselves; the rest has a graph there."""
        if not (tensor.is_floating_point() or tensor.is_complex()):
            raise ProtocolError("whole numbers have no gradient")
        if node.get("leaf") is True:
            tensor.requires_grad_()
            return False
        return True

    def _apply_changes(self, reply: dict[str, Any], memories: Memories, objects: list) -> None:
        """What the call did to its arguments, done to ours: the check compares them itself."""
        for pair in expect(reply.get("changed", []), list):
            number, text = expect(pair, list)
            memories.items[whole(number, 0, len(memories.items) - 1)].write(decoded(text))
        decoder = Decoder(memories, self._other)
        decoder.known = objects
        for pair in expect(reply.get("objects", []), list):
            number, node = expect(pair, list)
            old = objects[whole(number, 0, len(objects) - 1)]
            _become(old, decoder.value(node), expect(node, dict))

    def _other(self, node: dict[str, Any]) -> Any:
        if node.get("t") == "handle":
            whole(node.get("n"), 0, 1 << 20)
            return remote_of(self, node)
        return opaque_of(node)


def _handle_or_refuse(value: Any) -> dict[str, Any]:
    if isinstance(value, (RemoteObject, RemoteModule)):
        return {"t": "handle", "n": value.__dict__["_number"]}
    if isinstance(value, RemoteFunction) and "handle" in value._target:
        return {"t": "handle", "n": value._target["handle"]}
    raise CannotSend(f"a {type(value).__name__}")


def _tensors_of(objects: list[Any]) -> list[torch.Tensor]:
    return [value for value in objects if isinstance(value, torch.Tensor)]


def _become(old: Any, new: Any, node: dict[str, Any]) -> None:
    """Change an argument in place, so that everyone who holds it sees it."""
    both_tensors = isinstance(old, torch.Tensor) and isinstance(new, torch.Tensor)
    if type(old) is not type(new) and not both_tensors:
        raise ProtocolError("an argument changed its type")
    if isinstance(old, torch.Tensor):
        with torch.no_grad():
            if old.shape != new.shape or old.stride() != new.stride() or old.dtype != new.dtype:
                old.data = new.detach()
        if node.get("grad") is True and not old.requires_grad:
            old.requires_grad_()
    elif isinstance(old, torch.Generator):
        old.set_state(new.get_state())
    elif isinstance(old, (list, bytearray)):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)
