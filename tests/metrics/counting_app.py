"""A small application under gunicorn: what it counts, and `/metrics`; run with `counting_conf.py`."""

import hashlib
import os

from flask import Flask

from monitoring.metrics import metrics
from monitoring.metrics.sinks.prometheus import PrometheusSink
from monitoring.web import errors, hooks
from monitoring.web import metrics as web_metrics
from monitoring.web.access import Access

# The other workers' last ten seconds are missing in a scrape: a test says how long it can wait.
metrics._flush_seconds = float(os.environ["FLUSH_SECONDS"])
metrics.use(PrometheusSink(metrics.dropped))

app = Flask(__name__)
hooks.init_app(app)
errors.init_app(app)
access = Access([hashlib.sha256(b"right").hexdigest()])
app.register_blueprint(access.protect(web_metrics.blueprint(metrics.flush)))


@app.get("/pid")
def pid() -> str:
    return str(os.getpid())


@app.get("/work/<kind>")
def work(kind: str) -> str:
    metrics.gauge("system.threads", 10)
    metrics.increment("file.processed.success", 1, {"file_type": kind})
    return str(os.getpid())
