#!/usr/bin/env python3
"""Writes fixtures with PyTorch 2.13.0: all of them, or those of the scripts that are named.

    pip install torch==2.13.0 numpy
    tests/golden/make.py [basic ...]
"""

import importlib
import sys
from pathlib import Path

import torch

here = Path(__file__).parent
sys.path.insert(0, str(here))
if not torch.__version__.startswith("2.13.0"):
    sys.exit(f"make.py: expected torch 2.13.0, got {torch.__version__}")
known = sorted(path.stem.removeprefix("cases_") for path in here.glob("cases_*.py"))
for name in sys.argv[1:] or known:
    if name not in known:
        sys.exit(f"make.py: expected one of {', '.join(known)}, got {name}")
    importlib.import_module(f"cases_{name}").make()
