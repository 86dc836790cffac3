"""errno names and the texts that C libraries print for them."""

from __future__ import annotations

import errno
import os
from functools import cache

# musl words some of them differently (src/errno/__strerror.h); glibc's come from the running system.
_OTHER_TEXTS = {
    "Address in use": "EADDRINUSE",
    "Address not available": "EADDRNOTAVAIL",
    "Resource temporarily unavailable": "EAGAIN",
    "Not supported": "EOPNOTSUPP",
    "Operation not supported": "EOPNOTSUPP",
    "Out of memory": "ENOMEM",
    "Cannot allocate memory": "ENOMEM",
    "Symbolic link loop": "ELOOP",
    "No file descriptors available": "EMFILE",
    "Invalid cross-device link": "EXDEV",
    "Cross-device link": "EXDEV",
    "Illegal byte sequence": "EILSEQ",
    "Resource busy": "EBUSY",
    "I/O error": "EIO",
    "Not a tty": "ENOTTY",
    "Host is unreachable": "EHOSTUNREACH",
    "Socket not connected": "ENOTCONN",
    "Unknown error 524": "ENOTSUPP",
}


@cache
def _by_text() -> dict[str, str]:
    table = {os.strerror(number): name for number, name in sorted(errno.errorcode.items(), reverse=True)}
    return table | _OTHER_TEXTS


def errno_name(text: str) -> str:
    """Return the errno's name for a printed text or number (``Address already in use``, ``-98``), else the text."""
    text = text.strip()
    known = _by_text().get(text)
    if known:
        return known
    digits = text.removeprefix("-")
    if digits.isdigit() and len(digits) < 5:  # noqa: PLR2004 - errno values have at most four digits
        return errno.errorcode.get(int(digits), text)
    return text
