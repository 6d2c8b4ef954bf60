"""The checks that appear by themselves when what they need is configured."""

from typing import Any

import msgspec


class Builtin(msgspec.Struct, frozen=True, kw_only=True):
    """A built-in check: what it is called, whether it appears by itself, and the fields it takes from the environment.

    `needs` names the variables that let it appear, for faults about its absence.
    """

    name: str
    type: str
    title: str
    group: str = "Infrastructure"
    present: bool = True
    needs: str = ""
    fields: dict[str, Any] = {}

    def defaults(self) -> dict[str, Any]:
        """Return the fields that are decided before `status.toml` speaks."""
        decided = {key: value for key, value in self.fields.items() if value is not None}
        return {"type": self.type, "title": self.title, "group": self.group, **decided}


def builtins(environment: dict[str, Any]) -> dict[str, Builtin]:
    """Return the built-in checks by name, in the page's order; `environment` is what `read_environment` returned."""
    made = (
        Builtin(name="database", type="database", title="Database", fields={"url": environment["database_url"]}),
        _redis(environment),
        _s3(environment),
        _openai(environment),
        Builtin(name="disk-space", type="disk", title="Disk space", fields={"path": "/"}),
    )
    return {builtin.name: builtin for builtin in made}


def _redis(environment: dict[str, Any]) -> Builtin:
    return Builtin(
        name="redis",
        type="redis",
        title="Redis",
        present=environment["redis_url"] is not None,
        needs="REDIS_URL",
        fields={"url": environment["redis_url"], "verify_tls": environment["redis_verify_tls"]},
    )


def _s3(environment: dict[str, Any]) -> Builtin:
    return Builtin(
        name="aws-s3",
        type="s3",
        title="AWS S3",
        group="External services",
        present=environment["s3_bucket"] is not None or environment["aws_access_key_id"] is not None,
        needs="S3_BUCKET or AWS_ACCESS_KEY_ID",
        fields={
            "bucket": environment["s3_bucket"],
            "url": environment["aws_endpoint_url"],
            "region": environment["aws_region"],
            "access_key_id": environment["aws_access_key_id"],
            "secret_access_key": environment["aws_secret_access_key"],
            "session_token": environment["aws_session_token"],
        },
    )


def _openai(environment: dict[str, Any]) -> Builtin:
    return Builtin(
        name="openai",
        type="openai",
        title="OpenAI",
        group="External services",
        present=environment["openai_api_key"] is not None,
        needs="OPENAI_API_KEY",
        fields={"api_key": environment["openai_api_key"], "base_url": environment["openai_base_url"]},
    )
