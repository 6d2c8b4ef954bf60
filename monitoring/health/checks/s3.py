"""S3, or what speaks as it does: the bucket if one is named, else the list of buckets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from monitoring.health.check import Answer, CheckFailed, LibraryCheck
from monitoring.health.checks.http import web_address_faults
from monitoring.health.failures import timed_out
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Secret, Url
from monitoring.status import Cause, Status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Bucket = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")]

_DEFAULT_REGION = "us-east-1"
_REFUSALS = frozenset({401, 403})


class S3Settings(CheckSettings, frozen=True, kw_only=True):
    """`url` is the endpoint, AWS's own unless given; without keys they are looked for where boto3 looks."""

    url: Url = ""
    bucket: Bucket = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: Secret = ""
    session_token: Secret = ""

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if self.url:
            yield from web_address_faults("url", self.url)
        if bool(self.access_key_id) != bool(self.secret_access_key):
            yield "secret_access_key", "access_key_id and secret_access_key together, or neither"


class S3Check(LibraryCheck[S3Settings]):
    """Asks with one client, kept between probes; a failure is degraded, since what is cached still serves."""

    type = "s3"
    settings_type = S3Settings
    failure_status = Status.DEGRADED

    def __init__(self, settings: S3Settings) -> None:
        super().__init__(settings)
        self._kept: S3Client | None = None

    def ask(self) -> Answer:
        """Ask; CheckFailed, or the library's error with the system's in it, where it fails."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return Answer(details=self._look())
        except ClientError as error:
            raise self._refused(error.response) from error
        except BotoCoreError as error:
            known = self._known(error)
            if known is None:
                raise
            raise CheckFailed(*known) from error

    def _look(self) -> dict[str, Any]:
        client = self._client()
        if self.settings.bucket:
            client.head_bucket(Bucket=self.settings.bucket)
            return {"accessible": True, "bucket": self.settings.bucket, "count": 1}
        buckets = client.list_buckets().get("Buckets", [])
        return {"accessible": True, "count": len(buckets)}

    def _client(self) -> "S3Client":
        if self._kept is None:
            self._kept = self._new_client()
        return self._kept

    def _new_client(self) -> "S3Client":
        from boto3.session import Session
        from botocore.config import Config

        told, seconds = self.settings, self.settings.timeout_seconds
        config = Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"} if told.url else None,
        )
        session = Session(
            aws_access_key_id=told.access_key_id or None,
            aws_secret_access_key=told.secret_access_key or None,
            aws_session_token=told.session_token or None,
            region_name=told.region or None,
        )
        region = session.region_name or _DEFAULT_REGION
        return session.client("s3", endpoint_url=told.url or None, region_name=region, config=config)

    def _refused(self, response: Any) -> CheckFailed:
        """Return what an answer that is an error means."""
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        code = str(response.get("Error", {}).get("Code", ""))
        if status in _REFUSALS:
            return CheckFailed(Cause.AUTH, f"refused the key or its rights ({code})")
        if status == 404:
            return CheckFailed(Cause.CONTENT, f"there is no bucket {self.settings.bucket}")
        if status in (301, 307, 400) and self.settings.bucket:
            return CheckFailed(Cause.STATUS, f"answered {status}: the bucket may be in another region")
        return CheckFailed(Cause.STATUS, f"answered {status} ({code})")

    def _known(self, error: Exception) -> tuple[Cause, str] | None:
        """Return what the library itself found; None where the system's own error is in its."""
        from botocore import exceptions

        if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
            return Cause.AUTH, "no key was found"
        if isinstance(error, exceptions.ConnectTimeoutError | exceptions.ReadTimeoutError):
            return Cause.TIMEOUT, timed_out(self.settings.timeout_seconds)
        if isinstance(error, exceptions.ConnectionClosedError):
            return Cause.REFUSED, "cut the connection"
        return None
