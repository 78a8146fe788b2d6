"""Two threads suffice for models of 100 kB, and more only slow a busy machine down."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
torch.set_num_threads(1)
