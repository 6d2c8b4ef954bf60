"""The shop: `SHOP_PAYMENT_URL=http://… flask --app examples.shop.app run`."""

import os
import threading
from collections.abc import Mapping
from queue import Queue

from flask import Flask, abort, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from examples.shop.models import Order, Product, open_shop
from monitoring import Monitoring, correlation, errors, log, performance
from monitoring.application import app_metrics, instrument_engine


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """Return the shop; `SHOP_DATABASE_URL` is where it keeps its orders, `SHOP_PAYMENT_URL` who takes the money."""
    app = Flask("shop")
    monitoring = Monitoring(app, health=True)  # with its import, these are the two lines

    engine = open_shop(environ.get("SHOP_DATABASE_URL", "sqlite:///shop.db"))
    instrument_engine(engine)
    monitoring.health.register("shelves", lambda: _count(engine) > 0)

    mail = Mail()
    _add_views(app, engine, environ.get("SHOP_PAYMENT_URL", "http://127.0.0.1:9/pay"), mail)
    return app


def _count(engine: Engine) -> int:
    with Session(engine) as session:
        return len(session.scalars(select(Product.id)).all())


def _add_views(app: Flask, engine: Engine, payment_url: str, mail: "Mail") -> None:
    @app.get("/products")
    def products() -> ResponseReturnValue:
        with Session(engine) as session, performance.measure("search.query.products"):
            found = session.scalars(select(Product).order_by(Product.id)).all()
            return jsonify([{"id": each.id, "name": each.name, "price": each.price} for each in found])

    @app.post("/orders/<int:product_id>")
    def buy(product_id: int) -> ResponseReturnValue:
        with Session(engine) as session:
            product = session.get(Product, product_id) or abort(404, "We do not sell that.")
            order = Order(product=product, receipt=_pay(payment_url, product.price))
            session.add(order)
            session.commit()
            app_metrics.record_user_action("order", request.headers.get("X-User"), {"product": product.name})
            mail.send(order.id)
            return jsonify({"order": order.id, "receipt": order.receipt}), 201

    @app.get("/broken")
    def broken() -> ResponseReturnValue:
        raise LookupError("the till is empty, password=opensesame")


@performance.measure("payment")
def _pay(url: str, cents: int) -> str:
    """Return the receipt's number; 502 where the payment service does not answer well."""
    try:
        answer = correlation.session().post(url, json={"cents": cents})
        answer.raise_for_status()
        return str(answer.json()["receipt"])
    except Exception as error:  # noqa: BLE001 - whatever the payment service does is no fault of the customer's
        errors.capture_error(error, {"service": "payment", "operation": "pay", "metadata": {"cents": cents}})
        abort(502, "The payment service does not answer.")


class Mail:
    """Writes to customers, in a thread that starts with the first letter."""

    def __init__(self) -> None:
        self._letters: Queue[tuple[int, str | None]] = Queue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, order: int) -> None:
        """Let the letter about an order be written, under the id of the request that ordered."""
        self._letters.put((order, correlation.current()))
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            order, correlation_id = self._letters.get()
            with correlation.bind(correlation_id), performance.measure("mail"):
                if order % 13 == 0:
                    raise RuntimeError(f"no stamps for order {order}")
                log.info("Letter sent", order=order)
