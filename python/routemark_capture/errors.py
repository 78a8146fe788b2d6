"""Errors that say what is wrong, where, and what to do about it."""


class CaptureError(Exception):
    """Something that a user can put right."""

    def __init__(self, what, where=None, hint=None):
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self):
        lines = [f"error: {printable(self.what)}"]
        if self.where is not None:
            lines.append(f"  where: {printable(str(self.where))}")
        if self.hint is not None:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def printable(text):
    """Text from a file as a terminal may show it: control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
