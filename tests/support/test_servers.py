"""The servers that the other tests lean on."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.request import urlopen

import boto3
import psycopg
import pytest
import redis

from tests.support.http import HttpServer
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.s3 import S3
from tests.support.waiting import accepts, until


def test_postgres_gives_each_caller_a_database_of_its_own(postgres: Postgres) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE t (x int)")
    with psycopg.connect(second.replace("+psycopg", "")) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM t")


def test_postgres_keeps_its_port_and_data_when_it_is_started_again(postgres: Postgres) -> None:
    url = postgres.create_database()
    postgres.stop("kill")
    assert not accepts(postgres.port)
    postgres.start()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_redis_stops_and_starts_on_the_same_port() -> None:
    server = Redis(password="secret").start()
    server.stop()
    assert not accepts(server.port)
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()
    server.close()


def test_s3_has_the_buckets_it_was_given(s3_server: S3) -> None:
    s3_server.create_bucket("photos")
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3_server.url, **keys)
    assert "photos" in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    client.close()


def test_an_http_server_answers_as_told(http_server: HttpServer) -> None:
    url = http_server.route("/hello", "world")
    with urlopen(url) as answer:
        assert answer.read() == b"world"
    http_server.stop()
    assert not accepts(http_server.port)
    http_server.start()
    assert accepts(http_server.port)


@pytest.mark.parametrize("kind", ["postgres.Postgres", "redis.Redis", "s3.S3"])
def test_a_server_dies_with_the_process_that_started_it(kind: str) -> None:
    module, name = kind.split(".")
    code = f"""
        from tests.support.{module} import {name}
        server = {name}(); server.start()
        print(server._process.pid, server.folder, flush=True)
        input()
    """
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[0])
        os.kill(parent.pid, signal.SIGKILL)
    until(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
