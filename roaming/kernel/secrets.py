"""Secrets of the embedded mode: made once under `var/`, readable by their owner only. Production gives its own."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet


@dataclass(frozen=True)
class Secrets:
    secret_key: str
    field_key: str


def load_or_make(folder: Path) -> Secrets:
    """The secrets kept in `folder/secrets.json`; made on first use. Two processes starting at once agree on one
    file."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(path)
    return Secrets(**json.loads(path.read_text()))


def _write_once(path: Path) -> None:
    made = {"secret_key": secrets.token_urlsafe(50), "field_key": Fernet.generate_key().decode()}
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its file is as good as ours
    finally:
        draft.unlink()
