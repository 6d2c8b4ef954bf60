"""The project as somebody else gets it: what git has, and what it would take, in a folder of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def check_out(folder: Path) -> Path:
    """Copy the project into `folder`, which must not exist, and return it."""
    listed = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for path in (ROOT / name for name in names if name):
        if path.is_file():  # what was removed and not yet committed is still listed
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder


def lend_environment(folder: Path) -> None:
    """Let the copy use this environment's packages, as if `make` had installed them."""
    (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
