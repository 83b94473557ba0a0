"""Envoy as the sites in deploy/ run it, on ports of this machine."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.fakes import until_now

CONFIGURATION = Path(__file__).parents[2] / "deploy/kubernetes/ndxp/files/envoy.yaml"
BINARY = shutil.which("envoy") or str(Path(sys.executable).with_name("envoy"))
_PLACE = r"\{address: [\d.]+, port_value: \d+\}"
_GATEWAY = "- endpoint: {address: {socket_address: {address: gateway, port_value: 50051}}}"
_DOORS = "{address: rest, port_value: 8081}"
NOWHERE = "127.0.0.1:1"


@contextmanager
def envoy(folder: Path, gateways: Sequence[str], doors: str = NOWHERE, **changed: str) -> Iterator[dict[str, str]]:
    """Runs it before gateways (``host:port``), with the certificate in ``folder``; gives where it listens, by name.

    ``doors`` are the doors for HTTP (``host:port``); ``changed`` are times and numbers of its configuration.
    """
    text = re.sub(_PLACE, "{address: 127.0.0.1, port_value: 0}", CONFIGURATION.read_text(encoding="utf-8"))
    for name, value in changed.items():
        text, count = re.subn(rf"\b{name}: \d+s?\b", f"{name}: {value}", text)
        assert count, f"{name} is not in {CONFIGURATION}"
    places = [gateway.rpartition(":") for gateway in gateways]
    lines = [_GATEWAY.replace("gateway", host).replace("50051", port) for host, _, port in places]
    indent = re.search(rf"( *){re.escape(_GATEWAY)}", text)[1]  # type: ignore[index]
    host, _, port = doors.rpartition(":")
    text = text.replace(_DOORS, _DOORS.replace("rest", host).replace("8081", port))
    text = text.replace(_GATEWAY, f"\n{indent}".join(lines)).replace("/run/tls", str(folder))
    (folder / "envoy.yaml").write_text(text, encoding="utf-8")
    admin = folder / "admin"
    command = [BINARY, "-c", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart"]
    with (folder / "envoy.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen([*command, "--admin-address-path", str(admin)], cwd=folder, stdout=log, stderr=log)
    try:
        until_now(lambda: process.poll() is not None or (admin.exists() and admin.read_text(encoding="utf-8")))
        assert process.poll() is None, (folder / "envoy.log").read_text(encoding="utf-8")
        asked = f"http://{admin.read_text(encoding='utf-8').strip()}"
        until_now(lambda: httpx.get(f"{asked}/ready").is_success)  # when it has asked every gateway for its health
        listening = httpx.get(f"{asked}/listeners?format=json").json()["listener_statuses"]
        addresses = {each["name"]: each["local_address"]["socket_address"] for each in listening}
        yield {name: f"{address['address']}:{address['port_value']}" for name, address in addresses.items()}
    finally:
        process.terminate()
        process.wait()
