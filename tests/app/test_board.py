"""The board of a session: what differs is published at once, what is only marked a moment later."""

import asyncio
from dataclasses import replace

from app.board import Board
from app.screens import Farewell, Home, Screen

HOME = Home("Ada")


def board(published: list[Screen]) -> Board:
    def without_notice(screen: Screen) -> Screen:
        return replace(screen, notice="") if isinstance(screen, Home) else screen

    return Board(HOME, published.append, without_notice)


def test_a_screen_that_differs_is_published_and_the_same_one_is_not():
    async def story() -> None:
        published: list[Screen] = []
        shown = board(published)
        shown.begin()
        for screen in (HOME, Farewell("left"), Farewell("left"), HOME):
            shown.put(screen)
        assert published == [HOME, Farewell("left"), HOME]
        assert shown.screen == HOME

    asyncio.run(story())


def test_a_screen_is_compared_as_it_is_shown():
    async def story() -> None:
        published: list[Screen] = []
        board(published).put(replace(HOME, notice="gone"))
        assert published == []

    asyncio.run(story())


def test_many_marks_are_drawn_once():
    async def story() -> None:
        drawn: list[bool] = []
        once = asyncio.Event()

        def draw() -> None:
            drawn.append(True)
            once.set()

        shown = board([])
        following = asyncio.create_task(shown.follow(draw))
        for _ in range(50):
            shown.mark()
        await once.wait()
        assert drawn == [True]
        following.cancel()

    asyncio.run(story())
