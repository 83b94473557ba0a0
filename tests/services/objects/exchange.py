"""The ids and tokens of the exchange's directory."""

from tests.support.objects import ADDRESSED, PUBLIC

RULES = {
    "ndxp.exchange.v1.ExchangeService/ListMembers": {"page_token": PUBLIC},
    "ndxp.exchange.v1.ExchangeService/ListServices": {"page_token": PUBLIC},
    "ndxp.exchange.v1.ExchangeService/ApproveGrantRequest": {"id": ADDRESSED},
    "ndxp.exchange.v1.ExchangeService/DeclineGrantRequest": {"id": ADDRESSED},
}
