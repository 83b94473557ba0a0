"""Keeps a copy of the registry on the disk, notices when the store has lost it, and puts it back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gateway.registry_store import Contents, RegistryStore, Sizes
from ndxp.process import pulse
from ndxp.whole_file import whole_file

_EVERY = 0.5

_log = logging.getLogger(__name__)


class Keeper:
    """The copy is in ``path`` (mode 0600): the registry, contracts, keys of tokens, hashes of secrets, generations.

    ``tell`` is awaited after the registry was put back, with what the store had lost. ``rebuilt`` holds the times at
    which that happened since this process started, as text for people.
    """

    def __init__(
        self, path: Path, registry: RegistryStore, salt_key: bytes, tell: Callable[[str], Awaitable[None]]
    ) -> None:
        self._path = path
        self._tell = tell
        self._registry = registry
        self._salt_key = salt_key
        self._looking = asyncio.Lock()
        self._copy: Contents | None = None
        self._read = False
        self.rebuilt: list[str] = []

    async def run(self) -> None:
        """Looks again and again until cancelled. Raises the store's errors."""
        while True:
            await self.look()
            await pulse(_EVERY)

    async def look(self) -> None:
        """Copies what is new, or puts back what is lost.

        Raises the store's errors. A copy that cannot be written is an error in the log, and tried again.
        """
        async with self._looking:
            copy, now = self._known(), await self._registry.sizes()
            lost = _lost(copy, now)
            if copy is not None and lost:
                _log.error("the store has lost %s; it is put back from %s", lost, self._path)
                await self._registry.put_back(copy, self._salt_key)
                self.rebuilt.append(datetime.now(UTC).isoformat(timespec="seconds"))
            if lost or (now.version and (copy is None or now.version != copy.version)):
                self._keep(await self._registry.contents())
        if copy is not None and lost:
            await self._tell(lost)

    async def lost(self) -> str:
        """What the copy has and the store has lost, in words; empty when nothing. Raises the store's errors."""
        return _lost(self._known(), await self._registry.sizes())

    def _known(self) -> Contents | None:
        if not self._read:
            try:
                self._copy = msgspec.json.decode(self._path.read_bytes(), type=Contents)
            except FileNotFoundError:
                pass
            except (OSError, msgspec.MsgspecError) as error:
                _log.error("the copy of the registry in %s cannot be read: %s", self._path, error)
            self._read = True
        return self._copy

    def _keep(self, contents: Contents) -> None:
        try:
            with whole_file(self._path, synced=True) as file:
                file.write(msgspec.json.encode(contents))
        except OSError as error:
            _log.error("the registry cannot be copied to %s: %s", self._path, error.strerror)
            return
        self._copy = contents


def _lost(copy: Contents | None, now: Sizes) -> str:
    if copy is None:
        return ""
    if not now.version:
        return "the registry"
    if now.version < copy.version:
        return f"what was changed since version {now.version} of the registry"
    return ", ".join(copy.sizes.lacking(now))
