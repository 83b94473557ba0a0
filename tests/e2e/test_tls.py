"""An exchange with mutual TLS: who may connect, whose certificate it must be, and when it is no good any more."""

import asyncio
import datetime
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

import ndxp
from ndxp.authority import Authority
from ndxp.classroom.classroom import Classroom
from ndxp.classroom.pupil import Joined
from ndxp.client import Credentials, Exchange, TokenRefused, Tokens
from ndxp.population.v1 import population_pb2 as pb
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.sandbox import life, plan
from ndxp.sandbox.console import Console
from ndxp.testing import RunningExchange
from ndxp.wire import metadata, status
from ndxp.wire.tls import CONTROL, GATEWAY, Tls, connect_aio, trust
from tests.e2e.conftest import failure_of, transactions
from tests.support.fakes import until

OUTSIDE = "127.0.0.2"
"""Who connects to this address does so from another one, as programs of other machines do."""

MEMBER, OTHER, ROTATED = "VN/GOV/H26/one-stop", "VN/GOV/H22/one-stop", "VN/GOV/H14/one-stop"
VERIFY = "/ndxp.population.v1.PopulationService/VerifyCitizen"
REQUEST = pb.VerifyCitizenRequest(citizen_number="001090000001", full_name="A", birth_date="1990-01-01")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """An exchange with TLS, which other machines reach too."""
    state = life.start(plan.make(tmp_path_factory.mktemp("secure"), port=0, tls=True, address=OUTSIDE))
    header = {"Authorization": f"Bearer {Credentials.load(state.credentials, 'admin').secret}"}
    try:
        with httpx.Client(
            base_url=f"{state.control_url}/admin/v1", headers=header, timeout=60, **state.asking()
        ) as admin:
            yield RunningExchange(state, admin)
    finally:
        life.stop(state)


def tls_of(secure: RunningExchange, name: str) -> Tls:
    return Tls.load(secure.state.tls_folder, name)


def agency(secure: RunningExchange) -> str:
    """Where the population agency listens."""
    addresses: dict[str, str] = json.loads(secure.state.processes[2].environment["NDXP_ADDRESSES"])
    return addresses["VN/GOV/G01/population"]


async def attempt(secure: RunningExchange, tls: Tls | None, client: str = MEMBER) -> status.Failure | None:
    """Verifies somebody with a good token of the client, over a connection made with ``tls``."""
    bearer = metadata.AUTHORIZATION, f"Bearer {await secure.tokens(client).get()}"
    async with connect_aio(secure.gateway, tls) as channel:
        call: Any = channel.unary_unary(VERIFY)
        try:
            await call(REQUEST.SerializeToString(), metadata=(bearer,), timeout=20)
        except grpc.aio.AioRpcError as error:
            return status.decode(error)
    return None


async def test_the_sdk_calls_with_its_certificate(secure: RunningExchange) -> None:
    async with Exchange(secure.gateway, secure.tokens(MEMBER)) as exchange:
        await PopulationServiceStub(exchange.channel).VerifyCitizen(REQUEST)
    assert [record["status_code"] for record in transactions(secure, client=MEMBER, limit=1)] == [0]


def test_the_blocking_sdk_too(secure: RunningExchange) -> None:
    with secure.connect(MEMBER) as exchange:
        PopulationServiceStub(exchange.channel).VerifyCitizen(REQUEST)


def test_a_program_of_a_class_calls_from_another_machine(secure: RunningExchange, tmp_path: Path) -> None:
    console = Console.running(secure.folder)
    assert console is not None
    with Classroom.start(secure.folder, 1, "1", "en") as room:
        code, folder = room.group("01").code, tmp_path / "pupil"
        with Joined.join(console.url, code, folder, fingerprint=console.fingerprint) as joined:
            me = joined.membership.subsystems["me"]
            assert joined.membership.gateway == f"{OUTSIDE}:{secure.gateway.rpartition(':')[2]}"
            with ndxp.connect(me, folder=folder) as exchange:
                PopulationServiceStub(exchange.channel).VerifyCitizen(REQUEST)
            assert [record["client"] for record in transactions(secure, client=me)] == [me]
        pems = {path.name for path in (folder / "tls").iterdir()}
        assert pems == {"ca.pem", "class.pem", f"{me.replace('/', '_')}.pem"}
        room.end()


async def test_nobody_connects_in_the_clear_or_without_a_certificate(secure: RunningExchange) -> None:
    bearer = metadata.AUTHORIZATION, f"Bearer {await secure.tokens(MEMBER).get()}"
    authority = tls_of(secure, MEMBER).authority
    for channel in (
        grpc.aio.insecure_channel(secure.gateway),
        grpc.aio.secure_channel(secure.gateway, grpc.ssl_channel_credentials(authority)),
    ):
        async with channel:
            call: Any = channel.unary_unary(VERIFY)
            assert (await failure_of(call(b"", metadata=(bearer,), timeout=20))).code.name == "UNAVAILABLE"


@pytest.mark.parametrize("kind", ["of another authority", "expired"])
async def test_a_certificate_that_does_not_hold_makes_no_connection(
    secure: RunningExchange, tmp_path: Path, kind: str
) -> None:
    good = tls_of(secure, MEMBER)
    if kind == "expired":
        authority = Authority.open(secure.state.tls_folder)
        authority = Authority(tmp_path, authority.certificate, authority.key)
    else:
        authority = Authority.open_or_create(tmp_path)
    file = authority.issue(MEMBER, life=datetime.timedelta(seconds=-1 if kind == "expired" else 60))
    bad = replace(good, own=await asyncio.to_thread(file.read_bytes))
    failure = await attempt(secure, bad)
    assert failure is not None
    assert (failure.code.name, failure.reason) == ("UNAVAILABLE", "")


@pytest.mark.parametrize("whose", [OTHER, GATEWAY, CONTROL])
async def test_another_certificate_than_the_tokens_is_refused_and_recorded(secure: RunningExchange, whose: str) -> None:
    failure = await attempt(secure, tls_of(secure, whose))
    assert failure is not None
    assert (failure.code.name, failure.reason, failure.hop) == (
        "UNAUTHENTICATED",
        "CERTIFICATE_INVALID",
        "gateway/identify",
    )
    assert MEMBER in failure.message
    assert whose in failure.message
    [record] = transactions(secure, transaction_id=failure.transaction_id)
    assert (record["client"], record["reason"]) == (MEMBER, "CERTIFICATE_INVALID")


async def test_after_a_rotation_the_former_certificate_is_refused_also_on_an_open_connection(
    secure: RunningExchange,
) -> None:
    former = tls_of(secure, ROTATED)
    async with connect_aio(secure.gateway, former) as channel:
        batch: Any = channel.stream_stream("/ndxp.population.v1.PopulationService/BatchVerifyCitizens")
        old = metadata.AUTHORIZATION, f"Bearer {await secure.tokens(ROTATED).get()}"
        stream = batch(metadata=(old,), timeout=60)
        await stream.write(b"")
        secure.admin.post("members/rotate", json={"member": ROTATED}).raise_for_status()
        assert (await failure_of(stream)).code.name == "UNAUTHENTICATED"
        new = metadata.AUTHORIZATION, f"Bearer {await secure.tokens(ROTATED).get()}"
        call: Any = channel.unary_unary(VERIFY)
        failure = await failure_of(call(REQUEST.SerializeToString(), metadata=(new,), timeout=20))
        assert failure.reason == "CERTIFICATE_INVALID"
        assert "rotated" in failure.message
    assert await attempt(secure, tls_of(secure, ROTATED), ROTATED) is None


async def test_a_new_certificate_is_good_beside_the_former_one(secure: RunningExchange) -> None:
    former = tls_of(secure, OTHER)
    made = secure.admin.post("members/certificates", json={"member": OTHER}).json()["certificates"]
    assert list(made) == [OTHER]
    current = tls_of(secure, OTHER)
    assert former != current
    for tls in (former, current):
        assert await attempt(secure, tls, OTHER) is None


async def test_a_member_that_is_added_gets_a_certificate(secure: RunningExchange) -> None:
    given = {"id": "VN/COM/late", "name": "Late", "subsystems": ["app"], "groups": []}
    secure.admin.post("members", json=given).raise_for_status()

    async def let_in() -> bool:
        failure = await attempt(secure, tls_of(secure, "VN/COM/late/app"), "VN/COM/late/app")
        return failure is not None and failure.reason == "ACCESS_DENIED"

    await until(let_in)


async def test_an_agency_takes_a_member_that_reaches_its_port_for_what_it_is(secure: RunningExchange) -> None:
    address = agency(secure)
    async with connect_aio(address, tls_of(secure, MEMBER)) as channel:
        call: Any = channel.unary_unary(VERIFY)
        assert (await failure_of(call(b"", timeout=20))).reason == "GATEWAY_ONLY"
    async with grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary(VERIFY)
        assert (await failure_of(call(b"", timeout=20))).code.name == "UNAVAILABLE"


def _negotiated(address: str, tls: Tls, folder: Path, version: ssl.TLSVersion) -> str | None:
    """The version of TLS that a port agrees to when no later one is offered; None when to none."""
    (folder / "own.pem").write_bytes(tls.own)
    context = ssl.create_default_context(cadata=tls.authority.decode())
    context.maximum_version = version
    context.load_cert_chain(folder / "own.pem")
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    try:
        with (
            socket.create_connection((host, int(port)), timeout=20) as raw,
            context.wrap_socket(raw, server_hostname=host) as made,
        ):
            return made.version()
    except OSError:
        return None


@pytest.mark.parametrize("what", ["gateway", "agency", "control"])
def test_every_port_speaks_tls_1_3_only(secure: RunningExchange, tmp_path: Path, what: str) -> None:
    address = {
        "gateway": secure.gateway,
        "agency": agency(secure),
        "control": secure.control_url.removeprefix("https://"),
    }[what]
    tls = tls_of(secure, MEMBER)
    assert _negotiated(address, tls, tmp_path, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert _negotiated(address, tls, tmp_path, ssl.TLSVersion.TLSv1_2) is None


async def test_a_client_that_does_not_trust_the_authority_gets_no_token(secure: RunningExchange) -> None:
    known = Credentials.load(secure.credentials, MEMBER)
    with pytest.raises(TokenRefused, match="CERTIFICATE_VERIFY_FAILED"):
        await Tokens(secure.control_url, Credentials(MEMBER, known.secret)).get()


def test_keys_are_their_owners_alone(secure: RunningExchange) -> None:
    folder = secure.state.tls_folder
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert trust((folder / "ca.pem").read_bytes()).minimum_version is ssl.TLSVersion.TLSv1_3


async def test_health_needs_tls_too(secure: RunningExchange) -> None:
    async with grpc.aio.insecure_channel(secure.gateway) as channel:
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert (await failure_of(check(b"", timeout=20))).code.name == "UNAVAILABLE"
