"""``ndxp call --curl`` and ``--grpcurl``: command lines that a shell takes apart as they are meant."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from ndxp.other_tools import Call, NotPossible, curl, grpcurl, python
from ndxp.population.v1 import population_pb2 as pb
from ndxp.testing import RunningExchange
from ndxp.wire.tls import Tls
from tests.ndxp.cli.conftest import Ndxp
from tests.support import contracts

POPULATION = "ndxp.population.v1.PopulationService"
CALLER = "VN/GOV/H26/one-stop"
VERIFY = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["VerifyCitizen"]
REQUEST = {"citizenNumber": "074079255028", "fullName": 'D\'Arc "$HOME" `id` \\ Nguyễn\x7f', "birthDate": "1979"}
BATCH = pb.DESCRIPTOR.services_by_name["PopulationService"].methods_by_name["BatchVerifyCitizens"]
PRINTS_ITS_WORDS = '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n'


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], list[str]]:
    """Runs a command line in a shell, with stand-ins for the tools, and gives the words that the tool got."""
    for name, script in (("curl", PRINTS_ITS_WORDS), ("grpcurl", PRINTS_ITS_WORDS), ("ndxp", "#!/bin/sh\necho T=$*\n")):
        (tmp_path / name).write_text(script, encoding="utf-8")
        (tmp_path / name).chmod(0o700)

    def run(line: str) -> list[str]:
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "home"}
        ran = subprocess.run(["/bin/sh", "-c", line], env=environment, capture_output=True, check=True, timeout=30)
        return ran.stdout.decode().split("\0")[:-1]

    return run


def headers(words: list[str]) -> list[str]:
    return [value for option, value in pairwise(words) if option == "-H"]


def test_curl_sends_the_same_request_to_the_door_for_http(
    ndxp: Ndxp, exchange: RunningExchange, run: Callable[[str], list[str]]
) -> None:
    options = ("--purpose", "it's $HOME", "--provider", "VN/GOV/G01/population", "--deadline", "2.5")
    ran = ndxp("call", "VerifyCitizen", json.dumps(REQUEST), *options, "--curl")
    assert (ran.code, ran.err) == (0, "")
    words = run(ran.out)
    assert f"{exchange.rest_url}/{POPULATION}/VerifyCitizen" in words
    assert headers(words) == [
        f"authorization: Bearer T=token {CALLER} --folder {exchange.folder}",
        "x-ndxp-service: VN/GOV/G01/population",
        "x-ndxp-purpose: it's $HOME",
        "content-type: application/json",
    ]
    assert json.loads(words[words.index("--data-binary") + 1]) == REQUEST
    assert words[words.index("--max-time") + 1] == "2.5"


def test_grpcurl_sends_the_same_messages_to_the_gateway(
    ndxp: Ndxp, exchange: RunningExchange, run: Callable[[str], list[str]]
) -> None:
    stream = json.dumps([{"itemId": "a"}, {"itemId": "b"}])
    ran = ndxp("call", f"{POPULATION}/BatchVerifyCitizens", stream, "--user", "officer-7", "--grpcurl", "--json")
    words = run(ran.data["command"])
    assert words[-2:] == [exchange.gateway, f"{POPULATION}/BatchVerifyCitizens"]
    assert words[0] == "-plaintext"
    assert headers(words)[1:] == ["x-ndxp-user-id: officer-7"]
    assert words[words.index("-d") + 1] == '{"itemId": "a"}\n{"itemId": "b"}'


@pytest.mark.parametrize("option", ["--curl", "--grpcurl"])
def test_no_call_is_made_and_no_secret_is_printed(ndxp: Ndxp, exchange: RunningExchange, option: str) -> None:
    before = exchange.admin.get("totals").json()["totals"]
    ran = ndxp("call", "VerifyCitizen", json.dumps(REQUEST), option)
    secrets = json.loads((exchange.folder / "credentials.json").read_text(encoding="utf-8"))
    assert ran.code == 0
    assert not any(secret in ran.out for secret in secrets.values())
    assert "eyJ" not in ran.out
    assert before == exchange.admin.get("totals").json()["totals"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("VerifyCitizen", "{}", "--curl", "--grpcurl"), "name one of them"),
        (("VerifyCitizen", '{"number": 1}', "--grpcurl"), "the request does not fit VerifyCitizenRequest"),
        (("ndxp.rest.v1.RestService/Get", "[]", "--curl"), "a REST service is called by its paths"),
        (("VerifyCitizn", "{}", "--grpcurl"), f"no such method: 'VerifyCitizn'; did you mean '{POPULATION}/VerifyCit"),
    ],
)
def test_what_cannot_be_printed_is_wrong_usage_and_says_why(ndxp: Ndxp, words: tuple[str, ...], says: str) -> None:
    ran = ndxp("call", *words)
    assert ran.code == 2
    assert says in ran.complaint


def post(exchange: RunningExchange, words: list[str]) -> httpx.Response:
    """Sends what curl would send, with a token in the place of the stand-in's."""
    sent = dict(header.split(": ", 1) for header in headers(words))
    sent["authorization"] = f"Bearer {exchange.tokens(CALLER).blocking()}"
    [url] = [word for word in words if word.startswith("http")]
    return httpx.post(url, headers=sent, content=words[words.index("--data-binary") + 1].encode(), trust_env=False)


def test_what_curl_sends_is_answered_like_the_call(
    ndxp: Ndxp, exchange: RunningExchange, run: Callable[[str], list[str]]
) -> None:
    claim = {"citizenNumber": "074079255028", "fullName": "Nguyễn Ngọc Tuấn", "birthDate": "1979"}
    one = post(exchange, run(ndxp("call", "VerifyCitizen", json.dumps(claim), "--curl").out))
    assert (one.status_code, one.json()) == (200, {"matched": True})
    items = [{**claim, "itemId": "a"}, {**claim, "itemId": "b", "fullName": "Nobody"}]
    many = post(exchange, run(ndxp("call", "BatchVerifyCitizens", json.dumps(items), "--curl").out))
    answers = [json.loads(line) for line in many.text.splitlines()]
    assert {answer["itemId"]: answer["matched"] for answer in answers} == {"a": True, "b": False}


def test_the_python_program_makes_the_same_call(exchange: RunningExchange) -> None:
    claim = {"citizen_number": "074079255028", "full_name": "Nguyễn Ngọc Tuấn", "birth_date": "1979"}
    items = [pb.BatchVerifyCitizensRequest(item_id=name, **claim) for name in "ab"]
    pairs = [("x-ndxp-purpose", "it's $HOME")]
    for method, requests in ((VERIFY, [pb.VerifyCitizenRequest(**claim)]), (BATCH, items)):
        program = python(
            Call(client=CALLER, method=method, requests=requests, pairs=pairs, deadline=20, folder=exchange.folder)
        )
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, timeout=60, encoding="utf-8"
        )
        assert ran.stdout.count("matched: true") == len(requests)


def test_the_python_program_says_whose_generated_code_it_needs() -> None:
    described = contracts.Contract("known_types.proto", "sample.known.v1.KnownTypesService")
    [method] = [each for each in described.pool.FindServiceByName(described.name).methods if each.name == "All"]
    request = described.message("Everything")(plain="'")
    program = python(Call(client=CALLER, method=method, requests=[request], pairs=[], deadline=1, folder=Path(".ndxp")))
    compile(program, "program", "exec")
    assert "# known_types.proto: its generated code must be on the path" in program
    assert "import known_types_pb2 as pb" in program


PLAIN = Call(
    client=CALLER, method=VERIFY, requests=[pb.VerifyCitizenRequest()], pairs=[], deadline=1, folder=Path(".ndxp")
)


@pytest.mark.parametrize(
    ("tls", "options"),
    [
        (None, ["-plaintext"]),
        (Tls(b"", b"own"), ["-cacert", "my tls/ca.pem", "-cert", "my tls/VN_GOV_H26_one-stop.pem", "-key"]),
        (Tls(b""), ["-cacert", "my tls/front.pem", "-max-time"]),
    ],
)
def test_grpcurl_connects_with_the_certificates_of_the_caller(
    run: Callable[[str], list[str]], tls: Tls | None, options: list[str]
) -> None:
    words = run(grpcurl(PLAIN, "gateway.test:50051", tls, Path("my tls")))
    assert words[: len(options)] == options
    assert headers(words) == [f"authorization: Bearer T=token {CALLER}"]


def test_curl_trusts_the_authority_of_the_exchange_where_its_door_has_tls(run: Callable[[str], list[str]]) -> None:
    words = run(curl(PLAIN, "https://door.test", Tls(b"", b"own"), Path("my tls")))
    assert words[1:3] == ["--cacert", "my tls/ca.pem"]
    assert "--cacert" not in run(curl(PLAIN, "http://door.test", None, Path("my tls")))


def test_without_a_known_door_for_http_no_line_for_curl_is_printed() -> None:
    with pytest.raises(NotPossible, match="--grpcurl"):
        curl(PLAIN, "", None, Path("tls"))
