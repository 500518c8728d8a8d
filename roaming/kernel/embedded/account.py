"""Who the embedded server runs as, and what that account can reach. PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNPRIVILEGED_NAMES = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Account:
    """The user and group of the server; `uid` None means: the same as ours, nothing to change."""

    uid: int | None = None
    gid: int | None = None

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments of `subprocess.Popen` that run a child as this account, with no other groups."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`, which we have just made."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """True when this account may step into `folder`; asked of the kernel, so lists of permissions count too."""
        return self._shell('cd -- "$0"', folder)

    def can_run(self, program: Path) -> bool:
        return self._shell('[ -x "$0" ]', program)

    def _shell(self, script: str, path: Path) -> bool:
        if self.uid is None:
            return True
        command = ["/bin/sh", "-c", script, str(path)]
        try:
            done = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.popen_arguments())
        except PermissionError as error:
            raise LookupError(
                f"root is not allowed to become user {self.uid} here, and PostgreSQL refuses root"
            ) from error
        return done.returncode == 0


def account_for(data: Path) -> Account:
    """Our own account; as root the owner of the data that is there already, else an unprivileged account.

    Raises LookupError when there is none on this machine.
    """
    if os.geteuid() != 0:
        return Account()
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the users {', '.join(UNPRIVILEGED_NAMES)} exists")
