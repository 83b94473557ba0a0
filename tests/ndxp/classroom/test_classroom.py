"""A class on the exchange of the session: its groups do labs side by side, and none sees what another one does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ndxp.admin import AdminRefused
from ndxp.classroom.classroom import Classroom
from ndxp.classroom.codes import Guesses, new_code, plain
from ndxp.classroom.kept import FOLDER, ClassRefused, Kept
from ndxp.classroom.own import PUSHED, NotYours
from ndxp.exchange.v1.exchange_pb2 import RequestGrantRequest
from ndxp.exchange.v1.exchange_pb2_grpc import ExchangeServiceStub
from ndxp.labs.course import Course, operator_of
from ndxp.labs.text import LabRefused
from ndxp.population.v1.population_pb2 import VerifyCitizenRequest
from ndxp.population.v1.population_pb2_grpc import PopulationServiceStub
from ndxp.testing import RunningExchange

WHO = VerifyCitizenRequest(citizen_number="074079255028", full_name="Nguyễn Ngọc Tuấn", birth_date="1979")


@pytest.fixture(scope="module")
def room(exchange: RunningExchange) -> Iterator[Classroom]:
    """A class of three groups at lab 1."""
    with Classroom.start(exchange.folder, 3, "1", "en") as made:
        yield made
        made.end()


@pytest.fixture
def fresh(room: Classroom) -> Classroom:
    """The same class, at the start of lab 1."""
    room.begin("1")
    return room


def subsystem(room: Classroom, name: str) -> str:
    with room.course(name) as course:
        return course.subsystems["me"]


def verify(room: Classroom, name: str) -> str:
    """A call of a group; returns its transaction."""
    with room.course(name) as course, course.workplace().connect() as connection:
        _, call = PopulationServiceStub(connection.channel).VerifyCitizen.with_call(WHO)
        return str(dict(call.trailing_metadata())["x-ndxp-transaction-id"])


def done(room: Classroom, name: str) -> list[str]:
    return [result.task for result in room.results(name) if result.verdict.done]


def test_its_file_is_its_owners_alone_and_holds_no_names(room: Classroom, exchange: RunningExchange) -> None:
    assert (exchange.folder / FOLDER / "class.json").stat().st_mode & 0o777 == 0o600
    assert (exchange.folder / FOLDER).stat().st_mode & 0o777 == 0o700
    assert sorted(room.kept.groups) == ["01", "02", "03"]
    with pytest.raises(ClassRefused, match="there is a class already"):
        Classroom.start(exchange.folder, 2, "1", "en")


def test_groups_do_their_labs_side_by_side(fresh: Classroom) -> None:
    fresh.look()
    verify(fresh, "01")
    fresh.look()
    assert {name: done(fresh, name) for name in ("01", "02", "03")} == {"01": ["verify"], "02": [], "03": []}
    first, second, _ = fresh.standings()
    assert (first.done, first.task, second.done, second.task) == (1, "transaction", 0, "verify")


def test_a_solution_passes_for_the_group_that_did_it(fresh: Classroom) -> None:
    with fresh.course("02") as course:
        course.solve()
        assert len(course.check()) == 4
        assert course.explanation()
    assert [result.verdict.done for result in fresh.check("02")] == [True] * 4
    assert [row["done"] for row in fresh.table() if row["group"] == "02"][-4:] == [1] * 4
    assert fresh.csv().splitlines()[0] == "group,lab,task,done,checks,hints"


def test_a_group_sees_its_own_part_of_the_ledger_and_no_other(fresh: Classroom) -> None:
    mine, theirs = verify(fresh, "01"), verify(fresh, "02")
    own = fresh.own("01")
    assert next(record["transaction_id"] for record in own.ask("GET", "/transactions", {})) == mine
    assert theirs not in {record["transaction_id"] for record in own.ask("GET", "/transactions", {"limit": "1000"})}
    assert own.ask("GET", f"/transactions/{mine}/explanation", {})["steps"]
    for path, query in (
        ("/transactions", {"client": subsystem(fresh, "02")}),
        ("/transactions", {"client": "VN/GOV/H26/one-stop"}),
        (f"/transactions/{theirs}", {}),
        (f"/transactions/{theirs}/explanation", {}),
        (f"/ledger/evidence/{theirs}", {}),
    ):
        with pytest.raises(NotYours):
            own.ask("GET", path, query)
    assert own.ask("GET", "/transactions", {"member": "VN/GOV/H29"}) == []
    [latest] = own.ask("GET", "/transactions", {"limit": "1"})
    after = {"after": str(latest["seq"] - 1)}
    assert [each["transaction_id"] for each in own.ask("GET", "/transactions", after)] == [mine]


def test_a_group_sees_the_calls_that_agencies_made_because_of_its_own_and_of_no_others(fresh: Classroom) -> None:
    with fresh.course("01") as course:
        course.solve()
        cause, nested = course.attempt.answers["transaction"], course.attempt.answers["nested"]
        [applied] = course.workplace().calls(method="SubmitApplication", code="OK")
    own, other = fresh.own("01"), fresh.own("02")
    assert cause != applied.transaction_id
    [caused] = own.ask("GET", "/transactions", {"message_id": applied.transaction_id})
    assert (caused["transaction_id"], caused["client"]) == (nested, "VN/GOV/G01/passports")
    assert own.ask("GET", f"/transactions/{nested}", {})[-1]["message_id"] == applied.transaction_id
    assert own.ask("GET", f"/transactions/{nested}/explanation", {})["steps"]
    assert other.ask("GET", "/transactions", {"message_id": applied.transaction_id}) == []
    with pytest.raises(NotYours):
        other.ask("GET", f"/transactions/{nested}", {})


def test_a_group_changes_only_what_is_its_own(fresh: Classroom) -> None:
    own, mine, theirs = fresh.own("01"), subsystem(fresh, "01"), subsystem(fresh, "02")
    grant = {"provider": "VN/GOV/G01/population", "contract": "ndxp.population.v1.PopulationService", "methods": ["*"]}
    added = own.ask("POST", "/grants", {}, {**grant, "consumer": mine})
    assert added["id"] in {each["id"] for each in own.ask("GET", "/grants", {"consumer": mine})}
    assert added["id"] not in {each["id"] for each in fresh.own("02").ask("GET", "/grants", {})}
    with pytest.raises(NotYours):
        fresh.own("02").ask("DELETE", f"/grants/{added['id']}", {})
    own.ask("DELETE", f"/grants/{added['id']}", {})
    for verb, path, query, body in (
        ("POST", "/grants", {}, {**grant, "consumer": theirs}),
        ("POST", "/grants", {}, {**grant, "consumer": "group:all"}),
        ("POST", "/grants", {}, None),
        ("DELETE", "/grants/directory", {}, None),
        ("PUT", "/quotas", {}, {"consumer": theirs, "rate": 1}),
        ("PUT", "/quotas", {}, {"consumer": mine, "rate": 1e6}),
        ("GET", "/quotas", {}, None),
        ("GET", "/decisions", {"client": theirs, "method": "a.B/C"}, None),
        ("POST", "/faults", {}, [{"do": "drop", "consumer": mine}]),
        ("DELETE", "/faults", {}, None),
        ("POST", "/members/rotate", {}, {"member": "VN/GOV/H26"}),
        ("GET", "/ledger", {}, None),
        ("GET", "/keys", {}, None),
    ):
        with pytest.raises(NotYours):
            own.ask(verb, path, query, body)
    assert own.ask("PUT", "/quotas", {}, {"consumer": mine, "rate": 7})["rate"] == 7
    shown = {f"{each['id']}/{name}" for each in own.ask("GET", "/members", {}) for name in each["subsystems"]}
    assert mine in shown
    assert theirs not in shown


def test_a_fault_of_the_teacher_meets_the_groups_that_it_is_for_and_they_cannot_remove_it(fresh: Classroom) -> None:
    assert fresh.fault("code=UNAVAILABLE", ["01"]) == 1
    [fault] = [each for each in fresh.own("01").ask("GET", "/faults", {}) if each["note"] == PUSHED]
    assert PUSHED not in {each["note"] for each in fresh.own("02").ask("GET", "/faults", {})}
    with pytest.raises(NotYours):
        fresh.own("01").ask("DELETE", f"/faults/{fault['id']}", {})
    assert (fresh.calm(["02"]), fresh.calm()) == (0, 1)


def test_who_asks_for_checks_in_vain_needs_help_until_the_task_is_done(fresh: Classroom) -> None:
    for _ in range(5):
        fresh.check("03")
    assert [(each.checks, each.stuck) for each in fresh.standings()] == [(0, False), (0, False), (5, True)]
    verify(fresh, "03")
    fresh.check("03")
    assert not fresh.standings()[2].stuck


def test_a_group_begins_anew_alone(fresh: Classroom) -> None:
    verify(fresh, "01")
    before, others = subsystem(fresh, "01"), subsystem(fresh, "02")
    fresh.check("01")
    fresh.reset("01")
    fresh.look()
    assert (done(fresh, "01"), subsystem(fresh, "02")) == ([], others)
    assert {"group": "01", "task": "verify", "done": 1}.items() <= fresh.table()[0].items(), "the results keep it"
    assert subsystem(fresh, "01") != before
    assert before in fresh.group("01").subsystems, "what it called before is its own still"


def test_groups_may_be_at_different_labs_and_have_quotas(fresh: Classroom) -> None:
    fresh.begin("8", ["03"])
    assert [each.lab for each in fresh.standings()] == ["01-first-call", "01-first-call", "08-failing-agency"]
    [quota] = fresh.operator.admin.get("/quotas", consumer=subsystem(fresh, "03"))
    assert (quota["own"], quota["rate"]) == (True, 20)
    with pytest.raises(ClassRefused, match="09-evidence is for one machine"):
        fresh.begin("9")
    with pytest.raises(LabRefused, match="no such lab"):
        fresh.begin("77")


def test_codes_let_in_and_a_wrong_one_may_be_tried_ten_times(room: Classroom) -> None:
    code = room.group("02").code
    assert room.admit(f" {code[:3].lower()}-{code[3:]} ", "here") == "02"
    for _ in range(10):
        with pytest.raises(ClassRefused, match="no group has this code"):
            room.admit("AAAAAA" if code != "AAAAAA" else "CCCCCC", "elsewhere")
    with pytest.raises(ClassRefused, match="too many wrong codes"):
        room.admit(code, "elsewhere")
    assert room.admit(code, "here") == "02"


def test_guesses_come_back_with_time_and_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    guesses = Guesses()
    for _ in range(10):
        guesses.wrong("a")
    assert not guesses.allowed("a")
    now = 6.5
    assert guesses.allowed("a")
    for number in range(1001):
        guesses.wrong(f"b{number}")
    assert len(guesses._left) == 1000


def test_codes_differ_and_have_no_letters_that_look_alike() -> None:
    codes = set[str]()
    for _ in range(60):
        codes.add(new_code(codes))
    assert len(codes) == 60
    assert not set("".join(codes)) & set("BGI1O0QS52Z8")
    assert plain("ab c-d" + "e" * 100).startswith("ABCDE")
    assert len(plain("x" * 100)) == 12


def test_a_lab_that_kills_processes_is_not_for_a_class_and_does_not_start_beside_one(fresh: Classroom) -> None:
    with pytest.raises(ClassRefused, match="13-killed kills processes of the exchange, so nobody else may use it"):
        fresh.begin("13")
    with pytest.raises(LabRefused, match="13-killed kills processes of the exchange, and a class is on it"):
        Course.start(fresh.run_folder, "13", "en")
    assert {each.lab for each in fresh.standings()} == {"01-first-call"}


def test_a_group_decides_about_requests_of_its_own_subsystems_and_no_others(fresh: Classroom) -> None:
    fresh.begin("14", ["01"])
    with fresh.course("01") as course:
        bank = course.subsystems["bank"]
        with course.workplace().connect("bank") as connection:
            wanted = RequestGrantRequest(
                request_id="class", provider="VN/GOV/G01/population", methods=["ListHousehold"],
                contract="ndxp.population.v1.PopulationService", because="accounts are opened with consent",
            )  # fmt: skip
            asked = ExchangeServiceStub(connection.channel).RequestGrant(wanted).grant_request
    own, other = fresh.own("01"), fresh.own("02")
    assert asked.id not in {each["id"] for each in other.ask("GET", "/grant-requests", {})}
    for decision in ("approve", "decline"):
        with pytest.raises(NotYours, match="no request of your group"):
            other.ask("POST", f"/grant-requests/{asked.id}/{decision}", {}, {"reason": "no"})
    assert [each["client"] for each in own.ask("GET", "/grant-requests", {})] == [bank]
    own.ask("POST", f"/grant-requests/{asked.id}/approve", {}, {})
    assert own.ask("GET", "/grant-requests", {}) == []
    assert any("ListHousehold" in each["methods"] for each in own.ask("GET", "/grants", {"consumer": bank}))


@pytest.mark.parametrize(("groups", "lab"), [(0, "1"), (61, "1"), (2, "77"), (2, "9"), (2, "13")])
def test_a_class_that_cannot_be_begun_leaves_nothing(tmp_path: Path, groups: int, lab: str) -> None:
    with pytest.raises(LabRefused):
        Classroom.start(tmp_path, groups, lab, "en")
    assert not Kept.there(tmp_path)


def test_who_has_no_key_or_an_old_one_is_not_let_in(room: Classroom) -> None:
    assert room.with_key(room.group("03").key) == "03"
    for key in ("", "x", room.group("01").code):
        with pytest.raises(ClassRefused, match="has ended"):
            room.with_key(key)
    with pytest.raises(ClassRefused, match="no such group"):
        room.group("4")


def test_the_end_removes_all_groups_and_no_lab_of_a_single_user(exchange: RunningExchange, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "credentials.json", "ledger-keys"):
        (folder / name).symlink_to(exchange.folder / name)
    with Course.start(folder, "1", "en") as single, Classroom.start(folder, 1, "1", "en") as room:
        gone = room.group("01").subsystems
        room.end()
        there = {f"{each['id']}/{name}" for each in room.operator.admin.get("/members") for name in each["subsystems"]}
        assert not there & set(gone)
        assert set(single.subsystems.values()) <= there
        single.finish()
        for question in (room.end, room.standings):
            with pytest.raises(ClassRefused, match="there is no class"):
                question()


def test_a_class_whose_file_cannot_be_read_can_be_ended(exchange: RunningExchange, tmp_path: Path) -> None:
    for name in ("run.json", "credentials.json"):
        (tmp_path / name).symlink_to(exchange.folder / name)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "class.json").write_text("nonsense", encoding="utf-8")
    with pytest.raises(ClassRefused, match="cannot be used"):
        Classroom.go_on(tmp_path)
    Classroom(tmp_path, operator_of(tmp_path)).end()
    assert not Kept.there(tmp_path)


def test_a_wrong_effect_is_refused_in_words(fresh: Classroom) -> None:
    with pytest.raises(AdminRefused):
        fresh.fault("nonsense", ["01"])
