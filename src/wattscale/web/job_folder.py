"""Where jobs are kept: a folder of this user alone, and never one that others could have prepared.

In: the user's environment. Out: a path; the folder itself, private, once jobs are taken.
Leaves out: what lies in it (job_store.py).
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

from wattscale.errors import InputError

PRIVATE = 0o700
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def usual_folder() -> Path:
    """Give the folder of the jobs of this user, where the system keeps such things; a temporary one without a home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_STATE_HOME") or Path(os.path.expanduser("~")) / ".local" / "state"
    path = Path(base) / "wattscale" / "jobs"
    if path.is_absolute() and _can_be_made(path):
        return path
    user = os.getuid() if hasattr(os, "getuid") else "me"
    return Path(tempfile.gettempdir()) / f"wattscale-{user}" / "jobs"


def make_private(folder: Path) -> None:
    """Make the folder of the jobs, or check the one that is there, and close it to others.

    Raises:
        InputError: It is no folder, belongs to another user, can be written by others, or cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        about = folder.lstat()
        if not stat.S_ISDIR(about.st_mode):
            raise _refused(folder, "is a link, not a folder")
        if hasattr(os, "getuid"):
            if about.st_uid != os.getuid() or folder.parent.stat().st_uid not in (os.getuid(), 0):
                raise _refused(folder, "belongs to another user")
            if about.st_mode & OTHERS_WRITE:
                raise _refused(folder, "can be written by other users")
            if stat.S_IMODE(about.st_mode) != PRIVATE:
                folder.chmod(PRIVATE)
    except OSError as error:
        raise _refused(folder, f"cannot be used: {error.strerror}") from error


def _can_be_made(path: Path) -> bool:
    there = next((each for each in (path, *path.parents) if each.exists()), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _refused(folder: Path, why: str) -> InputError:
    return InputError(
        f"the folder of the jobs {why}", where="WATTSCALE_JOBS", value=str(folder),
        hint="Name a folder of your own, or close it to others: chmod 700.",
    )  # fmt: skip
