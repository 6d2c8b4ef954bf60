"""An S3 server of the tests' own (moto): it takes any key, right or wrong."""

import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from tests.support import processes
from tests.support.waiting import accepts, free_port, until


class S3:
    """One server; `stop` and `start` keep its port (not its buckets)."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="s3-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "S3":
        """Start it and wait until it listens."""
        log = self.folder / "log"
        process = processes.start(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], log=log
        )
        self._process = process
        until(lambda: processes.ensure_alive(process, log) or accepts(self.port), 60)
        return self

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            processes.end(self._process)
            self._process = None

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        processes.remove(self.folder)

    def create_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=self.url, **keys)
        client.create_bucket(Bucket=name)
        client.close()
