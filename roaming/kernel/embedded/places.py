"""Where the embedded server keeps its files, so that its account can reach them and nobody else."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from roaming.kernel.embedded.account import Account, account_for

ELSEWHERE = Path("/var/tmp")
SOCKET_PREFIX = "roaming-pg-"
LONGEST_SOCKET_DIR = 80  # a socket's path has room for about 100 characters, its name takes 16


def home_of(folder: Path) -> Path:
    """Where data and programs lie: `folder` itself, or as root under /var/tmp where the account cannot reach `folder`.

    A note in `folder` then says so. Raises OSError when the place under /var/tmp is somebody else's.
    """
    if os.geteuid() == 0:
        folder.chmod(0o711)
    if (folder / "data").exists() or account_for(folder / "data").can_enter(folder):
        return folder
    home = ELSEWHERE / f"roaming-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    home.mkdir(mode=0o711, exist_ok=True)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise OSError(f"{home} is in the way: it is not a folder of ours")
    home.chmod(0o711)
    note = folder / "elsewhere.txt"
    note.write_text(f"The server's account cannot reach this folder; the data lie in\n{home}\n")
    return home


def make_socket_dir(account: Account) -> Path:
    """A new private folder of `account` with a short path, for the server's socket."""
    for base in (Path(tempfile.gettempdir()), Path("/tmp"), ELSEWHERE):
        short = len(str(base)) + len(SOCKET_PREFIX) + 8 <= LONGEST_SOCKET_DIR
        if short and not set(str(base)) & set(', "') and account.can_enter(base):
            made = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=base))
            account.give(made)
            return made
    raise OSError("there is no folder for temporary files with a short path")
