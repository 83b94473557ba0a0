"""A client made from a run folder in one line."""

from pathlib import Path

import grpc
import pytest

import ndxp
from ndxp.client import TokenRefused
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox.state import NoSandbox
from ndxp.testing import RunningExchange
from ndxp.wire.status import decode

REQUEST = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


def test_a_member_calls_with_nothing_but_the_run_folder(exchange: RunningExchange) -> None:
    with ndxp.connect("VN/GOV/H26/one-stop", folder=exchange.folder) as connection:
        assert PopulationServiceStub(connection.channel).VerifyCitizen(REQUEST).matched


def test_a_caller_reads_reason_hop_and_remedy_of_a_refusal(exchange: RunningExchange) -> None:
    with ndxp.connect("VN/GOV/G27/lgsp", folder=str(exchange.folder)) as connection:
        with pytest.raises(grpc.RpcError) as refused:
            PopulationServiceStub(connection.channel).VerifyCitizen(REQUEST)
    failure = decode(refused.value)
    assert (failure.code.name, failure.reason, failure.hop) == (
        "PERMISSION_DENIED",
        "ACCESS_DENIED",
        "gateway/authorise",
    )
    assert "ndxp grants add" in failure.remedy
    assert failure.transaction_id


def test_a_folder_without_an_exchange_and_a_stranger_are_told_what_to_do(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    with pytest.raises(NoSandbox, match="ndxp up -d"):
        ndxp.connect("VN/GOV/H26/one-stop", folder=tmp_path)
    with pytest.raises(TokenRefused, match="ndxp members"):
        ndxp.connect("VN/GOV/H26/nobody", folder=exchange.folder)
