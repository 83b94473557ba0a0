import pytest

from ndxp.agency.caller import set_caller
from ndxp.agency.dossier_code import body_of, read_callers_code, read_own_code
from ndxp.errors import AgencyError
from ndxp.wire.assertion import Assertion

OURS = "000.00.01.H26-230712-0001"


@pytest.fixture(autouse=True)
def _one_stop() -> None:
    set_caller(Assertion("VN/GOV/H26/one-stop", "VN/GOV/G22/public-services", "a.B/C", "1"), None)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (OURS, "VN/GOV/H26"), ("000.00.00.G04-230712-12345", "VN/GOV/G04"), ("000.00.00.H26-230712-001", ""),
        ("G22.99-230703-abc", ""), ("", ""), (f"{OURS}\n", ""), ("000.00.00.X26-230712-0001", ""),
    ],
)  # fmt: skip
def test_a_code_tells_the_body_that_gave_it(code: str, body: str) -> None:
    assert body_of(code) == body


def test_a_body_speaks_of_its_own_dossiers_only() -> None:
    assert read_own_code(OURS) == OURS
    for code, reason in (
        (OURS.replace("H26", "H29"), "DOSSIER_CODE_OF_ANOTHER_BODY"),
        ("1", "DOSSIER_CODE_MALFORMED"),
    ):
        with pytest.raises(AgencyError) as refused:
            read_own_code(code, "dossier_code")
        assert (refused.value.reason, refused.value.field) == (reason, "dossier_code")


def test_a_callers_own_code_may_have_any_form_but_is_one_line() -> None:
    assert read_callers_code(" a 1 ") == "a 1"
    for code, reason in (("", "FIELD_MISSING"), ("a" * 65, "FIELD_MALFORMED"), ("a\nb", "FIELD_MALFORMED")):
        with pytest.raises(AgencyError) as refused:
            read_callers_code(code)
        assert (refused.value.reason, refused.value.field) == (reason, "dossier_code")
