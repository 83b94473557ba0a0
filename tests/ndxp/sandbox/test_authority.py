"""The sandbox's authority: what its certificates say, when they are made anew, and how the gateway reads them."""

import asyncio
import datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dataplane.certificates import Certificate, presented
from ndxp.sandbox.authority import LOCAL, Authority, AuthorityMissing, read
from ndxp.tls import GATEWAY, CertificateMissing, Tls, connect_aio, file_of, listen, uri_of

NAME = "VN/GOV/G24/health-insurance"
SHORT = datetime.timedelta(days=20)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.open_or_create(tmp_path / "tls")


def own(authority: Authority, name: str) -> bytes:
    return file_of(authority.folder, name).read_bytes()


def test_an_authority_is_made_once(authority: Authority) -> None:
    again = Authority.open_or_create(authority.folder)
    assert again.certificate == authority.certificate


def test_without_its_key_nothing_is_made(authority: Authority) -> None:
    (authority.folder / "ca-key.pem").unlink()
    with pytest.raises(AuthorityMissing, match=r"ca-key\.pem"):
        Authority.open(authority.folder)


def test_a_missing_certificate_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CertificateMissing, match=r"ca\.pem.*ndxp up --tls"):
        Tls.load(tmp_path, NAME)


def test_a_good_certificate_is_kept(authority: Authority) -> None:
    authority.ensure(NAME, 2, LOCAL)
    before = own(authority, NAME)
    authority.ensure(NAME, 2, LOCAL)
    authority.ensure(NAME)
    assert own(authority, NAME) == before


@pytest.mark.parametrize("why", ["generation", "hosts", "ends soon", "another authority", "damaged"])
def test_a_certificate_that_does_not_fit_any_more_is_made_anew(authority: Authority, tmp_path: Path, why: str) -> None:
    authority.issue(NAME, 2, LOCAL, **({"life": SHORT} if why == "ends soon" else {}))
    if why == "another authority":
        other = Authority.open_or_create(tmp_path / "other")
        authority = Authority(authority.folder, other.certificate, other.key)
    if why == "damaged":
        file_of(authority.folder, NAME).write_bytes(b"-")
    before = own(authority, NAME)
    generation, hosts = 3 if why == "generation" else 2, ("localhost",) if why == "hosts" else LOCAL
    authority.ensure(NAME, generation, hosts)
    assert own(authority, NAME) != before
    made = read(file_of(authority.folder, NAME))
    assert made is not None
    assert (made.generation, set(made.hosts)) == (generation, set(hosts))
    assert made.until - made.since > 2 * SHORT


def test_a_renewed_certificate_keeps_generation_and_hosts(authority: Authority) -> None:
    authority.issue(NAME, 5, LOCAL, SHORT)
    authority.ensure(NAME)
    made = read(file_of(authority.folder, NAME))
    assert made is not None
    assert (made.generation, set(made.hosts)) == (5, set(LOCAL))


class _Port:
    """A port with mutual TLS that remembers how gRPC describes who comes."""

    def __init__(self, tls: Tls) -> None:
        self.peers: list[Any] = []
        self.server = grpc.aio.server()
        port = self

        class Anything(grpc.GenericRpcHandler):
            def service(self, _: Any) -> Any:
                async def answer(request: bytes, context: Any) -> bytes:
                    port.peers.append(context.auth_context())
                    return request

                return grpc.unary_unary_rpc_method_handler(answer)

        self.server.add_generic_rpc_handlers((Anything(),))
        self.address = f"127.0.0.1:{listen(self.server, '127.0.0.1:0', tls)}"


async def _seen(authority: Authority, server: str, client: str) -> Certificate:
    port = _Port(Tls.load(authority.folder, server))
    await port.server.start()
    try:
        async with connect_aio(port.address, Tls.load(authority.folder, client)) as channel:
            call: Any = channel.unary_unary("/a.B/C")
            await call(b"", timeout=20)
    finally:
        await port.server.stop(None)
    return presented(port.peers[0])


@pytest.mark.parametrize("name", [NAME, "VN/COM/a,b+c=d/e?f", "VN/COM/x,dnQualifier=9/y(1)'"])
@pytest.mark.parametrize("generation", [0, 7])
def test_the_gateway_reads_name_and_generation_from_a_connection(
    authority: Authority, name: str, generation: int
) -> None:
    authority.issue(GATEWAY, 0, LOCAL)
    authority.issue(name, generation)
    assert asyncio.run(_seen(authority, GATEWAY, name)) == Certificate(name, generation)


def test_a_consumers_certificate_is_no_servers(authority: Authority) -> None:
    authority.issue(NAME)
    authority.issue("VN/COM/x/y")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        asyncio.run(_seen(authority, NAME, "VN/COM/x/y"))
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ({}, ""),
        ({"peer_uri": [b"https://VN/GOV/G24/x"]}, ""),
        ({"peer_uri": [b"urn:ndxp:VN/GOV/G24/x", b"urn:ndxp:VN/GOV/G24/y"]}, ""),
        ({"x509_common_name": [b"VN/GOV/G24/x"]}, ""),
        ({"peer_uri": [b"urn:ndxp:VN/GOV/G24/x"]}, "VN/GOV/G24/x"),
    ],
    ids=str,
)
def test_only_one_uri_of_the_exchange_names_a_member(peer: dict[str, list[bytes]], client: str) -> None:
    assert presented(peer).client == client


@pytest.mark.parametrize(
    "subject", [b"O=x,dnQualifier=9", b"O=x\\,dnQualifier=9", b"CN=dnQualifier=9", b"dnQualifier=9x"]
)
def test_a_generation_is_taken_from_the_place_of_the_authority_only(subject: bytes) -> None:
    assert presented({"x509_subject": [subject]}).generation == 0


@given(st.text(alphabet="abcXYZ019'()+,-.=?", min_size=1, max_size=20))
def test_every_identifier_survives_its_uri(part: str) -> None:
    name = f"VN/GOV/{part}/{part}"
    assert presented({"peer_uri": [uri_of(name).encode()]}).client == name
    assert file_of(Path("folder"), name).parent == Path("folder")
