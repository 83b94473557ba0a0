"""The ids and tokens of civil servants."""

from tests.support.objects import KEY

RULES = {
    "ndxp.civil_servants.v1.CivilServantService/RegisterKey": {"public_key": KEY},
    "ndxp.civil_servants.v1.CivilServantService/RotateKey": {"public_key": KEY},
}
