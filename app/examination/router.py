"""The doctor's look at the own router, only if asked: would it let people outside in?"""

import asyncio
from collections.abc import Callable

from app import texts
from app.findings import Finding
from app.i18n import _
from app.net.gate import Gate
from app.net.router.door import Door, Router
from app.net.router.terms import RouterError, Why
from app.rules import Function, Rules
from app.screens import Door as Shown
from crypto.sodium import random_bytes

TRIED_PORT = 47199  # beyond those that Conclave listens on: nobody is behind the door


def checks(rules: Rules) -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [("router", lambda: router(rules))]


def router(rules: Rules) -> Finding:
    """Have the router open a port that leads to nothing, and close it at once."""
    title = _("Router")
    gate = Gate.of(rules)
    try:
        if gate.lan_only or not rules.allow(Function.OPEN_ROUTER):
            raise RouterError(Why.FORBIDDEN)
        door = asyncio.run(_tried(gate))
    except RouterError as error:
        words = texts.door(Shown(wanted=True, why_not=str(error.why), detail=error.detail))
        cure = _("People outside need IPv6, a port opened by hand, or a server of your team.")
        return Finding("router", title, "warn", words, cure)
    words = _("it lets people outside in when it is asked ({way}); its address is {address}.")
    return Finding(
        "router", title, "ok", words.format(way=door.way.name, address=door.grant.outside.host)
    )


async def _tried(gate: Gate) -> Door:
    door = await Door.open(await Router.find(gate, random_bytes), TRIED_PORT)
    await door.close()
    return door
