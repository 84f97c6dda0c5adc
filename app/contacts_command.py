"""`conclave contacts`: lists whom this profile can call without a link, or forgets one."""

import json
from datetime import datetime

from app.argument_checks import UsageError, short
from app.exit_codes import ExitCode
from app.i18n import _
from app.meeting.contacts import Contact, Contacts, same_name
from app.memory import ProfileMemory
from app.names import clean
from app.options import ContactsOptions
from app.unlocking import open_profile_in_terminal
from crypto.vault_content import Verified


def run_contacts(options: ContactsOptions) -> ExitCode:
    """Do what the command line asks; UsageError for somebody who is no contact."""
    profile = open_profile_in_terminal(options.profile)
    memory = ProfileMemory(profile, lambda: 0.0)
    try:
        if options.forget is not None:
            dev = contact_named(memory.contacts(), options.forget)
            memory.forget(dev)
            print(_("Forgotten. They can no longer call you."))
        elif options.as_json:
            print(json.dumps(_as_objects(memory.contacts()), ensure_ascii=False, indent=2))
        else:
            _print(memory.contacts())
    finally:
        memory.close()
        profile.close()
    return ExitCode.OK


def contact_named(contacts: Contacts, text: str) -> bytes:
    """Return the device of the contact that a name, or the first digits of a device, means.

    UsageError if there is none, or more than one.
    """
    known = contacts.callable()
    found = [dev for dev, contact in known.items() if same_name(contact.name) == same_name(text)]
    if not found and len(text) >= 8:
        found = [dev for dev in known if dev.hex().startswith(text.lower())]
    if not found:
        raise UsageError(_("“{name}” is not among your contacts.").format(name=short(text)))
    if len(found) > 1:
        raise UsageError(
            _("There are {count} contacts of this name: {devices}. Give 8 digits.").format(
                count=len(found), devices=", ".join(dev.hex()[:8] for dev in found)
            )
        )
    return found[0]


def _print(contacts: Contacts) -> None:
    known = contacts.callable()
    if not known:
        print(_("No contacts yet. In a meeting, two people can add each other."))
    for dev, contact in _in_order(known):
        print(f"{dev.hex()[:8]}  {clean(contact.name)}  {_verified(contact)}")


def _verified(contact: Contact) -> str:
    if contact.verified is Verified.NOT_YET:
        return _("known, not verified")
    day = datetime.fromtimestamp(contact.verified_when).astimezone()
    words = {
        Verified.CODE: _("verified by the code of a meeting on {day}"),
        Verified.NUMBER: _("verified by the safety number on {day}"),
    }[contact.verified]
    return words.format(day=f"{day:%Y-%m-%d}")


def _as_objects(contacts: Contacts) -> list[dict[str, object]]:
    return [
        {
            "device": dev.hex(),
            "name": contact.name,
            "verified": contact.verified.name.lower(),
            "verified_when": int(contact.verified_when),
            "first_seen": int(contact.first_seen),
        }
        for dev, contact in _in_order(contacts.callable())
    ]


def _in_order(known: dict[bytes, Contact]) -> list[tuple[bytes, Contact]]:
    return sorted(known.items(), key=lambda entry: (same_name(entry[1].name), entry[0]))
