"""Records what the routers of sparse language models say, as routing traces for RouteMark.

The command line is `python -m routemark_capture`; `Recorder` and `Trace` are the same by hand, for models that
are no Hugging Face folder.
"""

from .errors import CaptureError
from .trace import Site, Trace

__all__ = ["CaptureError", "Site", "Trace", "__version__"]

__version__ = "0.1.0"
