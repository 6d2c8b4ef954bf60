"""Text that both databases take."""


def storable(text: str | None) -> str | None:
    """Return `text` without what PostgreSQL refuses: NUL, and halves of surrogate pairs."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
