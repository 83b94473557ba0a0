"""A new version of the exchange file, beside what was changed at run time."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.registry import Grant, Member, Quota, Registry, Service
from gateway.core.revision import revised


def member(number: int, name: str = "as in the file", *, disabled: bool = False) -> Member:
    return Member(f"VN/COM/{number}", name, subsystems=["app"], disabled=disabled)


def grant(name: str, method: str = "Get") -> Grant:
    return Grant(name, "VN/COM/1/app", "VN/COM/2/app", "demo.v1.Demo", [method])


def registry(*members: Member, grants: tuple[Grant, ...] = (), **quotas: Quota) -> Registry:
    return Registry("VN", members=list(members), grants=list(grants), quotas=quotas)


FILE = registry(member(1), member(2), grants=(grant("a"), grant("b")), default=Quota())


def test_the_same_file_again_changes_nothing() -> None:
    current = registry(member(1, disabled=True), grants=(grant("b", "Put"), grant("new")), default=Quota(rate=1))
    assert revised(current, FILE, FILE) == current


def test_what_the_file_says_anew_holds_and_what_it_says_no_more_goes() -> None:
    after = registry(member(1, "another name"), grants=(grant("a", "List"), grant("c")), default=Quota(rate=7))
    assert revised(FILE, FILE, after) == after


def test_what_was_changed_at_run_time_stays_beside_it() -> None:
    current = registry(
        member(1), member(2, disabled=True), member(3), grants=(grant("a"), grant("mine")), default=Quota(rate=1)
    )
    after = registry(member(1), member(2), member(4), grants=(grant("a", "List"), grant("b", "List")), default=Quota())
    found = revised(current, FILE, after)
    assert found.members == [member(1), member(2, disabled=True), member(4), member(3)]
    assert found.grants == [grant("a", "List"), grant("mine")]  # "b" was removed at run time
    assert found.quotas == {"default": Quota(rate=1)}


def test_who_is_disabled_at_run_time_stays_so_whatever_else_the_file_says_of_it() -> None:
    current = registry(member(1, disabled=True), member(2))
    after = registry(member(1, "another name"), member(2))
    assert revised(current, registry(member(1), member(2)), after).members[0] == member(
        1, "another name", disabled=True
    )


def test_a_field_that_was_changed_at_run_time_stays_when_the_file_changes_another() -> None:
    narrowed = msgspec.structs.replace(grant("a"), fields=["name"])
    reworded = msgspec.structs.replace(grant("a"), basis="another law")
    found = revised(registry(grants=(narrowed,)), registry(grants=(grant("a"),)), registry(grants=(reworded,)))
    assert found.grants == [msgspec.structs.replace(grant("a"), fields=["name"], basis="another law")]


def test_who_was_disabled_at_run_time_stays_so_when_the_file_names_it_too() -> None:
    found = revised(registry(member(1, disabled=True)), registry(), registry(member(1, "another name")))
    assert found.members == [member(1, "another name", disabled=True)]


def test_who_is_disabled_by_the_file_is_enabled_by_the_file() -> None:
    disabled = registry(member(1, disabled=True))
    assert revised(disabled, disabled, registry(member(1))) == registry(member(1))


def test_a_service_is_known_by_provider_and_contract() -> None:
    def of(address: str, **changes: Any) -> Registry:
        return Registry("VN", services=[Service("VN/COM/1/app", "demo.v1.Demo", address, **changes)])

    assert revised(of("here:1"), of("there:1"), of("there:1")) == of("here:1")
    assert revised(of("here:1"), of("there:1"), of("elsewhere:1")) == of("elsewhere:1")


registries = st.builds(
    lambda numbers, ids: registry(
        *(member(n, disabled=d) for n, d in numbers.items()), grants=tuple(grant(i, m) for i, m in ids.items())
    ),
    st.dictionaries(st.integers(1, 4), st.booleans()),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["Get", "Put"])),
)


@given(registries, registries)
def test_without_changes_at_run_time_the_file_is_the_registry(before: Registry, file: Registry) -> None:
    found = revised(before, before, file)
    assert sorted(found.members, key=lambda m: m.id) == sorted(file.members, key=lambda m: m.id)
    assert sorted(found.grants, key=lambda g: g.id) == sorted(file.grants, key=lambda g: g.id)


@given(registries, registries, registries)
def test_a_file_that_is_taken_twice_is_taken_once(current: Registry, before: Registry, file: Registry) -> None:
    once = revised(current, before, file)
    assert revised(once, file, file) == once
    assert msgspec.json.decode(msgspec.json.encode(once), type=Registry) == once
