import asyncio
import hashlib
import os
import subprocess
import sys
import threading

import flask
import pytest
import sqlalchemy as sa

import monitoring
from monitoring import Monitoring, correlation, errors, performance
from monitoring.application import app_metrics, instrument_engine
from monitoring.extension.figures import figures
from monitoring.metrics import metrics
from monitoring.settings import SettingsError
from monitoring.store import costs as stored_costs
from monitoring.store import errors as stored_errors
from monitoring.store import slow_operations
from monitoring.store.metrics import MetricsReader
from tests.errors.ingest import Ingest
from tests.extension.conftest import broken, shop
from tests.support.waiting import until

TOKEN = "a-token-of-the-shop"
HASH = hashlib.sha256(TOKEN.encode()).hexdigest()


def _requests(rule):
    found = metrics.get_metrics("api.requests")
    return sum(total.sum for series, total in found.items() if dict(series.tags)["rule"] == rule)


def test_two_lines_bring_ids_lines_and_metrics(lines):
    app = shop()
    Monitoring(app, logs=False)
    before = _requests("/orders/<int:number>")
    answer = app.test_client().get("/orders/7", headers={"X-Request-ID": "request-7"})
    assert (answer.data, answer.headers["X-Correlation-ID"]) == (b"order 7", "request-7")
    line = lines.one()
    assert (line["message"], line["rule"], line["correlation_id"]) == (
        "Request completed",
        "/orders/<int:number>",
        "request-7",
    )
    assert _requests("/orders/<int:number>") == before + 1


def test_an_unhandled_error_is_told_of_once_with_its_request(lines):
    app = shop()
    Monitoring(app, logs=False)
    answer = app.test_client().get("/orders/broken?token=abcdefgh", headers={"X-Request-ID": "request-8"})
    assert answer.status_code == 500
    error, completed = lines.all()
    assert (error["message"], error["name"], error["correlation_id"]) == (
        "the till is empty",
        "LookupError",
        "request-8",
    )
    assert (error["method"], error["path"], error["rule"]) == ("GET", "/orders/broken", "/orders/broken")
    assert (completed["message"], completed["status"]) == ("Request completed", 500)


def test_what_the_application_logs_of_an_error_itself_is_not_left_out(lines):
    app = shop()
    Monitoring(app, logs=False)

    @app.get("/handled")
    def handled():
        try:
            raise LookupError("no coin")
        except LookupError as error:
            errors.capture_error(error)
            app.logger.exception("The till says no")
        return "fine"

    app.test_client().get("/handled")
    assert [line["message"] for line in lines.all()] == ["no coin", "The till says no", "Request completed"]


def test_it_leaves_the_applications_answers_as_they_are():
    bare, app = shop(), shop()
    Monitoring(app)
    for path in ("/orders/none", "/orders/broken", "/nowhere", "/health", "/metrics"):
        before, now = bare.test_client().get(path), app.test_client().get(path)
        assert (now.status_code, now.data) == (before.status_code, before.data)
        assert set(dict(now.headers)) - set(dict(before.headers)) == {"X-Correlation-ID"}


def test_it_answers_with_problem_documents_where_they_are_wanted():
    app = shop()
    Monitoring(app, problem_json=True)
    answer = app.test_client().get("/orders/none")
    assert (answer.mimetype, answer.json["detail"]) == ("application/problem+json", "We do not sell that.")
    page = app.test_client().get("/orders/none", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"


def test_it_serves_an_application_factory():
    monitor = Monitoring(service_name="factory")
    apps = [shop("one"), shop("two")]
    for app in apps:
        monitor.init_app(app)
        monitor.init_app(app)
        assert app.test_client().get("/orders/7").headers.getlist("X-Correlation-ID") != []
    assert errors.tracker.service == "factory"


def test_each_of_two_applications_captures_its_own_errors_once(lines):
    for name in ("one", "two"):
        Monitoring(app := shop(name), logs=False, service_name="both")
    app.test_client().get("/orders/broken")
    assert [line["message"] for line in lines.all()] == ["the till is empty", "Request completed"]


def test_a_process_says_when_it_changes_the_service_it_writes_as(lines):
    Monitoring(shop(), logs=False, service_name="one")
    Monitoring(shop(), logs=False, service_name="two")
    line = lines.one()
    assert (line["level"], line["before"], line["now"]) == ("warn", "one", "two")


def test_making_it_starts_no_thread_and_opens_nothing(tmp_path, hanging_server):
    before = set(threading.enumerate())
    dsn = f"http://key@127.0.0.1:{hanging_server.port}/7"
    Monitoring(shop(), database_url=f"sqlite:///{tmp_path / 'store.db'}", sentry_dsn=dsn, health=True)
    assert set(threading.enumerate()) == before
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_told_all_at_once_and_nothing_is_done():
    app = shop()
    with pytest.raises(SettingsError, match=r"(?s)log_level.*admin_token_hashes"):
        Monitoring(app, log_level="loud", metrics_endpoint=True)
    assert "monitoring" not in app.extensions
    assert type(app.wsgi_app).__name__ != "Hooks"


def test_health_is_a_constant_and_in_detail_what_the_checks_say():
    app = shop()
    monitor = Monitoring(app, health=True, version="1.4.2")
    client = app.test_client()
    assert client.get("/health").json == {"status": "ok"}
    alone = client.get("/health?detailed=true")
    assert (alone.status_code, alone.json["version"]) == (200, "1.4.2")
    monitor.health.register("till", lambda: False)
    monitor.health.register("shelves", lambda: True)
    asked = client.get("/health?detailed=true")
    assert asked.status_code == 503
    assert {each["service"]: each["status"] for each in asked.json["checks"]} == {
        "till": "unhealthy",
        "shelves": "healthy",
    }
    assert client.get("/health/shelves").json["status"] == "healthy"


def test_an_application_may_have_a_blueprint_named_health_itself():
    app = shop()
    Monitoring(app, health=True)
    app.register_blueprint(flask.Blueprint("health", __name__))


def test_metrics_are_shown_to_who_has_the_token():
    app = shop()
    Monitoring(app, metrics_endpoint=True, admin_token_hashes=HASH)
    client = app.test_client()
    client.get("/orders/7")
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert b"api_requests_total{" in answer.data
    assert b'rule="/orders/<int:number>"' in answer.data


def test_it_writes_into_daymarks_store_under_its_own_name(database):
    url = database.url.render_as_string(hide_password=False)
    app = shop()
    monitor = Monitoring(app, database_url=url, service_name="shop-7")
    client = app.test_client()
    client.get("/orders/7")
    client.get("/orders/broken", headers={"X-Request-ID": "request-9"})
    performance.performance.record("db.query.orders", 250)
    app_metrics.record_service_cost("openai", 0.25, "embedding")
    monitor.flush()
    with database.read() as connection:
        [group] = stored_errors.groups(connection, 0, service="shop-7")
        [slow] = slow_operations.latest(connection, 0, service="shop-7")
        [cost] = stored_costs.by_day(connection, "2000-01-01", "2999-01-01")
    assert (group.type, group.count, group.correlation_ids) == ("LookupError", 1, ["request-9"])
    assert (slow.name, slow.seconds, slow.threshold_seconds) == ("db.query.orders", 0.25, 0.1)
    assert (cost.service, cost.provider, cost.amount) == ("shop-7", "openai", 0.25)
    reader = MetricsReader(database, "shop-7")
    until(lambda: sum(total.sum for total in reader.totals("api.requests", 0, 9e9).values()) == 2)
    assert errors.get_error_stats()["errors_by_type"] == {"LookupError": 1}


def test_a_store_that_is_away_costs_no_request_and_no_exit(hanging_server):
    app = shop()
    monitor = Monitoring(app, logs=False, database_url=f"postgresql://x@127.0.0.1:{hanging_server.port}/x")
    assert app.test_client().get("/orders/broken").status_code == 500
    assert app.test_client().get("/orders/7").data == b"order 7"
    until(lambda: hanging_server.connections)
    flushing = threading.Thread(target=monitor.flush)
    flushing.start()
    flushing.join(8)
    assert not flushing.is_alive()


def test_sentry_hears_of_an_unhandled_error_with_the_requests_id(http_server):
    ingest = Ingest(http_server)
    app = shop()
    Monitoring(app, sentry_dsn=ingest.dsn, service_name="shop", environment="production", logs=False)
    app.test_client().get("/orders/broken", headers={"X-Request-ID": "request-9"})
    [event] = ingest.wait_for("event")
    assert event["tags"]["correlation_id"] == "request-9"
    assert event["contexts"]["metadata"]["rule"] == "/orders/broken"


def test_a_thread_that_fails_is_captured_unless_that_is_not_wanted(lines):
    threading.excepthook = lambda told: None
    Monitoring(shop(), logs=False, unhandled=False, service_name="shop")
    _fail_in_a_thread()
    assert lines.all() == []
    Monitoring(shop(), logs=False, service_name="shop")
    _fail_in_a_thread()
    assert lines.one()["operation"] == "thread"


def test_a_task_that_fails_inside_of_a_view_is_captured(lines):
    app = shop()
    Monitoring(app, logs=False)

    async def fail():
        broken()

    async def work():
        await asyncio.wait([asyncio.create_task(fail())])
        return "fine"

    app.add_url_rule("/task", view_func=lambda: asyncio.run(work()))
    assert app.test_client().get("/task", headers={"X-Request-ID": "request-7"}).data == b"fine"
    [captured] = [line for line in lines.all() if line.get("operation") == "asyncio"]
    assert (captured["name"], captured["correlation_id"]) == ("LookupError", "request-7")


def test_a_slow_request_is_told_of_with_its_rule(lines, monkeypatch):
    monkeypatch.setitem(performance.performance._thresholds._milliseconds, "api.request", 0.0001)
    app = shop()
    Monitoring(app, logs=False)
    app.test_client().get("/orders/7", headers={"X-Request-ID": "request-7"})
    [slow] = [line for line in lines.all() if line["message"] == "Performance threshold exceeded"]
    assert (slow["operation"], slow["correlation_id"]) == ("api.request", "request-7")
    assert slow["metadata"] == {"method": "GET", "rule": "/orders/<int:number>", "status": "200"}


def test_a_slow_query_is_told_of_with_its_table(lines):
    engine = sa.create_engine("sqlite://")
    sa.event.listen(engine, "connect", lambda raw, _: raw.create_function("wait", 0, _take_a_while))
    instrument_engine(engine)
    Monitoring(shop(), logs=False)
    with engine.connect() as connection:
        connection.execute(sa.text("select wait() from (select 1)"))
    engine.dispose()
    line = lines.one()
    assert (line["message"], line["operation"]) == ("Performance threshold exceeded", "db.query")
    assert line["metadata"]["operation"] == "select"


def _take_a_while():
    threading.Event().wait(0.15)


def test_calls_to_others_are_timed_by_host(http_server):
    Monitoring(shop(), logs=False)
    url = http_server.route("/pay", "no", status=503)
    before = _outgoing("503")
    with correlation.session() as session:
        session.get(url)
    assert _outgoing("503") == before + 1


def _outgoing(status):
    found = metrics.get_metrics("outgoing.requests")
    return sum(total.sum for series, total in found.items() if dict(series.tags)["status"] == status)


def _sampling():
    return [thread for thread in threading.enumerate() if thread.name == "system-metrics"]


def test_the_first_request_starts_the_figures_of_the_process():
    app = shop()
    Monitoring(app)
    before = _sampling()
    for _ in range(2):
        app.test_client().get("/orders/7")
    assert len(_sampling()) == len(before) + 1
    until(lambda: metrics.get_metrics("system.memory.rss"))


def test_nobody_listens_to_requests_once_the_figures_have_begun():
    app = shop()
    Monitoring(app)
    listening = [_listening(), app.test_client().get("/orders/7").status_code, _listening()]
    assert listening == [True, 200, False]


def _listening():
    return figures.begin in [receiver() for receiver in flask.request_finished.receivers.values()]


def test_a_forked_process_has_figures_of_its_own():
    figures.begin()
    child = os.fork()
    if not child:
        figures.begin()
        os._exit(len(_sampling()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def _fail_in_a_thread():
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()


def test_importing_the_package_costs_nothing():
    code = (
        "import monitoring, sys; print([m for m in sys.modules if m.startswith('monitoring.')], monitoring.__version__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == f"[] {monitoring.__version__}\n"


@pytest.mark.parametrize("first", ["metrics", "performance", "errors", "correlation"])
def test_the_rooms_are_there_whichever_is_asked_for_first(first):
    code = (
        f"import monitoring; print(monitoring.{first}.__name__); from monitoring import Monitoring, log; log.info('')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.startswith(f"monitoring.{first}\n")


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="moon"):
        monitoring.moon  # noqa: B018
