"""The one style sheet, written from a theme's tokens; widgets pick from it by `role` and `kind`."""

from app.ui.colour import EDGE
from app.ui.colour import blend as _mix
from app.ui.tokens import Tokens


def style_sheet(t: Tokens, stage: Tokens, scale: float) -> str:
    """Return the sheet: `t` for window and panels, `stage` for what stands on the stage.

    `scale` enlarges all type and what holds it.
    """
    hover, stage_hover = _mix(t.surface, t.text, 0.07), _mix(stage.raised, stage.text, 0.1)
    # 3:1 against the ground of what can be typed into
    edge = t.text if t.strong else _mix(t.surface, t.text, EDGE)
    pressed = _mix(t.surface, t.text, 0.16)

    def px(size: float) -> str:
        return f"{round(size * scale)}px"

    return f"""
* {{ font-family: "Inter"; font-size: {px(13)}; }}
QWidget#window, QWidget#page {{ background: {t.bg}; }}
QLabel {{ background: transparent; color: {t.text}; }}
QLabel[kind="display"] {{ font-size: {px(28)}; font-weight: 600; }}
QLabel[kind="title"] {{ font-size: {px(20)}; font-weight: 600; }}
QLabel[kind="heading"] {{ font-size: {px(15)}; font-weight: 600; }}
QLabel[kind="lead"] {{ font-size: {px(15)}; }}
QLabel[kind="strong"] {{ font-weight: 600; }}
QLabel[kind="muted"] {{ color: {t.muted}; }}
QLabel[kind="small"] {{ color: {t.muted}; font-size: {px(12)}; }}
QLabel[kind="danger"] {{ color: {t.danger}; }}
QLabel[kind="warn"] {{ color: {t.warn}; }}
QLabel[kind="safe"] {{ color: {t.safe}; }}
QLabel[kind="digits"] {{ font-size: {px(20)}; font-weight: 600; letter-spacing: 1px; }}

QFrame[kind="card"] {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: 8px; }}
QFrame[kind="live"] {{
    background: {t.bg}; border: none; border-left: 3px solid {t.accent}; border-radius: 4px;
}}
QFrame[kind="line"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}

QPushButton {{
    font-size: {px(15)}; min-height: {px(38)}; padding: 0 {px(16)}; border-radius: 8px;
    color: {t.text}; background: {t.surface}; border: 1px solid {edge};
}}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {pressed}; }}
QPushButton:disabled {{ color: {t.muted}; background: {t.bg}; border-color: {t.line}; }}
QPushButton[role="primary"] {{
    background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600;
}}
QPushButton[role="primary"]:hover {{ background: {_mix(t.accent, t.text, 0.14)}; }}
QPushButton[role="primary"]:pressed {{ background: {_mix(t.accent, t.text, 0.24)}; }}
QPushButton[role="primary"]:disabled {{
    background: {t.line}; border-color: {t.line}; color: {t.text if t.dark else t.muted};
}}
QPushButton[role="danger"] {{
    background: {t.danger}; color: {t.on_accent}; border-color: {t.danger}; font-weight: 600;
}}
QPushButton[role="danger"]:hover {{ background: {_mix(t.danger, t.text, 0.14)}; }}
QPushButton[role="danger"]:pressed {{ background: {_mix(t.danger, t.text, 0.24)}; }}
QPushButton[role="quiet"] {{
    border: none; background: transparent; padding: 0;
}}
QPushButton[role="quiet"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"] {{
    border: none; background: transparent; color: {t.accent}; font-size: {px(13)};
    padding: 0; min-height: {px(24)}; text-align: left;
}}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:disabled {{ color: {t.muted}; }}
QPushButton[small="true"] {{
    font-size: {px(13)}; min-height: {px(30)}; padding: 0 {px(12)};
}}
QPushButton[role="quiet"][small="true"], QPushButton[role="link"][small="true"] {{ padding: 0; }}
QPushButton[role="icon"] {{
    border: none; background: transparent; padding: 0; border-radius: 8px;
    min-width: {px(32)}; max-width: {px(32)}; min-height: {px(32)}; max-height: {px(32)};
}}
QPushButton[role="icon"]:hover, QPushButton[role="icon"]:checked {{
    background: {_mix(t.surface, t.text, 0.08)};
}}
QPushButton[role="row"] {{
    border: none; background: transparent; border-radius: 8px; text-align: left;
    padding: 0 {px(12)}; min-height: {px(40)}; font-size: {px(13)};
}}
QPushButton[role="row"]:hover {{ background: {_mix(t.bg, t.text, 0.06)}; }}
QPushButton[role="row"]:checked {{
    background: {_mix(t.bg, t.accent, 0.14)}; font-weight: 600;
}}

QLineEdit, QPlainTextEdit, QComboBox {{
    font-size: {px(15)}; background: {t.surface}; color: {t.text};
    border: 1px solid {edge}; border-radius: 8px; padding: 0 {px(12)}; min-height: {px(38)};
    selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
QPlainTextEdit {{ padding: {px(7)} {px(8)}; min-height: 0; font-size: {px(13)}; }}
QLineEdit:focus, QPlainTextEdit:focus {{ border-color: {t.accent}; }}
QLineEdit[kind="code"] {{ font-size: {px(13)}; }}
QComboBox {{ padding-right: 0; font-size: {px(13)}; }}
QComboBox:disabled {{ color: {t.muted}; background: {t.bg}; border-color: {t.line}; }}
QComboBox::drop-down {{ border: none; width: {px(36)}; }}
QComboBox::down-arrow {{ image: none; width: 0; height: 0; }}
QComboBox QAbstractItemView {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.line}; border-radius: 8px;
    padding: 4px; outline: none;
    selection-background-color: {hover}; selection-color: {t.text};
}}
QComboBox QAbstractItemView::item {{ min-height: {px(32)}; padding: 0 8px; border-radius: 6px; }}

QMenu {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.line}; padding: 6px;
}}
QMenu::item {{ padding: {px(8)} {px(32)} {px(8)} {px(12)}; border-radius: 6px; }}
QMenu::item:selected {{ background: {hover}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QMenu::icon {{ padding-left: {px(10)}; }}
QMenu#reaction_menu {{ icon-size: {px(24)}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 6px 4px; }}
QToolTip {{
    background: {t.surface}; color: {t.text}; border: 1px solid {t.line}; padding: 6px 8px;
}}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {edge}; border-radius: 3px; min-height: 32px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle:horizontal {{ background: {edge}; border-radius: 3px; min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QSlider {{ min-height: {px(24)}; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.line}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {t.accent}; }}
QSlider::handle:horizontal {{
    width: 16px; height: 16px; margin: -6px 0; border-radius: 8px; background: {t.accent};
}}

QWidget#panel {{ background: {t.surface}; border-left: 1px solid {t.line}; }}
QTextEdit {{ background: transparent; border: none; color: {t.text};
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QWidget#side_list {{ background: {t.bg}; border-top-left-radius: 12px;
    border-bottom-left-radius: 12px; border-right: 1px solid {t.line}; }}
QWidget#stage {{ background: {stage.stage}; }}
QWidget#stage QLabel {{ color: {stage.text}; }}
QWidget#stage QLabel[kind="muted"], QWidget#stage QLabel[kind="small"] {{ color: {stage.muted}; }}
QWidget#stage QPushButton[role="pill"], QWidget#stage QPushButton[role="pill_icon"] {{
    color: {stage.text}; background: transparent; border: none; font-size: {px(13)};
    border-radius: {px(16)}; min-height: {px(32)}; padding: 0 {px(12)};
}}
QWidget#stage QPushButton[role="pill"] {{ background: {stage.raised}; }}
QWidget#stage QPushButton[role="pill_icon"] {{ padding: 0; min-width: {px(32)}; }}
QWidget#stage QPushButton[role="pill"]:hover, QWidget#stage QPushButton[role="pill_icon"]:hover {{
    background: {stage_hover};
}}
QWidget#stage QPushButton[role="pill"][lock="verified"] {{ color: {stage.safe}; }}
QWidget#stage QPushButton[role="pill"][lock="broken"] {{
    background: {stage.danger}; color: {stage.on_accent}; font-weight: 600;
}}
QWidget#stage QPushButton[role="stage"] {{
    color: {stage.text}; background: {stage.raised}; border: 1px solid {stage.muted};
    font-size: {px(13)}; min-height: {px(30)}; padding: 0 {px(12)};
}}
QWidget#stage QPushButton[role="stage"]:hover {{ background: {stage_hover}; }}
QWidget#stage QPushButton[role="leave"] {{
    background: {stage.danger}; color: {stage.on_accent}; border: none; font-weight: 600;
    border-radius: {px(22)}; min-height: {px(44)}; padding: 0 {px(18)};
}}
QWidget#stage QPushButton[role="leave"]:hover {{
    background: {_mix(stage.danger, stage.text, 0.2)};
}}
QFrame#file_card {{ background: {t.bg}; border: 1px solid {t.line}; border-radius: 8px; }}
QFrame#drop_veil {{
    background: {_mix(stage.stage, stage.accent, 0.16)}; border: 2px dashed {stage.accent};
    border-radius: 12px;
}}
QFrame#drop_veil QLabel {{ color: {stage.text}; }}
QFrame#float, QFrame#card {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: 12px;
}}
QWidget#stage QFrame#float QLabel, QWidget#stage QWidget#toast QLabel {{ color: {t.text}; }}
QWidget#stage QFrame#float QLabel[kind="muted"],
QWidget#stage QFrame#float QLabel[kind="small"] {{ color: {t.muted}; }}
QWidget#stage QFrame#float QLabel[kind="warn"] {{ color: {t.warn}; }}
QWidget#stage QFrame#float QLabel[kind="danger"] {{ color: {t.danger}; }}
"""
