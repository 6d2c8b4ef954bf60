"""What is answered while the store is away."""

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from monitoring.logs import log
from monitoring.store.database import StoreError
from monitoring.web import errors

RETRY_SECONDS = 5


def tell(routes: Blueprint) -> Blueprint:
    """Return `routes`; where one of them meets a store that is away, it answers 503 with Retry-After."""
    for kind in StoreError:
        routes.register_error_handler(kind, _answer)
    return routes


def _answer(error: Exception) -> Response | HTTPException:
    log.error("The store does not answer a request", error=str(error))
    return errors.answer(ServiceUnavailable(retry_after=RETRY_SECONDS))
