"""The same answers of metaservices in the names of the GovStack Information Mediator's directory API."""

from typing import Any

_NAMES = {
    "service": "member",
    "object_type": "objectType",
    "service_type": "serviceType",
    "xroad_instance": "instanceId",
    "member_class": "memberClass",
    "member_code": "memberCode",
    "subsystem_code": "applicationCode",
    "service_code": "serviceCode",
}


def renamed(answer: Any) -> Any:
    """An answer with GovStack's names: a subsystem is an application, and a list of endpoints is an object."""
    if isinstance(answer, list):
        return [renamed(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    found: dict[str, Any] = {}
    name: str
    for name, value in answer.items():
        if name == "endpoint_list":
            found["endpointList"] = {"member": value}
        elif name == "object_type" and value == "SUBSYSTEM":
            found["objectType"] = "APPLICATION"
        else:
            found[_NAMES.get(name, name)] = renamed(value)
    return found
