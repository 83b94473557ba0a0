"""What the exchange says about an answer, in its metadata: transaction, withheld fields, grant."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from gateway.rest.failures import Failed
from ndxp.errors import Code
from ndxp.wire import metadata
from ndxp.wire.metadata import Pairs
from ndxp.wire.status import Failure


def headers(pairs: Pairs) -> dict[str, str]:
    """The exchange's own metadata of an answer, as header fields."""
    return {key: value for key, value in pairs if key.startswith(metadata.PREFIX) and isinstance(value, str)}


def withheld(pairs: Pairs) -> list[str]:
    """The fields that are withheld from an answer, as its metadata names them."""
    return [name for name in str(metadata.first(pairs, metadata.WITHHELD)).split() if name != metadata.MORE]


@contextmanager
def fitting(pairs: Pairs) -> Iterator[None]:
    """A block that translates an answer with this metadata. Raises Failed when it does not fit its contract."""
    try:
        yield
    except (DecodeError, json_format.Error, TypeError, ValueError, RecursionError) as error:
        transaction = str(metadata.first(pairs, metadata.TRANSACTION_ID))
        why = "the provider's answer does not fit its contract"
        raise Failed(Failure(Code.INTERNAL, why, hop="agency", transaction_id=transaction)) from error
