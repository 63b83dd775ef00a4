"""Start it as `python -m catalog` beside it, or as `python examples/catalog`."""

import importlib
import sys
from pathlib import Path

if not __package__:
    # Started as a folder: put the folder's parent in the place of the folder, and import it by its name.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

raise SystemExit(importlib.import_module(f"{__package__ or 'catalog'}.commands").main())
