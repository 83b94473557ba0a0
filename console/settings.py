"""Settings of the console's process, from the environment."""

from pathlib import Path

from pydantic import field_validator

from ndxp.address import listening, loopback
from ndxp.process import ProcessSettings
from ndxp.sandbox.console import Role


class ConsoleSettings(ProcessSettings):
    """``NDXP_*`` variables of the console."""

    console_address: str = "127.0.0.1:8082"
    """Where the console listens, ``host:port``, on this machine only: a browser sends its cookie without TLS."""
    console_role: Role = "operator"
    """What the console may do at the admin API: ``viewer``, ``auditor`` or ``operator``."""
    run_folder: Path = Path(".ndxp")
    """The run folder of the exchange that it shows."""

    @field_validator("console_address")
    @classmethod
    def _only_here(cls, address: str) -> str:
        if not loopback(listening(address)):
            raise ValueError("the console has no TLS: it listens at 127.0.0.1, [::1] or localhost only")
        return address
