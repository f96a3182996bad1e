"""A file's new content, all of it or none."""

from __future__ import annotations

import os
import stat
import tempfile


class WriteError(Exception):
    """A file that could not be replaced; it is as it was."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Replace the content of a file atomically, if it still is ``before``.

    The new content is written and synced beside the file and takes its name and mode in one step, so that neither a
    crash nor a full disk leaves half a file. A link stays a link: its target is replaced.
    """
    target = os.path.realpath(path)
    temporary = ""
    try:
        with open(target, "rb") as file:
            if file.read() != before:
                raise WriteError(f"{path}: changed while it was being fixed; left as it is")
        mode = stat.S_IMODE(os.stat(target).st_mode)
        if not os.access(target, os.W_OK):
            raise WriteError(f"{path}: not writable; left as it is")
        handle, temporary = tempfile.mkstemp(prefix=".statelint-", suffix=".tmp", dir=os.path.dirname(target))
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}; left as it is") from None
    finally:
        if temporary:
            os.unlink(temporary)
