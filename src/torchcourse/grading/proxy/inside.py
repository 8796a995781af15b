"""The learner's side of the proxy: looks names up, calls them, answers with plain data.

It runs among the learner's code, so nothing that it says is trusted: the grader checks each byte,
and a learner who rewrites it has only changed what his own functions answer.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

import torch

from ..watch import PROBE, watched
from .decode import Decoder
from .encode import Encoder
from .handles import Handles, parameters_of
from .memory import Memories, encoded
from .protocol import dump, name_of
from .raised import described

# Calls whose graph is kept for a gradient; gradcheck comes back to the first of 2 an element.
REMEMBERED = 300
MISSING = "missing"


class Printed(io.TextIOBase):
    """Takes what is printed, and remembers that something was."""

    def __init__(self) -> None:
        self.used = False

    def write(self, text: str) -> int:
        self.used = True
        return len(text)


class Inside:
    """Names of one notebook, handles that were given out, and the latest calls."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.handles = Handles()
        self.calls: dict[int, tuple[list[Any], list[torch.Tensor]]] = {}
        self.count = 0

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request, such as ``{"op": "call", "name": "f", "args": [...]}``."""
        printed = Printed()
        try:
            memories = Memories()
            for text in request.get("memories", []):
                memories.receive(text)
            decoder = Decoder(memories, self.handles.value)
            decoder.known = decoder.objects  # an argument that comes twice
            with contextlib.redirect_stdout(printed):
                reply = getattr(self, f"_{request['op']}")(request, decoder)
        except _Missing as error:
            reply = {"error": {"type": MISSING, "message": str(error)}}
        except BaseException as error:
            reply = {"error": described(error)}
        return reply | {"printed": printed.used}

    def _describe(self, request: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        """Whether a name can be called, and with which parameters."""
        value = self._target(request)
        if value is None or value is ...:
            return {"kind": "none"}
        if isinstance(value, torch.nn.Module) or not callable(value):
            return {"kind": "value"}
        return {
            "kind": "function",
            "name": name_of(getattr(value, "__name__", type(value).__name__)),
            "parameters": parameters_of(value),
        }

    def _value(self, request: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        return self._fresh(self._target(request))

    def _call(self, request: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        target = self._target(request)
        args = [decoder.value(node) for node in request["args"]]
        kwargs = {name: decoder.value(node) for name, node in request["kwargs"].items()}
        _require_grad(decoder)
        given = len(decoder.memories.items)
        encoder, before = self._before(decoder)
        with watched(request.get("rules", [])):
            value = target(*args, **kwargs)
        return self._reply(value, decoder, given, encoder, before)

    def _run(self, request: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        inputs = {name: decoder.value(node) for name, node in request["inputs"].items()}
        _require_grad(decoder)
        scope = {**self.namespace, **inputs}
        try:
            with watched(request.get("rules", [])):
                value = eval(compile(request["code"].strip(), PROBE, "eval"), scope)
        except NameError as error:
            if error.name and error.name not in scope and error.name in request["code"]:
                raise _Missing(error.name) from None
            raise
        return self._fresh(value)

    def _vjp(self, request: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
        inputs, outputs = self.calls[request["call"]]
        grads = [decoder.value(node) for node in request["grads"]]
        chosen = [outputs[number] for number in request["outputs"]]
        wanted = [inputs[number] for number in request["inputs"]]
        found = torch.autograd.grad(
            chosen, wanted, grads, retain_graph=True, allow_unused=True, materialize_grads=False
        )
        return self._fresh(list(found))

    def _target(self, request: dict[str, Any]) -> Any:
        if "handle" in request:
            return self.handles.items[request["handle"]]
        try:
            return self.namespace[request["name"]]
        except KeyError:
            raise _Missing(request["name"]) from None

    def _before(self, decoder: Decoder) -> tuple[Encoder, list[Any]]:
        """What the arguments are before the call: bytes of memories, contents of containers."""
        encoder = Encoder(decoder.memories, self.handles.node)
        encoder.known = {id(value): number for number, value in enumerate(decoder.objects)}
        nodes = [encoder.node(value, top=True) for value in decoder.objects]
        return encoder, [nodes, [memory.read() for memory in decoder.memories.items]]

    def _fresh(self, value: Any) -> dict[str, Any]:
        """A value on its own: it shares no memory with what was sent, which may have changed."""
        memories = Memories()
        node = Encoder(memories, self.handles.node).node(value)
        return {"value": node, "memories": [encoded(m.read()) for m in memories.items]}

    def _reply(
        self, value: Any, decoder: Decoder, given: int, encoder: Encoder, before: list[Any]
    ) -> dict[str, Any]:
        """The value of a call, with what the call has done to its arguments."""
        memories = decoder.memories.items
        nodes, bytes_before = before
        reply: dict[str, Any] = {"value": encoder.node(value)}
        after = [encoder.node(item, top=True) for item in decoder.objects]
        changes = enumerate(zip(nodes, after, strict=True))
        reply["objects"] = [[number, new] for number, (old, new) in changes if old != new]
        reply["changed"] = [
            [number, encoded(memory.read())]
            for number, memory in enumerate(memories[:given])
            if memory.read() != bytes_before[number]
        ]
        inputs = [v for v in decoder.objects if isinstance(v, torch.Tensor)]
        outputs = [t for t in _tensors(value) if t.requires_grad and not t.is_leaf]
        self.count += 1
        if outputs:
            self.calls[self.count] = (inputs, outputs)
            if len(self.calls) > REMEMBERED:
                del self.calls[min(self.calls)]
        reply["call"] = self.count
        reply["memories"] = [encoded(memory.read()) for memory in memories[given:]]
        return reply


def _require_grad(decoder: Decoder) -> None:
    for tensor, _ in decoder.graded:
        tensor.requires_grad_()


class _Missing(Exception):
    pass


def _tensors(value: Any) -> list[torch.Tensor]:
    """Tensors of a result, in the order in which the encoder meets them."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


_inside: Inside | None = None


def answer(text: str) -> None:
    """Answer a request of the grader in the payload of the running cell's reply."""
    global _inside
    shell = sys.modules["IPython"].get_ipython()
    if _inside is None or _inside.namespace is not shell.user_ns:
        _inside = Inside(shell.user_ns)
    reply = _inside.answer(json.loads(text))
    shell.payload_manager.write_payload({"source": "torchcourse", "reply": dump(reply)})
