"""Tokens and their keys, with a real store between who signs and who verifies."""

import asyncio
import time
from pathlib import Path

import jwt
import pytest

from gateway.control.credentials import Credentials
from gateway.control.issuer import TokenIssuer
from gateway.core.access_token import AUDIENCE, ISSUER, LEEWAY
from gateway.core.registry import Registry
from gateway.keys import load_or_create
from gateway.registry_store import RegistryStore
from gateway.store import Store
from gateway.tokens import TokenVerifier
from ndxp.errors import Reason, Refusal
from tests.support.fakes import until

LIFE = 600
CLIENT = "VN/GOV/H26/one-stop"


@pytest.fixture
def registry(store: Store) -> RegistryStore:
    return RegistryStore(store)


async def made(folder: Path, registry: RegistryStore) -> TokenIssuer:
    issuer = TokenIssuer(folder / "token-key.pem", registry, LIFE)
    await issuer.publish()
    return issuer


async def verifier_of(registry: RegistryStore) -> TokenVerifier:
    verifier = TokenVerifier()
    verifier.use_keys((await registry.load()).token_keys)
    return verifier


def reason(verifier: TokenVerifier, token: str) -> Reason | None:
    try:
        verifier.verify(f"Bearer {token}", time.time())
    except Refusal as refusal:
        return refusal.reason
    return None


async def test_a_token_names_the_client_and_the_generation(tmp_path: Path, registry: RegistryStore) -> None:
    issuer = await made(tmp_path, registry)
    verifier = await verifier_of(registry)
    token = verifier.verify(f"Bearer {issuer.issue(CLIENT, 3)}", time.time())
    assert (token.client, token.generation) == (CLIENT, 3)
    assert verifier.verify(f"Bearer {issuer.issue(CLIENT, 0)}", time.time()).generation == 0


async def test_tokens_of_a_former_key_are_good_until_they_expire_and_then_the_key_goes(
    tmp_path: Path, registry: RegistryStore
) -> None:
    issuer = await made(tmp_path, registry)
    before = (await issuer.keys())[0]["kid"]
    old = issuer.issue(CLIENT, 0)
    keys = {key["kid"]: key for key in await issuer.rotate()}
    new = issuer.issue(CLIENT, 0)
    [signing] = [kid for kid, key in keys.items() if key["signs"]]
    assert signing != before
    assert jwt.get_unverified_header(new)["kid"] == signing
    verifier = await verifier_of(registry)
    assert (reason(verifier, old), reason(verifier, new)) == (None, None)

    expires = jwt.decode(old, options={"verify_signature": False})["exp"] + LEEWAY
    assert keys[before]["until"] >= expires
    await registry.drop_keys(keys[before]["until"] - 1)
    assert len(await issuer.keys()) == 2
    version = await registry.version()
    await registry.drop_keys(keys[before]["until"])
    assert await registry.version() == version + 1
    assert [key["kid"] for key in await issuer.keys()] == [signing]
    verifier.use_keys((await registry.load()).token_keys)
    assert (reason(verifier, old), reason(verifier, new)) == (Reason.TOKEN_INVALID, None)


async def test_tokens_of_a_key_that_has_leaked_end_at_once(tmp_path: Path, registry: RegistryStore) -> None:
    issuer = await made(tmp_path, registry)
    oldest = issuer.issue(CLIENT, 0)
    await issuer.rotate()
    old = issuer.issue(CLIENT, 0)
    [key] = await issuer.rotate(leaked=True)
    assert key["signs"]
    verifier = await verifier_of(registry)
    found = [reason(verifier, token) for token in (oldest, old, issuer.issue(CLIENT, 0))]
    assert found == [Reason.TOKEN_INVALID, Reason.TOKEN_INVALID, None]


async def test_the_new_key_is_known_before_the_first_token_is_signed_with_it(
    tmp_path: Path, registry: RegistryStore
) -> None:
    issuer = await made(tmp_path, registry)
    rotating = asyncio.create_task(issuer.rotate())
    before = jwt.get_unverified_header(issuer.issue(CLIENT, 0))["kid"]
    await until(lambda: _published(registry, 2))
    assert jwt.get_unverified_header(issuer.issue(CLIENT, 0))["kid"] == before
    await rotating
    assert jwt.get_unverified_header(issuer.issue(CLIENT, 0))["kid"] != before


async def _published(registry: RegistryStore, number: int) -> bool:
    return len(await registry.keys()) == number


async def test_the_new_key_is_in_the_file_for_its_owner_alone_and_signs_after_a_restart(
    tmp_path: Path, registry: RegistryStore
) -> None:
    issuer = await made(tmp_path, registry)
    await issuer.rotate()
    token = issuer.issue(CLIENT, 0)
    assert (tmp_path / "token-key.pem").stat().st_mode & 0o777 == 0o600
    assert await asyncio.to_thread(lambda: [p.name for p in tmp_path.glob("token-key*")]) == ["token-key.pem"]
    again = await made(tmp_path, registry)
    headers = [jwt.get_unverified_header(one)["kid"] for one in (token, again.issue(CLIENT, 0))]
    assert headers[0] == headers[1]


async def test_a_key_file_that_was_replaced_by_hand_lets_the_former_key_end(
    tmp_path: Path, registry: RegistryStore
) -> None:
    old = (await made(tmp_path, registry)).issue(CLIENT, 0)
    (tmp_path / "token-key.pem").unlink()
    issuer = await made(tmp_path, registry)
    assert sorted(key["until"] is None for key in await issuer.keys()) == [False, True]
    assert reason(await verifier_of(registry), old) is None


async def test_a_changed_secret_begins_a_new_generation_and_only_for_its_subsystem(
    tmp_path: Path, registry: RegistryStore
) -> None:
    await registry.change(lambda _: Registry(instance="VN"))
    credentials = Credentials(tmp_path / "credentials.json", registry)
    first = await credentials.issue(["a", "b"])
    assert [await credentials.generation(name, first[name]) for name in "ab"] == [0, 0]
    second = await credentials.rotate(["a"])
    assert await credentials.generation("a", first["a"]) is None
    assert await credentials.generation("a", second["a"]) == 1
    assert await credentials.generation("b", first["b"]) == 0
    assert (await registry.load()).generations == {"a": 1}
    assert await credentials.issue(["a", "b"]) == {}
    assert (await registry.load()).generations == {"a": 1}


@pytest.mark.parametrize("claims", [{"aud": "other"}, {"iss": "other"}, {"iat": 2**33}, {"sub": None}, {"exp": None}])
async def test_a_token_with_a_wrong_claim_is_refused(
    tmp_path: Path, registry: RegistryStore, claims: dict[str, object]
) -> None:
    issuer = await made(tmp_path, registry)
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "iat": now, "exp": now + 60, **claims}
    given = {name: value for name, value in whole.items() if value is not None}
    key = load_or_create(tmp_path / "token-key.pem")
    kid = jwt.get_unverified_header(issuer.issue(CLIENT, 0))["kid"]
    token = jwt.encode(given, key, algorithm="EdDSA", headers={"kid": kid})
    assert reason(await verifier_of(registry), token) is Reason.TOKEN_INVALID
