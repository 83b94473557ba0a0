"""The ids and tokens of the exchange's directory."""

from tests.support.objects import PUBLIC

RULES = {
    "ndxp.exchange.v1.ExchangeService/ListMembers": {"page_token": PUBLIC},
    "ndxp.exchange.v1.ExchangeService/ListServices": {"page_token": PUBLIC},
}
