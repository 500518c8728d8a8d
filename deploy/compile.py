"""Compile the pricing engine to machine code with mypyc: `python deploy/compile.py FOLDER`, some 40 seconds.

Copies what the commands need into FOLDER and puts the compiled modules beside their sources there; Python takes the
compiled ones where they are and the sources where they are not: `cd FOLDER` and `python manage.py price …` there. It
needs a C compiler and mypy, which the tools of `make test` include. Nothing in the portal needs it: it prices the same,
at two thirds of the pace (docs/benchmarks.md).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What every charge passes through; not what is read once a tariff.
MODULES = [
    "conditions",
    "engine",
    "exact",
    "limits",
    "lines",
    "metering",
    "moments",
    "outcome",
    "periods",
    "plan",
    "reading",
    "report",
    "rounding",
    "selection",
    "steps",
    "warnings",
    "zones",
]
_SETUP = """
from mypyc.build import mypycify
from setuptools import setup

options = ["--strict", "--ignore-missing-imports", "--follow-imports=silent"]
setup(name="pricing", packages=[], ext_modules=mypycify(options + {sources!r}, opt_level="2"))
"""


def compile_into(folder: Path) -> None:
    """Raises CalledProcessError when there is no compiler or it does not like what it sees."""
    for package in ("billing", "partners", "roaming"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    shutil.copy(ROOT / "manage.py", folder)
    sources = [f"billing/pricing/{module}.py" for module in MODULES]
    command = [sys.executable, "-c", _SETUP.format(sources=sources), "--quiet", "build_ext", "--inplace"]
    environment = {**os.environ, "MYPY_CACHE_DIR": str(folder / "build" / "cache")}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    shutil.rmtree(folder / "build")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python deploy/compile.py FOLDER")
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    try:
        compile_into(Path(sys.argv[1]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"Not compiled; is there a C compiler?\n{error.stderr.decode()[-2000:]}")
