"""Settings of an agency's process, from the environment."""

from pathlib import Path

from pydantic import Field, field_validator

from ndxp.address import Address, listening
from ndxp.agency.retention import LEAST_DAYS, Limits
from ndxp.database_url import read_url
from ndxp.process import ProcessSettings

DEFAULT_GATEWAY = "127.0.0.1:50051"
DEFAULT_CONTROL = "http://127.0.0.1:8080"


class AgencySettings(ProcessSettings):
    """``NDXP_*`` variables of every agency; an agency with settings of its own has a subclass."""

    control_url: str = DEFAULT_CONTROL
    """The control process: tokens and keys."""
    gateway: str = DEFAULT_GATEWAY
    """The gateway, ``host:port``, or ``unix:/PATH`` for a socket, for calls onward to other agencies."""
    credentials: Path = Path(".ndxp/credentials.json")
    """File with the secrets of the subsystems that this process runs as."""
    tls_folder: Path | None = None
    """Certificates: ``ca.pem``, and a file with key and certificate for each subsystem that this process runs as.
    Without it everything is plaintext."""
    addresses: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """Where subsystems listen: identifier to ``host:port``; an agency that is not named has its default port."""
    database_url: str = "sqlite:///{name}.db"
    """SQLite or PostgreSQL, ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``; ``{name}`` is the
    agency's name."""
    access_log_keep_days: float = Field(default=0, ge=0)
    """Days for which accesses are kept in the access log, 0.05 at least. 0 keeps them for ever."""
    access_log_keep_entries: int = Field(default=0, ge=0)
    """How many accesses are kept, the newest; those of the last 0.05 days in any case. 0 keeps all."""
    clock_file: Path | None = None
    """The file of a simulated clock, which `ndxp up --clock` makes; without it the time is the real one."""
    seed: int = 2023
    """Seed of the synthetic nation."""
    population: int = 100_300_000
    """Size of the synthetic nation, in people."""

    @field_validator("gateway")
    @classmethod
    def _calls(cls, gateway: str) -> str:
        if not gateway.startswith("unix:/"):
            Address.parse(gateway)
        return gateway

    @field_validator("addresses")
    @classmethod
    def _each_listens_at(cls, addresses: dict[str, str]) -> dict[str, str]:
        return {subsystem: listening(address) for subsystem, address in addresses.items()}

    @field_validator("access_log_keep_days")
    @classmethod
    def _what_may_be_presented_again_stays(cls, days: float) -> float:
        if 0 < days < LEAST_DAYS:
            raise ValueError(f"young accesses show what was presented before: 0 keeps all, or {LEAST_DAYS} days")
        return days

    @property
    def access_log_limits(self) -> Limits:
        """How much of the access log is kept."""
        return Limits(days=self.access_log_keep_days, entries=self.access_log_keep_entries)

    @field_validator("database_url")
    @classmethod
    def _can_be_read(cls, url: str) -> str:
        read_url(url)
        return url
