"""Draw the mark in every size a system asks for: python packaging/icons.py FOLDER.

Writes conclave-16.png to conclave-1024.png, conclave.ico and side.bmp for Windows,
conclave.icns for macOS and conclave.svg. Needs what runs Conclave, because Qt draws it.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
from collections.abc import Mapping
from pathlib import Path

MARK = Path(__file__).resolve().parent.parent / "resources" / "conclave.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512, 1024)  # pixels
ICO_SIZES = (16, 24, 32, 48, 64, 256)
SIDE = (164, 314)  # pixels; the last page of the installer for Windows, beside its words
ICNS_TYPES = {128: b"ic07", 256: b"ic08", 512: b"ic09", 1024: b"ic10", 32: b"ic11", 64: b"ic12"}


def ico(pictures: Mapping[int, bytes]) -> bytes:
    """Return a Windows icon that holds PNG pictures, by their size in pixels."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    start = len(head) + 16 * len(pictures)
    entries = b""
    for size, picture in pictures.items():
        edge = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(picture), start)
        start += len(picture)
    return head + entries + b"".join(pictures.values())


def icns(pictures: Mapping[bytes, bytes]) -> bytes:
    """Return a macOS icon that holds PNG pictures, by their type."""
    body = b"".join(
        kind + struct.pack(">I", 8 + len(picture)) + picture for kind, picture in pictures.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def draw(folder: Path) -> None:
    """Draw all of it into a folder."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    renderer = QSvgRenderer(str(MARK))
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {}
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        pictures[size] = bytes(data.data())
        (folder / f"conclave-{size}.png").write_bytes(pictures[size])
    (folder / "conclave.ico").write_bytes(ico({size: pictures[size] for size in ICO_SIZES}))
    (folder / "conclave.icns").write_bytes(
        icns({kind: pictures[size] for size, kind in ICNS_TYPES.items()})
    )
    side = QImage(*SIDE, QImage.Format.Format_RGB888)
    side.fill(0xFFFFFF)
    painter = QPainter(side)
    edge = SIDE[0] / 2
    renderer.render(painter, QRectF(edge / 2, (SIDE[1] - edge) / 2, edge, edge))
    painter.end()
    side.save(str(folder / "side.bmp"), "BMP")  # type: ignore[call-overload]
    shutil.copyfile(MARK, folder / "conclave.svg")
    application.quit()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
