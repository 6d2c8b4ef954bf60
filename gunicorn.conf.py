"""How gunicorn runs Daymark. Settings are read here first, so that a wrong one is said once and nothing starts."""

import os
import sys
from pathlib import Path

from monitoring import logs
from monitoring.health.checks import KINDS
from monitoring.metrics import multiprocess
from monitoring.settings import SettingsError, load

try:
    _settings = load(os.environ, KINDS, Path(__file__).parent)
except SettingsError as faults:
    sys.exit(str(faults))

logs.configure_by(_settings)

multiprocess.prepare()

wsgi_app = "wsgi:app"
bind = f"0.0.0.0:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "gthread"
threads = 8
# A worker that is stopped inside a transaction would keep its locks: it is ended after this.
timeout = 10
graceful_timeout = 10
# Two services of one user would share its socket, and nothing here needs it.
control_socket_disable = True
logger_class = "monitoring.logs.gunicorn.Logger"
loglevel = "warning" if _settings.log_level in ("warn", "error", "fatal") else "info"


def when_ready(server):  # noqa: ANN001, ANN201, ARG001, D103 - gunicorn's hook
    address = f"http://127.0.0.1:{_settings.port}/"
    if _settings.production:
        logs.log.info(f"Daymark is at {address}", workers=_settings.web_concurrency)
    else:
        print(f"Daymark is at {address}", flush=True)  # noqa: T201 - for whoever has typed `make run`


def post_worker_init(worker):  # noqa: ANN001, ANN201, D103 - threads start here, in the process that serves
    worker.app.wsgi().extensions["daymark"].start()


def worker_exit(server, worker):  # noqa: ANN001, ANN201, ARG001, D103 - writes what waits and gives the lease back
    worker.app.wsgi().extensions["daymark"].stop()


def child_exit(server, worker):  # noqa: ANN001, ANN201, ARG001, D103 - runs in the master, however the worker ended
    multiprocess.mark_dead(worker.pid)
