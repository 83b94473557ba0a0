"""The ids and tokens of tax."""

from tests.support.objects import MARK

RULES = {
    "ndxp.tax.v1.TaxService/SubmitTransferSlip": {"header.sequence_id": MARK},
    "ndxp.tax.v1.TaxService/GetTaxNotice": {"header.sequence_id": MARK},
    "ndxp.tax.v1.TaxService/GetObligation": {"header.sequence_id": MARK},
}
