"""Pictures that the documents show: cut out of those of the pages, and small enough for a repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from guerdon.cli.screens.drawing import PHONE, VARIANTS, Variant

ENGLISH, GERMAN, ARABIC, _ = VARIANTS
GAP_PX, QUALITY = 24, 80
GROUND = "#e9eef1"


@dataclass(frozen=True, slots=True)
class Part:
    """The top of a picture of a page; `width_px` of its middle, where it is not the whole width."""

    page: str
    variant: Variant
    height_px: int
    width_px: int = 0


# By the names of their files. What stands beside a prototype is as high as that.
LOOK: Mapping[str, Sequence[Part]] = {
    "overview": (Part("console-key", ENGLISH, 1240),),
    "overview_ar": (Part("console-key", ARABIC, 1240),),
    "overview_390": (Part("console-key", PHONE, 844),),
    "why": (Part("console-key-why-event", ENGLISH, 720),),
    "decision": (Part("console-key-decisions-apr", GERMAN, 820),),
    "locations": (Part("console-key-locations", ENGLISH, 900),),
    "member": (Part("r-one", PHONE, 1060), Part("r-one-orders-one", PHONE, 1060)),
    "choosing": (Part("r-one-catalog", PHONE, 900), Part("r-one-catalog-one", PHONE, 900)),
}


def write_look(pages: Path, folder: Path) -> list[str]:
    """Write them from a folder of pictures of pages, as `overview.webp`; those of which a page is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    for name, parts in LOOK.items():
        files = [pages / f"{part.page}.{part.variant.name}.png" for part in parts]
        if all(file.exists() for file in files):
            cut = [_cut(file, part) for file, part in zip(files, parts, strict=True)]
            _beside(cut).save(folder / f"{name}.webp", quality=QUALITY, method=6)
        else:
            missing.append(name)
    return missing


def _cut(file: Path, part: Part) -> Image.Image:
    with Image.open(file) as opened:
        whole = opened.convert("RGB")
    width = part.width_px or whole.width
    start = (whole.width - width) // 2
    return whole.crop((start, 0, start + width, min(part.height_px, whole.height)))


def _beside(parts: Sequence[Image.Image]) -> Image.Image:
    if len(parts) == 1:
        return parts[0]
    width = sum(part.width for part in parts) + GAP_PX * (len(parts) + 1)
    together = Image.new("RGB", (width, max(part.height for part in parts) + 2 * GAP_PX), GROUND)
    at = GAP_PX
    for part in parts:
        together.paste(part, (at, GAP_PX))
        at += part.width + GAP_PX
    return together
