"""How gRPC's core takes messages from sockets in a worker."""

import os
import subprocess
import sys

import pytest

from ndxp.testing import RunningExchange

# The worker is loaded as it is when it starts; then gRPC's core says what it has been asked for and does not know.
WORKER = """
import gateway.dataplane.__main__, grpc, os
grpc.insecure_channel("localhost:1")
print(os.environ["GRPC_EXPERIMENTS"])
"""


@pytest.fixture
def environment() -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("GRPC_")}
    return own | {"GRPC_VERBOSITY": "ERROR"}


def worker(environment: dict[str, str]) -> tuple[str, str]:
    ended = subprocess.run([sys.executable, "-c", WORKER], env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.strip(), ended.stderr


def test_the_event_engine_is_left_alone_and_this_grpc_still_knows_how(environment: dict[str, str]) -> None:
    chosen, said = worker(environment)
    assert chosen == "-event_engine_client,-event_engine_listener"
    assert "xperiment" not in said


def test_that_a_name_is_not_known_any_more_would_be_seen(environment: dict[str, str]) -> None:
    chosen, said = worker(environment | {"GRPC_EXPERIMENTS": "-event_engine_of_yesterday"})
    assert chosen == "-event_engine_of_yesterday"
    assert "Unknown experiment: event_engine_of_yesterday" in said


def test_the_processes_of_a_tests_exchange_are_not_chosen_for(exchange: RunningExchange) -> None:
    agencies = next(one for one in exchange.state.members() if "services" in one.cmdline())
    assert "GRPC_EXPERIMENTS" not in agencies.environ()
