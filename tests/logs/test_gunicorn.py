import json
import subprocess
import sys
from pathlib import Path

CONFIG = """
from monitoring.logs import configure
configure(environment="production", level="info", directory=None, service="daymark")
logger_class = "monitoring.logs.gunicorn.Logger"
bind = "127.0.0.1:0"
accesslog = "-"
def when_ready(server):
    server.log.warning("Ready, token=%s", "c4nary")
def post_worker_init(worker):
    import os, signal
    os.kill(worker.ppid, signal.SIGTERM)
"""
APP = "def app(environ, start_response): ...\n"


def test_gunicorns_own_messages_are_our_lines(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONFIG)
    (tmp_path / "made.py").write_text(APP)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        str(tmp_path / "conf.py"),
        "--pythonpath",
        str(tmp_path),
        "made:app",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["logger"] for line in lines} == {"gunicorn.error"}
    assert "Ready, token=***" in [line["message"] for line in lines if line["level"] == "warn"]
    assert any(line["message"].startswith("Listening at") for line in lines)
    assert "c4nary" not in done.stdout + done.stderr and "{" not in done.stderr
