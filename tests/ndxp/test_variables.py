"""Variables that nothing reads are named, wherever somebody may look."""

import logging
from typing import Any

import pytest
import typer
from pydantic_settings import BaseSettings

from gateway.settings import ControlSettings, GatewaySettings
from ndxp.cli.__main__ import whole
from ndxp.process import ProcessSettings, run_process
from ndxp.variables import VARIABLES, unknown_variables
from tests.support.agencies import OF_AGENCIES


@pytest.mark.parametrize("settings", [GatewaySettings, ControlSettings, *OF_AGENCIES], ids=lambda each: each.__name__)
def test_every_setting_of_every_process_is_known(settings: type[BaseSettings]) -> None:
    assert unknown_variables(f"NDXP_{field.upper()}" for field in settings.model_fields) == []


def test_every_variable_that_a_command_reads_is_known() -> None:
    def read_by(command: Any) -> set[str]:
        here = {parameter.envvar for parameter in command.params if parameter.envvar}
        return here.union(*map(read_by, getattr(command, "commands", {}).values()))

    assert read_by(typer.main.get_command(whole())) <= VARIABLES


@pytest.mark.parametrize("name", ["NDXP_TOKENLIFE", "NDXP_TOKEN_LIVE", "ndxp_tokenlife"])
def test_a_misspelt_variable_is_named_with_what_it_resembles(name: str) -> None:
    assert unknown_variables([name]) == [f"nothing reads the variable {name}; is NDXP_TOKEN_LIFE meant?"]


def test_what_is_no_variable_of_ours_is_nothing_to_us() -> None:
    assert unknown_variables(["PATH", "MY_NDXP_THING", "ndxp_token_life", "NDXP_FOLDER"]) == []


def test_an_agency_from_elsewhere_may_have_settings_of_its_own() -> None:
    assert unknown_variables(["NDXP_LAND_OFFICE"], own=["land_office"]) == []


def test_a_process_names_them_in_its_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async def run(_: ProcessSettings) -> None:
        pass

    monkeypatch.setenv("NDXP_TOKENLIFE", "60")
    with caplog.at_level(logging.WARNING):
        assert run_process("control", ControlSettings, run) == 0
    assert caplog.messages == ["nothing reads the variable NDXP_TOKENLIFE; is NDXP_TOKEN_LIFE meant?"]
