"""Prints the cameras, microphones and speakers of this computer, for people or for programs."""

import json
from collections.abc import Callable

from app.exit_codes import ExitCode
from app.i18n import _
from media.devices import Device, cameras, microphones, speakers
from media.errors import MediaError


def print_devices(as_json: bool) -> ExitCode:
    """Print what there is; DEVICE if the system's sound library is missing."""
    found: dict[str, list[Device]] = {}
    problems = []
    kinds: dict[str, Callable[[], list[Device]]] = {
        "cameras": cameras,
        "microphones": microphones,
        "speakers": speakers,
    }
    for kind, devices in kinds.items():
        try:
            found[kind] = devices()
        except MediaError as error:
            found[kind] = []
            problems.append(str(error))
    if as_json:
        print(
            json.dumps(
                {
                    kind: [
                        {"id": device.id, "name": device.name, "default": device.is_default}
                        for device in devices
                    ]
                    for kind, devices in found.items()
                }
                | {"problems": sorted(set(problems))},
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        _print_list(_("Cameras"), found["cameras"])
        _print_list(_("Microphones"), found["microphones"])
        _print_list(_("Speakers"), found["speakers"])
        for problem in sorted(set(problems)):
            print(problem)
    return ExitCode.DEVICE if problems else ExitCode.OK


def _print_list(title: str, devices: list[Device]) -> None:
    print(title)
    for device in devices:
        default = _(" (default)") if device.is_default else ""
        print(
            f"  {device.id}: {device.name}{default}"
            if device.id != device.name
            else f"  {device.name}{default}"
        )
    if not devices:
        print("  " + _("none found"))
