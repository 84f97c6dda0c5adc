"""The colours of Conclave by what they are for: light, dark, strong contrast, behind video."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme by what they are for, as #RRGGBB."""

    dark: bool
    bg: str  # window
    surface: str  # cards, fields
    line: str  # hairlines
    stage: str  # behind video
    raised: str  # buttons and tiles on the stage
    text: str
    muted: str  # secondary words
    accent: str  # the one thing to press, the focus ring, who speaks
    on_accent: str  # words on accent, safe, warn and danger
    safe: str  # verified
    warn: str  # attention
    danger: str  # live camera or microphone, leave, removed
    shadow: str = "#000000"
    strong: bool = False  # high contrast: words 7:1, every edge in the colour of the words


LIGHT = Tokens(
    dark=False,
    bg="#F6F5F2",
    surface="#FFFFFF",
    line="#D9D6CF",
    stage="#1B1F23",
    raised="#2C3238",
    text="#1D2226",
    muted="#5A636B",
    accent="#1F5FBF",
    on_accent="#FFFFFF",
    safe="#1E7A46",
    warn="#8A5A00",
    danger="#B3261E",
)
DARK = Tokens(
    dark=True,
    bg="#15181B",
    surface="#1E2327",
    line="#343B41",
    stage="#0E1113",
    raised="#23292E",
    text="#ECEFF1",
    muted="#A3ADB5",
    accent="#8AB4F8",
    on_accent="#0E1113",
    safe="#6FD39A",
    warn="#F2C14E",
    danger="#FF8A80",
)
# The stage is dark in both themes: what stands on it takes the dark theme's words and signs.
LIGHT_STAGE = Tokens(
    dark=True,
    bg=LIGHT.stage,
    surface=LIGHT.raised,
    line="#434A51",
    stage=LIGHT.stage,
    raised=LIGHT.raised,
    text=DARK.text,
    muted=DARK.muted,
    accent=DARK.accent,
    on_accent=DARK.on_accent,
    safe=DARK.safe,
    warn=DARK.warn,
    danger=DARK.danger,
)
DARK_STAGE = Tokens(
    dark=True,
    bg=DARK.stage,
    surface=DARK.raised,
    line=DARK.line,
    stage=DARK.stage,
    raised=DARK.raised,
    text=DARK.text,
    muted=DARK.muted,
    accent=DARK.accent,
    on_accent=DARK.on_accent,
    safe=DARK.safe,
    warn=DARK.warn,
    danger=DARK.danger,
)
# High contrast: words stand 7:1 against every ground they are on (WCAG 2.2, level AAA).
STRONG_LIGHT = Tokens(
    dark=False,
    bg="#FFFFFF",
    surface="#FFFFFF",
    line="#595959",
    stage="#000000",
    raised="#161616",
    text="#000000",
    muted="#333333",
    accent="#00419E",
    on_accent="#FFFFFF",
    safe="#00542A",
    warn="#5E3C00",
    danger="#970B00",
    strong=True,
)
STRONG_DARK = Tokens(
    dark=True,
    bg="#000000",
    surface="#000000",
    line="#A6A6A6",
    stage="#000000",
    raised="#161616",
    text="#FFFFFF",
    muted="#DADADA",
    accent="#9CCBFF",
    on_accent="#000000",
    safe="#7DEBA8",
    warn="#FFD75E",
    danger="#FFA79F",
    strong=True,
)
STRONG_STAGE = Tokens(
    dark=True,
    bg=STRONG_DARK.stage,
    surface=STRONG_DARK.raised,
    line=STRONG_DARK.line,
    stage=STRONG_DARK.stage,
    raised=STRONG_DARK.raised,
    text=STRONG_DARK.text,
    muted=STRONG_DARK.muted,
    accent=STRONG_DARK.accent,
    on_accent=STRONG_DARK.on_accent,
    safe=STRONG_DARK.safe,
    warn=STRONG_DARK.warn,
    danger=STRONG_DARK.danger,
    strong=True,
)
THEMES = (LIGHT, DARK, STRONG_LIGHT, STRONG_DARK)
