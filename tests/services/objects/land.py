"""The ids and tokens of land."""

from tests.support.objects import MARK

RULES = {
    "ndxp.land.v1.LandService/GetScannedDossier": {"header.sequence_id": MARK},
}
