"""What a WSGI server imports: `gunicorn wsgi:app`."""

import sys

from app import create_app
from monitoring.settings import SettingsError

try:
    app = create_app()
except SettingsError as faults:
    sys.exit(str(faults))
