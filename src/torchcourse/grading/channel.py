"""Messages of a jailed kernel, read strictly: bounded in size and number, and of the right shape.

A learner can send whatever he likes through the kernel's own sockets, so nbval sees only messages
that have what it is going to ask for.
"""

from __future__ import annotations

from typing import Any

import zmq

# What nbval reads of each kind of message without a look whether it is there.
PARTS: dict[str, dict[str, type]] = {
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
}


class Unacceptable(Exception):
    """What came is no message, or too much; the words say which."""


class Channel:
    """One socket of a kernel. most: bytes and messages between two calls of ``begin``."""

    def __init__(
        self, socket: zmq.Socket, session: Any, most: tuple[int, int], excess: str
    ) -> None:
        self.socket, self._session = socket, session
        self._most, self._excess = most, excess
        self.begin()

    def begin(self) -> None:
        """Count afresh: a new request."""
        self._bytes = self._messages = 0

    def read(self) -> list[dict[str, Any]]:
        """Everything that waits. Raises Unacceptable."""
        found = []
        while True:
            try:
                parts = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return found
            self._bytes += sum(map(len, parts))
            self._messages += 1
            if self._bytes > self._most[0] or self._messages > self._most[1]:
                raise Unacceptable(self._excess)
            found.append(self._message(parts))

    def _message(self, parts: list[bytes]) -> dict[str, Any]:
        try:
            _, frames = self._session.feed_identities(parts)
            message = self._session.deserialize(frames)
            valid = _is_whole(message)
        except Exception:  # forged bytes break it in many ways
            valid = False
        if not valid:
            raise Unacceptable("sent a message that is none")
        return message


def _is_whole(message: dict[str, Any]) -> bool:
    content = message["content"]
    if not isinstance(content, dict) or not isinstance(message["parent_header"], dict):
        return False
    kind = message["msg_type"]
    if not isinstance(kind, str):
        return False
    parts = PARTS.get(kind, {})
    if not all(isinstance(content.get(name), type_) for name, type_ in parts.items()):
        return False
    return all(isinstance(line, str) for line in content.get("traceback") or [])
