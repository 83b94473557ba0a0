"""Addresses: what is one, and what only looks so."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import ControlSettings, GatewaySettings
from ndxp.address import Address
from ndxp.hosts import trusted

GOOD = {
    "127.0.0.1:50051": ("127.0.0.1", 50051), "localhost:1": ("localhost", 1), "[::1]:45901": ("::1", 45901),
    "[fe80::1%eth0]:80": ("fe80::1%eth0", 80), "envoy:50051": ("envoy", 50051), "a_b-c.svc:65535": ("a_b-c.svc", 65535),
    "xn--mtro-bpa.example:80": ("xn--mtro-bpa.example", 80), "units:1": ("units", 1),
}  # fmt: skip
BAD = [
    "unix:1234", "UNIX:1234", "unix:/tmp/x:1", "unix-abstract:1", "dns:80", "vsock:1:2", "http://x:1", "a@b:80",
    ":99999", ":80", "", "x", "x:", "x:y", "x:-1", "x:+1", "x:0x1", "x:1_0", "x:99999", "x:٣", "x:01", "::1:80",
    "[::1]", "[127.0.0.1]:80", "[x]:80", "1.2.3:80", "256.1.1.1:80", "1:80", "a b:80", "a\n:80", "x:80\n",
    "a/b:80", "-a:80", "a-:80", "a..b:80", ".a:80", f"{'a' * 64}:80", "đ:80",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_read_and_written_as_it_was(text: str) -> None:
    address = Address.parse(text)
    assert (address.host, address.port) == GOOD[text]
    assert str(address) == text


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused_in_a_line_that_names_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|from 1 to 65535") as refused:
        Address.parse(text, listening=True)
    assert "\n" not in str(refused.value)


def test_port_0_is_for_listeners() -> None:
    assert Address.parse("localhost:0", listening=True).port == 0
    with pytest.raises(ValueError, match="from 1 to 65535"):
        Address.parse("localhost:0")


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_ip_address_is_one(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> None:
    address = Address(str(ip), port)
    assert Address.parse(str(address)) == address
    assert address.local == ip.is_loopback
    assert (address.family is socket.AF_INET6) == (ip.version == 6)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        assert str(Address.parse(text)) == text
    except ValueError:
        return


@pytest.mark.parametrize("setting", ["control_address", "exchange_address", "metrics_address"])
def test_a_setting_that_is_no_address_is_refused_at_the_start(setting: str) -> None:
    for wrong in ("unix:1234", "127.0.0.1:99999", "a@b:80"):
        with pytest.raises(ValueError, match=setting):
            ControlSettings(**{setting: wrong})  # type: ignore[arg-type]
    assert getattr(ControlSettings(**{setting: "[::1]:0"}), setting) == "[::1]:0"  # type: ignore[arg-type]


def test_addresses_of_subsystems_and_of_the_gateway_are_held_to_the_same() -> None:
    for wrong in ("unix:1234", "x:0"):
        with pytest.raises(ValueError, match="addresses"):
            GatewaySettings(addresses={"VN/GOV/G01/population": wrong})
    with pytest.raises(ValueError, match="gateway_address"):
        GatewaySettings(gateway_address="a@b:80")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1:8080", "[::1]:8080", "LOCALHOST:80", "control", "x.svc", "x.localhost.", "ndxp.example"],
)
def test_a_name_that_strangers_cannot_have_may_be_asked_for(host: str) -> None:
    assert trusted(host, ["ndxp.example"])


@pytest.mark.parametrize(
    "host", ["", " ", "evil.com", "evil.com:8080", "localhost.evil.com", "1.evil", "a:b:c.d", "x.svc.com"]
)
def test_a_name_of_the_public_dns_may_not(host: str) -> None:
    assert not trusted(host, ["ndxp.example"])
