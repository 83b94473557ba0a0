"""The names of all ``NDXP_*`` variables, so that a misspelt one is reported and not ignored."""

from collections.abc import Iterable
from difflib import get_close_matches

_PREFIX = "NDXP_"
_COMMANDS = "CLOCK COMMAND FOLDER LABS LANG TLS"
_CONTAINERS = "HEALTH IMAGE"
_PROGRAMS = "REST_URL SUBSYSTEM"
"""What ``ndxp.testing`` tells a program that is tested."""
_EVERY_PROCESS = "LOG_FORMAT METRICS_ADDRESS"
_EXCHANGE = (
    "ADAPTER_ADDRESS ADDRESSES AGENCIES_BESIDE AGENCIES_FOLDER ALLOW_PLAINTEXT CONTROL_ADDRESS CONTROL_NAMES "
    "DEFAULT_DEADLINE DRAIN DURABILITY FAULTS_BY_CALLER "
    "BODY_PATIENCE CONNECTIONS CONSOLE_ADDRESS CONSOLE_NAMES CONSOLE_ROLE CONSOLE_TLS_FOLDER CORS_ORIGINS "
    "MAX_BODY_BYTES REST_ADDRESS REST_NAMES "
    "EXCHANGE_ADDRESS EXCHANGE_FILE GATEWAY_ADDRESS HANDED_OUT HANDSHAKE_TIMEOUT HEARTBEAT JOURNAL_PATIENCE "
    "LEDGER_KEEP_DAYS LEDGER_NAME LEDGER_URL MAX_BACKLOG MAX_CALLS MAX_CONNECTIONS MAX_CONNECTION_AGE MAX_DEADLINE "
    "MAX_IDLE "
    "MAX_MEMBER_BYTES MAX_MESSAGE_BYTES MAX_METADATA_BYTES MAX_QUEUEING MAX_RECORDED_REFUSALS "
    "MAX_STREAMS_PER_CONNECTION MAX_STREAM_BYTES MAX_STREAM_DEADLINE MAX_STREAM_MESSAGES NODE NOTICE "
    "OPEN_REFLECTION RECORD REDIS_URL RUN_FOLDER TLS_FOLDER TOKEN_LIFE"
)
_AGENCIES = (
    # agencies: variables
    "CIVIL_STATUS_HOURS "
    "EDUCATION_CLOSING_DAY "
    "LAND_CHECK_HOURS "
    "LAND_QUERY_MINUTES "
    "LAND_REGISTRATION_HOURS "
    "LIFE_EVENTS_DELIVERY "
    "ONE_STOP_INTAKE_HOURS "
    "ONE_STOP_POLL_MINUTES "
    "ONE_STOP_REPORT_MINUTES "
    "PASSPORTS_PROGRESS "
    "PASSPORTS_STEP_SECONDS "
    "RESIDENCE_HOURS "
    "SOCIAL_SECURITY_HOURS "
    "TAX_DECISION_HOURS "
    "WALLET_WAIT_SECONDS "
    # end of agencies
    "ACCESS_LOG_KEEP_DAYS ACCESS_LOG_KEEP_ENTRIES CLOCK_FILE CONTROL_URL CREDENTIALS DATABASE_URL GATEWAY POPULATION "
    "SEED"
)

VARIABLES = frozenset(
    _PREFIX + name
    for names in (_COMMANDS, _CONTAINERS, _PROGRAMS, _EVERY_PROCESS, _EXCHANGE, _AGENCIES)
    for name in names.split()
)
"""The variables of commands, containers and all processes: they often share one environment."""


def unknown_variables(environment: Iterable[str], own: Iterable[str] = ()) -> list[str]:
    """One line for each ``NDXP_*`` variable that nothing reads, with the name that it resembles.

    ``own`` are the fields of a process's own settings, because a foreign agency may have settings that are unknown
    here. Upper and lower case do not matter, as when settings are read.
    """
    known = VARIABLES | {_PREFIX + field.upper() for field in own}
    lines = []
    for name in sorted(environment):
        upper = name.upper()
        if upper.startswith(_PREFIX) and upper not in known:
            meant = get_close_matches(upper, sorted(known), n=1)
            lines.append(f"nothing reads the variable {name[:100]}" + (f"; is {meant[0]} meant?" if meant else ""))
    return lines
