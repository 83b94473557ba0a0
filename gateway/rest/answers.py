"""What the exchange says about an answer, in its metadata: transaction, withheld fields, grant."""

from ndxp.wire import metadata
from ndxp.wire.metadata import Pairs


def headers(pairs: Pairs) -> dict[str, str]:
    """The exchange's own metadata of an answer, as header fields."""
    return {key: value for key, value in pairs if key.startswith(metadata.PREFIX) and isinstance(value, str)}


def withheld(pairs: Pairs) -> list[str]:
    """The fields that are withheld from an answer, as its metadata names them."""
    return [name for name in str(metadata.first(pairs, metadata.WITHHELD)).split() if name != metadata.MORE]
