"""A line that says how far a long run is, on terminals only."""

import sys
import time


class Progress:
    def __init__(self, label, total):
        self.label, self.total, self.start, self.shown = label, total, time.monotonic(), 0.0
        self.live = sys.stderr.isatty()

    def __call__(self, done):
        now = time.monotonic()
        if not self.live or now - self.start < 1 or now - self.shown < 0.2:
            return
        self.shown = now
        left = (now - self.start) / max(done, 1) * (self.total - done)
        print(f"\r{self.label} {done}/{self.total}, {left:.0f} s left \x1b[K", end="", file=sys.stderr, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.live and self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
