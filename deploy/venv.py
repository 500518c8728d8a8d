"""Fill `.venv` from uv.lock; `make` runs it with the Python it finds. Says what is missing in a sentence.

Written for any Python 3, so that an old one can say that it is too old. All output goes to standard error.
"""

import fcntl
import os
import subprocess
import sys
import sysconfig

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")


def run(*command, **options):
    """True when the command succeeds; what it prints goes to standard error."""
    return subprocess.call(command, stdout=2, cwd=ROOT, **options) == 0


def refuse_unsupported():
    if sys.version_info < (3, 11):
        sys.exit("This needs Python 3.11 or newer; the newest found is {}.{}.".format(*sys.version_info))
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        sys.exit(
            "This runs on macOS and on Linux with glibc; this Python is built for musl (Alpine). Use a Debian image."
        )


def make_venv():
    """An ordinary venv with uv in it. Debian splits ensurepip off; then a pip of the system serves."""
    if run(sys.executable, "-m", "venv", VENV, stderr=subprocess.DEVNULL):
        return run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    return run(sys.executable, "-m", "venv", "--without-pip", "--clear", VENV) and run(
        sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "uv"
    )


def sync(dev, **environment):
    """Install what uv.lock says: with `dev` exactly that, without it what running needs."""
    groups = [] if dev else ["--no-dev", "--inexact"]  # inexact: never take the tools of `make test` away again
    environment.update(os.environ, VIRTUAL_ENV=VENV, UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    return run(UV, "sync", "--quiet", "--frozen", "--active", *groups, env=environment)


def main(dev):
    refuse_unsupported()
    with open(os.path.join(ROOT, "uv.lock")) as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two makes at once: one installs, the other waits
        print("Installing Python packages into .venv ...", file=sys.stderr)
        if not os.path.exists(UV) and not make_venv():
            sys.exit("Cannot make .venv: there is no network, or no venv with pip (Debian: apt install python3-venv).")
        # The second try trusts the system's certificates: behind a proxy of one's own only those will do.
        if not sync(dev) and not sync(dev, UV_SYSTEM_CERTS="1"):
            sys.exit("Cannot install the packages of uv.lock: see above. Is there a network, and room on the disk?")


if __name__ == "__main__":
    main("--dev" in sys.argv[1:])
