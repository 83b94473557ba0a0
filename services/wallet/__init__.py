"""The wallet of the Ministry of Public Security (VNeID), simulated."""

from pydantic import Field

from ndxp.agency.hosting import Composition, Foundation
from ndxp.agency.settings import AgencySettings
from ndxp.wallet.v1.wallet_pb2_grpc import add_WalletServiceServicer_to_server
from services.wallet.records import Wallets
from services.wallet.service import WalletService


class WalletSettings(AgencySettings):
    """What the wallet reads besides: how long it waits for a document."""

    wallet_wait_seconds: float = Field(default=3.0, gt=0, le=10)
    """Seconds that the wallet waits for the answer of an agency before it gives the other documents without it."""


def build(foundation: Foundation[WalletSettings]) -> WalletService:
    """What answers the calls."""
    return WalletService(
        foundation.database, Wallets(foundation.world), foundation.onward(), foundation.clock,
        issuer=foundation.part.subsystems[0], wait_seconds=foundation.settings.wallet_wait_seconds,
    )  # fmt: skip


AGENCY = Composition(build, [add_WalletServiceServicer_to_server], WalletSettings)
