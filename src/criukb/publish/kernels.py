"""A small pool of warm Jupyter kernels; every notebook meets a fresh namespace in one of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from criukb.errors import CriukbError

START_SECONDS = 180  # a loaded machine takes ten seconds and more
_ERROR_HINT = "check the Jupyter packages: python -m ipykernel_launcher --version"

# Runs once per kernel. ``_FRESH`` clears the user's names and checks that nothing of the last notebook is left.
_WARM = "import criukb.publish.kernel_state as _state; _state.warm()"
_FRESH = "import criukb.publish.kernel_state as _state; _state.fresh({folder!r})"


class Kernel:
    """One running kernel with its client."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient, home: Path) -> None:
        self.manager = manager
        self.client = client
        self._home = home

    @classmethod
    async def start(cls) -> Kernel:
        """Start a kernel of this very interpreter, with no configuration from the user's home, and warm it up."""
        home = Path(tempfile.mkdtemp(prefix="criukb-kernel-"))
        manager = _manager(home)
        await manager.start_kernel(env=_environment(home), cwd=str(home))
        client = manager.client()
        client.start_channels()
        kernel = cls(manager, client, home)
        try:
            await client.wait_for_ready(timeout=START_SECONDS)
            await kernel.run_silent(_WARM)
        except BaseException:
            await kernel.stop()
            raise
        return kernel

    async def run_silent(self, code: str) -> None:
        """Run ``code`` outside the notebook's history; raise CriukbError when it fails."""
        reply = await self.client.execute_interactive(
            code, silent=True, store_history=False, allow_stdin=False, timeout=START_SECONDS
        )
        if reply["content"]["status"] != "ok":
            message = f"{reply['content'].get('ename')}: {reply['content'].get('evalue')}"
            raise CriukbError.at(Path("kernel"), message, _ERROR_HINT)

    async def refresh(self, folder: Path) -> None:
        """Give the next notebook an empty namespace with ``folder`` as working directory."""
        await self.run_silent(_FRESH.format(folder=str(folder)))

    async def stop(self) -> None:
        """End the kernel and remove its files."""
        try:
            self.client.stop_channels()
            await self.manager.shutdown_kernel(now=True)
        finally:
            shutil.rmtree(self._home, ignore_errors=True)


def _manager(home: Path) -> AsyncKernelManager:
    class OwnSpecs(KernelSpecManager):  # type: ignore[misc, unused-ignore]
        """Knows one kernel: this interpreter. The machine's kernel list is not asked."""

        def get_kernel_spec(self, kernel_name: str) -> Any:
            del kernel_name
            argv = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=OwnSpecs(),
        transport="ipc",
        ip=str(home / "channel"),
        connection_file=str(home / "connection.json"),
    )


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON", "MPL"))}
    folders = {name: str(home / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")}
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    return (
        kept
        | folders
        | {
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
            "OMP_NUM_THREADS": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
    )


class Pool:
    """Lends kernels; starts one only when it is needed."""

    def __init__(self, size: int) -> None:
        self._slots: asyncio.Queue[Kernel | None] = asyncio.Queue()
        for _ in range(size):
            self._slots.put_nowait(None)

    @asynccontextmanager
    async def lend(self, folder: Path) -> AsyncIterator[Kernel]:
        """Lend a fresh kernel whose working directory is ``folder``. After an error the kernel is not used again."""
        kernel = await self._slots.get()
        try:
            kernel = kernel or await Kernel.start()
            await kernel.refresh(folder)
            yield kernel
        except BaseException:
            broken, kernel = kernel, None
            if broken is not None:
                await broken.stop()
            raise
        finally:
            self._slots.put_nowait(kernel)

    async def close(self) -> None:
        """End every kernel that is not lent."""
        while not self._slots.empty():
            kernel = self._slots.get_nowait()
            if kernel is not None:
                await kernel.stop()
