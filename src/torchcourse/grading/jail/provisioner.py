"""The kernel provisioner that jupyter_client loads by its name, ``torchcourse-jail``.

Any client of jupyter_client can use it unchanged, with a kernelspec whose metadata has
``{"kernel_provisioner": {"provisioner_name": "torchcourse-jail", "config": {"memory": 1024}}}``.
Kernels speak over Unix sockets: a network namespace has no way to this machine's TCP.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Integer, Unicode

from . import server
from .limits import Limits
from .remove import remove

NAME = "torchcourse-jail"
CHANNELS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


class JailSpecs(KernelSpecManager):
    """The one kernelspec that a grader uses, whatever a notebook or this machine names."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        config = {key: getattr(self.limits, key) for key in ("memory", "cpu", "disk", "network")}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="jail",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
        )


class JailProvisioner(LocalProvisioner):
    """Kernels forked from a process that has imported torch, each in a jail of its own.

    Where this system cannot fork (macOS, Windows) a kernel is a fresh process, as usual.
    """

    memory = Integer(1024, help="MB beyond a fresh kernel").tag(config=True)
    cpu = Integer(600, help="seconds of CPU time").tag(config=True)
    disk = Integer(64, help="MB of files").tag(config=True)
    network = Unicode("none", help="none, own or any").tag(config=True)

    jailed: server.Jailed | None = None
    base: Path | None = None

    @property
    def has_process(self) -> bool:
        return self.jailed is not None if server.can_fork() else super().has_process

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        if server.can_fork() and manager is not None:
            self.base = server.make_base()
            for channel in CHANNELS:
                setattr(manager, channel, 0)
            manager.transport = "ipc"
            manager.ip = str(self.base / "s" / "k")
            # A restart would read the old sockets from the old file.
            manager.cleanup_connection_file()
            manager._connection_file_written = False
            kwargs["transport_encryption"] = "disabled"
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        if not server.can_fork():
            return await super().launch_kernel(cmd, **kwargs)
        info = {
            key: value.decode() if isinstance(value, bytes) else value
            for key, value in self.connection_info.items()
        }
        assert self.base is not None
        limits = Limits(memory=self.memory, cpu=self.cpu, disk=self.disk, network=self.network)
        try:
            self.jailed = server.server().spawn(self.base, info, limits)
        except server.JailError:
            remove(self.base)
            raise
        self.pid = self.jailed.keeper
        return self.connection_info

    async def poll(self) -> int | None:
        if not server.can_fork():
            return await super().poll()
        return 0 if self.jailed is None else self.jailed.poll()

    async def wait(self) -> int | None:
        if not server.can_fork():
            return await super().wait()
        if self.jailed is None:
            return 0
        self.jailed.kill()
        code, self.jailed = self.jailed.code, None
        return code

    async def send_signal(self, signum: int) -> None:
        if not server.can_fork():
            await super().send_signal(signum)
        elif self.jailed is not None:
            if signum == signal.SIGINT:
                self.jailed.interrupt()
            elif signum:
                self.jailed.kill()

    async def kill(self, restart: bool = False) -> None:
        if not server.can_fork():
            await super().kill(restart)
        elif self.jailed is not None:
            self.jailed.kill()

    async def terminate(self, restart: bool = False) -> None:
        if not server.can_fork():
            await super().terminate(restart)
        elif self.jailed is not None:
            self.jailed.kill()

    async def cleanup(self, restart: bool = False) -> None:
        if not server.can_fork():
            await super().cleanup(restart)
        elif self.base is not None:
            remove(self.base)
