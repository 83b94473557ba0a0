"""The lease in the store that says which recorder writes; the others stand by."""

from secrets import token_hex

from gateway.store import Store

LEASE = "ndxp:recorder"
LIFE_MS = 3000
"""Milliseconds after which a lease that was not renewed is lost, and the next recorder takes over."""

_KEEP = """
local holder = redis.call('get', KEYS[1])
if holder == ARGV[1] then redis.call('pexpire', KEYS[1], ARGV[2]) return 1 end
if not holder then redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2]) return 1 end
return 0
"""
_SET = """
local holder = redis.call('get', KEYS[1])
if not holder or holder == ARGV[1] then redis.call('set', KEYS[2], ARGV[2]) end
"""
_LEAVE = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"


class Lease:
    """One recorder's lease. It only avoids wasted work: the ledger itself makes sure that there is one writer.

    The store does not make sure of that; so a recorder that has lost the lease does not write to it (``set``).
    """

    def __init__(self, store: Store, holder: str) -> None:
        self._store = store
        self.holder = f"{holder}/{token_hex(4)}"  # two processes may have the same name

    async def keep(self) -> bool:
        """Takes the lease, or renews it; False while another recorder has it."""
        return bool(await self._store.eval(_KEEP, 1, LEASE, self.holder, LIFE_MS))

    async def set(self, key: str, value: str) -> None:
        """Sets a key of the store, unless another recorder has the lease now."""
        await self._store.eval(_SET, 2, LEASE, key, self.holder, value)

    async def leave(self) -> None:
        """Gives it up at once, so that the next recorder need not wait."""
        await self._store.eval(_LEAVE, 1, LEASE, self.holder)
