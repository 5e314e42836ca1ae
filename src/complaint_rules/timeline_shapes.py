"""Timeline shapes: what each stuff and each point of the picture looks like, and the elements it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from complaint_rules.timeline_marks import Shape, Stuff
from complaint_rules.timeline_scale import columns

BAR = 16  # how high a bar is
EM, SMALL = 13, 11.5  # sizes of letters
INK, MUTED, LINE, RED = "#1b2430", "#465160", "#d5dbe3", "#b3261e"
NOW, NEXT = "#6a1b9a", "#8a4b00"
STYLE = (
    '.tl text{font-family:"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;'
    f"font-size:{SMALL}px;fill:{INK}}}.tl .b{{font-size:{EM}px;font-weight:600}}.tl .h{{font-size:17px;font-weight:700}}"
    f".tl .m{{fill:{MUTED}}}.tl .a{{fill:{RED};font-weight:700}}.tl .l{{paint-order:stroke;stroke:#fff;stroke-width:3px}}"
)
DEFS = (
    '<defs><pattern id="tl-pause" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#fff"/><rect width="2" height="6" fill="#465160"/></pattern>'
    '<pattern id="tl-over" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    '<rect width="7" height="7" fill="#d2493f"/><rect width="3" height="7" fill="#a11c14"/></pattern>'
    '<pattern id="tl-excused" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" '
    'fill="#fbf1d0"/><circle cx="3" cy="3" r="1.4" fill="#7a5c00"/></pattern></defs>'
)
# Of what is drawn: fill, outline, dashes.
_STUFF: Mapping[Stuff, tuple[str, str, str]] = {
    "used": ("#2f6fb5", "#1f4f86", ""),
    "spent": ("#2c7a51", "#1c5637", ""),
    "left": ("#eef3f9", "#7487a0", "3 2"),
    "open": ("#9dbfe4", "#1f4f86", "5 3"),
    "overdue": ("url(#tl-over)", "#84130c", ""),
    "excused": ("url(#tl-excused)", "#7a5c00", ""),
    "paused": ("url(#tl-pause)", "#465160", ""),
    "state": ("#dfe9f5", "#7487a0", ""),
    "final": ("#d4d7db", "#465160", ""),
}
# Of a point: its outline around (0, 0), and its fill.
_SHAPES: Mapping[Shape, tuple[str, str]] = {
    "event": ("M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z", "#1f4f86"),
    "due": ("M-1.5-12h3v24h-3z", INK),
    "met": ("M-7 0l3-3 3 3 6-7 3 3-9 10z", "#1c5637"),
    "unmet": ("M-6-2h8v-4l6 6-6 6v-4h-8z", "#7a5c00"),
    "breached": ("M-7-4l3-3 4 4 4-4 3 3-4 4 4 4-3 3-4-4-4 4-3-3 4-4z", RED),
    "milestone": ("M0-7l7 7-7 7-7-7z", "#e0a100"),
    "ended": ("M-5-5h10v10h-10z", MUTED),
    "pause": ("M-5-6h4v12h-4zM1-6h4v12h-4z", MUTED),
    "decision": ("M0-7l7 12h-14z", NOW),
    "violation": ("M0-8l8 14h-16zM-1-3v5h2v-5zM-1 3v2h2v-2z", RED),
}


def element(name: str, /, *inside: str, **attributes: object) -> str:
    """Return an element; what is inside is ready, attributes are not."""
    said = "".join(f' {_attribute(k)}="{escape(number(v))}"' for k, v in attributes.items() if v not in ("", None))
    return f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>"


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def words_at(words: str, x: float, y: float, class_: str = "", anchor: str = "") -> str:
    return element("text", escape(words), x=x, y=y, class_=class_, text_anchor=anchor)


def titled(words: str) -> str:
    return element("title", escape(words))


def measure(text: str) -> float:
    """Return about how wide a label is, with the air around it."""
    return columns(text) * SMALL * 0.54 + 10


def box(stuff: Stuff, x: float, width: float, middle: float, *, is_odd: bool = False) -> str:
    fill, stroke, dashes = _STUFF[stuff]
    shade = "#f3f6fb" if stuff == "state" and is_odd else fill
    place = {"x": x, "y": middle - BAR / 2, "width": width, "height": BAR}
    return element("rect", **place, rx=2, fill=shade, stroke=stroke, stroke_dasharray=dashes)


def point(shape: Shape) -> str:
    path, fill = _SHAPES[shape]
    return element(
        "path", d=path, fill=fill, stroke="#fff", stroke_width=1.5, paint_order="stroke", fill_rule="evenodd"
    )
