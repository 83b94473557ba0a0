"""A folder that has joined a class: its group's credentials, and the labs, asked of the console of the class."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import httpx

from ndxp.classroom.kept import ClassRefused
from ndxp.classroom.trust import silent, trusted
from ndxp.client import TLS_FOLDER
from ndxp.labs.course import Result
from ndxp.labs.lab import Language, Verdict
from ndxp.labs.text import TaskText, Text
from ndxp.language import _, spoken
from ndxp.sandbox.state import State
from ndxp.whole_file import whole_file
from ndxp.wire.tls import CLASS, certificates_of_class, file_of, pinned

API = "/class/api"
"""The path of the class at the teacher's console."""

CONTROL = f"{API}/control"
"""Where a group's programs find what they may use of the control process."""

_FILE = "joined.json"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Membership:
    """What a folder that has joined needs to know. The class answers with it when a code, or a key, is right.

    ``gateway`` and ``rest_url`` are empty where the programs cannot reach them. ``credentials`` are the secrets of the
    group's subsystems, ``ledger_keys`` the public keys of the ledger. Where the exchange has TLS, ``authority`` is the
    certificate to trust, and ``certificates`` are key and certificate of each subsystem, in PEM.
    """

    group: str
    key: str
    gateway: str
    rest_url: str
    subsystems: dict[str, str]
    credentials: dict[str, str]
    ledger_keys: list[str]
    authority: str = ""
    certificates: dict[str, str] = field(default_factory=dict)


class Joined:
    """The lab of a group, as ``Course`` is the lab of a single user. Raises ClassRefused for what the class refuses."""

    def __init__(self, folder: Path, url: str, key: str, certificates: bytes = b"") -> None:
        self._folder = folder
        self._url = url
        shown = {"Authorization": f"Bearer {key}"} if key else {}
        verify = pinned(certificates) if certificates else url.startswith("https:")
        self._http = httpx.Client(
            base_url=f"{url}{API}", headers=shown, timeout=_PATIENCE, trust_env=False, verify=verify
        )
        self.membership = Membership("", "", "", "", {}, {}, [])
        self._lab: dict[str, Any] = {}

    @classmethod
    def join(cls, url: str, code: str, folder: Path, *, fingerprint: str = "", authority: Path | None = None) -> Self:
        """Joins with a code, and makes the folder.

        The certificate of the class must have the fingerprint, or be made by the authority in a file.
        """
        before = State.read(folder)
        if (before is not None or (folder / "credentials.json").exists()) and not cls.there(folder):
            raise ClassRefused(
                _("{folder} is the run folder of an exchange: name another with --folder", folder=folder)
            )
        url = url.rstrip("/")
        certificates = trusted(url, fingerprint, authority)
        with cls(folder, url, "", certificates) as asking:
            key = str(asking._ask("POST", "/join", {"code": code})["key"])
        (folder / TLS_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(folder / TLS_FOLDER / CLASS) as file:
            file.write(certificates)
        _keep(folder / _FILE, {"url": url, "key": key})
        return cls.go_on(folder)

    @classmethod
    def there(cls, folder: Path) -> bool:
        """Whether a folder has joined a class."""
        return (folder / _FILE).exists()

    @classmethod
    def go_on(cls, folder: Path) -> Self:
        """The class that a folder has joined. The folder gets what is new there."""
        try:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            joined = cls(folder, kept["url"], kept["key"], certificates_of_class(folder / TLS_FOLDER))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ClassRefused(_("{folder} has joined no class: `ndxp class join CODE`", folder=folder)) from error
        try:
            joined._take(joined._ask("GET", "/now"))
        except BaseException:
            joined.close()
            raise
        return joined

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    @property
    def name(self) -> str:
        """The lab's name."""
        return str(self._lab["name"])

    @property
    def language(self) -> Language:
        """The language of the class."""
        language: Language = self._lab["language"]
        return language

    @property
    def state(self) -> str:
        """Whether the lab is started, done or finished."""
        return str(self._lab["state"])

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(task["name"] for task in self._lab["tasks"])

    @property
    def all_done(self) -> str:
        """What is told when all tasks are done; the teacher ends the lab."""
        return _("All tasks are done. `ndxp lab explain` says why it is so.")

    @property
    def text(self) -> Text:
        """The texts, without those that are for the teacher."""
        tasks = tuple(TaskText(task["title"], task["text"], ()) for task in self._lab["tasks"])
        return Text(self._lab["title"], self._lab["introduction"], tasks, "", "", "")

    def filled(self, text: str) -> str:
        """The text: the class has put the values of the group into it already."""
        return text

    def check(self) -> list[Result]:
        """What is done and what is not."""
        found = self._ask("POST", "/check")
        return [
            Result(each["task"], TaskText(each["title"], "", ()), Verdict(each["done"], each["why"]))
            for each in found["tasks"]
        ]

    def seen(self) -> dict[str, list[str]]:
        """The calls of each subsystem since the start, as lines of a table."""
        found: dict[str, list[str]] = self._ask("GET", "/calls")
        return found

    def answer(self, task: str, text: str) -> None:
        """Answers a task."""
        self._ask("POST", "/answer", {"task": task, "text": text})

    def hint(self) -> tuple[Result, str] | None:
        """The next hint for the first task that is not done."""
        found = self._ask("POST", "/hint")
        if not found:
            return None
        result = Result(found["task"], TaskText(found["title"], "", ()), Verdict(False, {}))
        return result, str(found["hint"])

    def explanation(self) -> str:
        """What has happened and why, when all tasks are done."""
        return str(self._ask("GET", "/explanation")["text"])

    def solution(self) -> str:
        """Raises ClassRefused: a class has a teacher."""
        raise ClassRefused(_("in a class your teacher has the solution; `ndxp lab hint` helps"))

    def solve(self) -> None:
        """Raises ClassRefused, as ``solution``."""
        self.solution()

    def reset(self) -> None:
        """The group begins its lab anew."""
        self._ask("POST", "/reset")
        self._take(self._ask("GET", "/now"))

    def finish(self) -> None:
        """Raises ClassRefused: the teacher ends the class."""
        raise ClassRefused(_("in a class your teacher ends the lab: you need do nothing more"))

    def _take(self, now: dict[str, Any]) -> None:
        """Keeps what the class says now: the lab, and the credentials of the subsystems that the group has at it."""
        self._lab = now["lab"]
        self.membership = member = Membership(**now["member"])
        control = f"{self._url}{CONTROL}"
        folder = self._folder.resolve()
        self._certify(folder / TLS_FOLDER)
        State(str(folder), member.gateway, control, [], attached=True, rest_url=member.rest_url).write()
        _keep(folder / "credentials.json", {**member.credentials, "admin": member.key})
        with whole_file(folder / "ledger-keys") as file:
            file.write("".join(f"{key}\n" for key in member.ledger_keys).encode())

    def _certify(self, folder: Path) -> None:
        """Keeps what calls to a gateway with TLS need."""
        member = self.membership
        pems = {file_of(folder, name): pem for name, pem in member.certificates.items()}
        if member.authority:
            pems[folder / "ca.pem"] = member.authority
        for path, pem in pems.items():
            with whole_file(path) as file:
                file.write(pem.encode())

    def _ask(self, verb: str, path: str, body: Any = None) -> Any:
        try:
            answer = self._http.request(verb, path, json=body, headers={"Accept-Language": spoken()})
            told = answer.json() if answer.content else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise silent(self._url, error) from error
        if answer.status_code == HTTPStatus.GONE:
            raise ClassRefused(_("the class has ended; ask your teacher"))
        if answer.is_error:
            detail = told.get("detail", "") if isinstance(told, dict) else _("refused: {answer}", answer=answer)
            raise ClassRefused(str(detail))
        return told


def _keep(file: Path, content: Any) -> None:
    with whole_file(file) as new:
        new.write(json.dumps(content, indent=1).encode())
