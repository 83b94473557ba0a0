"""What a short exchange file leaves out is added; what a file says stays."""

from pathlib import Path

import msgspec

import gateway
from gateway.control.directory import CONTRACT, FOR_ALL, SUBSYSTEM, complete
from gateway.control.exchange_file import read_exchange_file
from gateway.core.registry import Member, Registry, Snapshot, check
from ndxp.exchange.v1 import exchange_pb2

ADDRESS = "127.0.0.1:50060"
DEFAULT = read_exchange_file(Path(gateway.__file__).with_name("exchange.yaml"))


def test_the_default_file_is_complete() -> None:
    assert complete(DEFAULT, ADDRESS) == DEFAULT


def test_an_exchange_of_one_member_gets_its_directory_and_its_operator() -> None:
    made = complete(Registry("VN", [Member("VN/COM/acme", "ACME", subsystems=["app"])]), ADDRESS)
    check(made)
    assert {"VN/COM/acme/app", SUBSYSTEM, "VN/GOV/G22/operations"} == set(Snapshot(made, {}).subsystems)
    assert [(s.provider, s.contract, s.address) for s in made.services] == [(SUBSYSTEM, CONTRACT, ADDRESS)]
    [grant] = made.grants
    assert (grant.consumer, grant.methods) == ("group:all", [*FOR_ALL])
    assert complete(made, ADDRESS) == made


def test_nobody_may_read_the_usage_by_the_right_of_all() -> None:
    [for_all] = [grant for grant in DEFAULT.grants if grant.consumer == "group:all"]
    assert for_all.methods == [*FOR_ALL]
    described = exchange_pb2.DESCRIPTOR.services_by_name["ExchangeService"].methods_by_name
    assert set(for_all.methods) == {*described} - {"GetUsage"}


def test_a_file_that_has_the_directory_says_who_may_read_it() -> None:
    closed = msgspec.structs.replace(DEFAULT, grants=[])
    assert complete(closed, ADDRESS) == closed


def test_a_member_that_is_there_keeps_its_own() -> None:
    office = Member("VN/GOV/G22", "Office", groups=["ministries"], subsystems=["lgsp"])
    [made] = complete(Registry("VN", [office]), ADDRESS).members
    assert made == msgspec.structs.replace(office, subsystems=["lgsp", "exchange", "operations"])
