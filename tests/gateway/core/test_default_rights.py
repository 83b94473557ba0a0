"""Who may do what with residence and wallet in the default exchange."""

from time import time

import pytest

from gateway.control.exchange_file import read_exchange
from gateway.core.policy import authorise, choose_service
from gateway.core.registry import Grant, Snapshot
from gateway.settings import ControlSettings
from ndxp.errors import Reason, Refusal

ONE_STOP, LODGING, APP = "VN/GOV/H26/one-stop", "VN/COM/9900000048/lodging", "VN/GOV/G01/wallet"
PORTAL, HOSPITAL, OPERATIONS = "VN/GOV/G22/public-services", "VN/GOV/H26/hospital", "VN/GOV/G22/operations"


@pytest.fixture(scope="module")
def default() -> Snapshot:
    return Snapshot(read_exchange(ControlSettings()), {})


def asked(default: Snapshot, client: str, method: str, purpose: str = "") -> Grant:
    agency, name = method.split("/")
    contract = {"residence": "ndxp.residence.v1.ResidenceService", "wallet": "ndxp.wallet.v1.WalletService"}[agency]
    service = choose_service(default, f"{contract}/{name}", "")
    return authorise(default, client, service, f"{contract}/{name}", purpose=purpose, now=time())


@pytest.mark.parametrize(
    ("client", "method", "purpose"),
    [
        (ONE_STOP, "residence/RegisterResidence", ""),
        (ONE_STOP, "residence/RemoveResidence", "death registration"),
        (ONE_STOP, "residence/ConfirmResidence", "confirmation of residence"),
        (LODGING, "residence/NotifyStays", ""),
        (PORTAL, "residence/NotifyStay", ""),
        (APP, "residence/NotifyStay", ""),
        (APP, "residence/ConfirmResidence", "wallet"),
        (OPERATIONS, "residence/CountStays", ""),
        (APP, "wallet/GetDocuments", ""),
        (LODGING, "wallet/GetIssuerKeys", ""),
        (ONE_STOP, "wallet/ListReports", ""),
    ],
)
def test_these_may(default: Snapshot, client: str, method: str, purpose: str) -> None:
    assert asked(default, client, method, purpose).covers(method.partition("/")[2])


@pytest.mark.parametrize(
    ("client", "method", "purpose", "reason"),
    [
        (ONE_STOP, "residence/RemoveResidence", "", Reason.PURPOSE_REQUIRED),
        (ONE_STOP, "residence/RemoveResidence", "birth registration", Reason.PURPOSE_REQUIRED),
        (ONE_STOP, "residence/ConfirmResidence", "", Reason.PURPOSE_REQUIRED),
        (PORTAL, "residence/RemoveResidence", "death registration", Reason.ACCESS_DENIED),
        (LODGING, "residence/CountStays", "", Reason.ACCESS_DENIED),
        (LODGING, "residence/ConfirmResidence", "confirmation of residence", Reason.ACCESS_DENIED),
        (HOSPITAL, "residence/RegisterResidence", "", Reason.ACCESS_DENIED),
        (ONE_STOP, "wallet/GetDocuments", "wallet", Reason.ACCESS_DENIED),
        (LODGING, "wallet/PresentDocument", "wallet", Reason.ACCESS_DENIED),
        (APP, "wallet/AnswerReport", "", Reason.ACCESS_DENIED),
    ],
)
def test_these_may_not(default: Snapshot, client: str, method: str, purpose: str, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        asked(default, client, method, purpose)
    assert refused.value.reason is reason


def test_the_household_book_is_released_in_part(default: Snapshot) -> None:
    released = asked(default, ONE_STOP, "residence/ConfirmResidence", "confirmation of residence").fields
    assert "book.household_number" in released
    assert not {"book", "book.ethnicity", "book.old_number"} & {*released}
