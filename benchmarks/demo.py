"""`make demo`: the service with 20 checks, 90 days of made-up history and its stories, in a database of its own."""

import os
import sys
from pathlib import Path

from app import create_app
from benchmarks.filler import fill
from benchmarks.stories import tell
from monitoring import clock
from monitoring.store import migrate

ROOT = Path(__file__).parents[1]
STORE = ROOT / "instance" / "demo.db"


def main() -> None:
    """Fill a new store and become gunicorn."""
    os.environ |= {
        "PORT": os.environ.get("PORT", "8000"),
        "DATABASE_URL": f"sqlite:///{STORE}",
        "STATUS_CONFIG": str(ROOT / "benchmarks" / "demo.toml"),
        "SERVICE_NAME": "daymark-demo",
    }
    for old in STORE.parent.glob(f"{STORE.name}*"):
        old.unlink()
    daymark = create_app().extensions["daymark"]
    migrate.upgrade(daymark.database)
    checks, now = daymark.check_settings(), clock.now()
    fill(daymark.database, checks, now)
    tell(daymark.database, checks, now)
    daymark.database.close()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])


if __name__ == "__main__":
    main()
