"""Settings of the console's process, from the environment."""

from pathlib import Path

from pydantic import ValidationInfo, field_validator

from ndxp.address import Address, listening, loopback
from ndxp.process import ProcessSettings
from ndxp.sandbox.console import Role


class ConsoleSettings(ProcessSettings):
    """``NDXP_*`` variables of the console."""

    console_tls_folder: Path | None = None
    """The folder with ``tls.key`` and ``tls.crt``, the console's key and certificate: with it the console has TLS."""
    console_names: list[str] = []  # noqa: RUF012
    """Names under which browsers reach the console besides those of this machine, ``host`` or ``host:port`` as they
    stand in the URL; the URL that is printed has the first of them."""
    console_address: str = "127.0.0.1:8082"
    """Where the console listens, ``host:port``. Without TLS it is for this machine only, because a browser would send
    its cookie in plaintext."""
    console_role: Role = "operator"
    """What the console may do at the admin API: ``viewer``, ``auditor`` or ``operator``."""
    run_folder: Path = Path(".ndxp")
    """The run folder of the exchange that it shows."""

    @field_validator("console_names")
    @classmethod
    def _named(cls, names: list[str]) -> list[str]:
        for name in names:
            Address.parse(name if ":" in name.rpartition("]")[2] else f"{name}:443")
        return [name.lower() for name in names]

    @field_validator("console_address")
    @classmethod
    def _only_here_without_tls(cls, address: str, info: ValidationInfo) -> str:
        if not loopback(listening(address)) and info.data.get("console_tls_folder") is None:
            raise ValueError(
                "without TLS the console listens at 127.0.0.1, [::1] or localhost only; NDXP_CONSOLE_TLS_FOLDER names "
                "the folder with its tls.key and tls.crt"
            )
        return address
