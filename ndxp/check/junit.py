"""The report of a check in JUnit's XML, which CI systems show."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ndxp.check.result import Status


def junit(report: Mapping[str, Any]) -> bytes:
    """One test case for each check; known failures are skipped ones."""
    results, counts = report["results"], report["counts"]
    skipped = counts[Status.SKIPPED] + counts[Status.KNOWN]
    numbers = {"tests": str(len(results)), "failures": str(counts[Status.FAILED]), "skipped": str(skipped)}
    suites = Element("testsuites", numbers)
    suite = SubElement(suites, "testsuite", {"name": report["provider"], "timestamp": report["at"], **numbers})
    for result in results:
        rule, _, place = result["id"].partition(":")
        case = SubElement(suite, "testcase", {"classname": rule, "name": place})
        if result["status"] == Status.FAILED:
            SubElement(case, "failure", {"message": _plain(result["came"])}).text = _plain(_told(result))
        elif result["status"] in (Status.SKIPPED, Status.KNOWN):
            message = result["note"] if result["status"] == Status.SKIPPED else f"known failure: {result['note']}"
            SubElement(case, "skipped", {"message": _plain(message)})
    indent(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _told(result: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {result[name]}" for name in ("sent", "came", "right", "why", "guide"))


def _plain(text: str) -> str:
    """Text without characters that XML cannot have."""
    return "".join(sign if sign in "\n\t" or sign.isprintable() else "\ufffd" for sign in text)
