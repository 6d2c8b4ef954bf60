"""`make demo`: the service with 20 checks and 90 days of made-up history, in a database of its own."""

import os
import sys
from pathlib import Path

from app import create_app
from benchmarks.filler import fill
from monitoring import clock
from monitoring.store import facts, migrate
from monitoring.store.database import Database

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Migrate, fill once, and become gunicorn."""
    os.environ |= {
        "PORT": os.environ.get("PORT", "8000"),
        "DATABASE_URL": f"sqlite:///{ROOT / 'instance' / 'demo.db'}",
        "STATUS_CONFIG": str(ROOT / "benchmarks" / "demo.toml"),
        "SERVICE_NAME": "daymark-demo",
    }
    daymark = create_app().extensions["daymark"]
    migrate.upgrade(daymark.database)
    if not _filled(daymark.database):
        fill(daymark.database, [check.settings for check in daymark.registry.all()], clock.now())
    daymark.database.close()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])


def _filled(database: Database) -> bool:
    with database.read() as connection:
        return facts.get(connection, facts.MADE_UP) is not None


if __name__ == "__main__":
    main()
