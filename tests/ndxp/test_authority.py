"""The sandbox's authority: what its certificates say, when they are made anew, and how the gateway reads them."""

import asyncio
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dataplane.certificates import Certificate, presented
from ndxp.authority import LOCAL, Authority, AuthorityMissing, read
from ndxp.wire.tls import GATEWAY, CertificateMissing, Tls, file_of, uri_of

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


async def _seen(authority: Authority, server: str, client: str) -> Certificate:
    """What a port with mutual TLS sees of who comes."""
    seen: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def come(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.set_result(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        writer.close()

    own, other = (Tls.load(authority.folder, name) for name in (server, client))
    port = await asyncio.start_server(come, "127.0.0.1", 0, ssl=own.http2(server=True))
    async with port:
        where = port.sockets[0].getsockname()[:2]
        _, writer = await asyncio.open_connection(*where, ssl=other.http2(server=False), server_hostname="localhost")
        writer.close()
        return presented(await seen)


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
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(_seen(authority, NAME, "VN/COM/x/y"))


def made(uris: tuple[str, ...] = (), *subject: tuple[x509.ObjectIdentifier, str]) -> bytes:
    """A certificate with these URIs and this subject."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + SHORT)
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        (made(), ""),
        (made(("https://VN/GOV/G24/x",)), ""),
        (made(("urn:ndxp:VN/GOV/G24/x", "urn:ndxp:VN/GOV/G24/y")), ""),
        (made((), (NameOID.COMMON_NAME, "VN/GOV/G24/x")), ""),
        (made(("urn:ndxp:VN/GOV/G24/x",)), "VN/GOV/G24/x"),
    ],
    ids=["nothing", "a URL", "two members", "a common name", "a member"],
)
def test_only_one_uri_of_the_exchange_names_a_member(peer: bytes, client: str) -> None:
    assert presented(peer).client == client


@pytest.mark.parametrize(
    "subject",
    [
        [(NameOID.ORGANIZATION_NAME, "x,dnQualifier=9")],
        [(NameOID.COMMON_NAME, "dnQualifier=9")],
        [(NameOID.DN_QUALIFIER, "9x")],
        [(NameOID.DN_QUALIFIER, "9"), (NameOID.DN_QUALIFIER, "8")],
    ],
    ids=str,
)
def test_a_generation_is_taken_from_the_place_of_the_authority_only(
    subject: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    assert presented(made((), *subject)).generation == 0


@given(st.text(alphabet="abcXYZ019'()+,-.=?", min_size=1, max_size=20))
@settings(max_examples=25)  # a key is made for each
def test_every_identifier_survives_its_uri(part: str) -> None:
    name = f"VN/GOV/{part}/{part}"
    assert presented(made((uri_of(name),))).client == name
    assert file_of(Path("folder"), name).parent == Path("folder")
