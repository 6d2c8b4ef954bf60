"""Amazon CloudWatch, through boto3."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from monitoring import clock
from monitoring.metrics.catalogue import Unit, find
from monitoring.metrics.cell import Cell, Kind
from monitoring.metrics.sinks.base import Sink

MOST_VALUES = 150
MOST_DATA = 1_000
MOST_BYTES = 600_000
"""A call may carry 1 MB and 1,000 data of 150 values each; what it will take is estimated generously."""

_CONNECT_SECONDS, _READ_SECONDS = 3, 5
_UNITS = {Unit.NONE: "None", Unit.MILLISECONDS: "Milliseconds", Unit.BYTES: "Bytes", Unit.DOLLARS: "None"}


class CloudwatchSink(Sink):
    """Puts metric data under `namespace`; region and keys come from where boto3 looks for them.

    A distribution goes with all its values, so that CloudWatch can give percentiles; tags become dimensions.
    """

    name = "cloudwatch"

    def __init__(self, namespace: str, endpoint_url: str | None = None) -> None:
        self._namespace, self._endpoint_url = namespace, endpoint_url
        self._kept: Any = None

    def take(self, cells: Sequence[Cell]) -> None:
        """Put the cells, in as few calls as they fit into; botocore's errors where one fails."""
        for batch in batched(datum for cell in cells for datum in data(cell)):
            self._client().put_metric_data(Namespace=self._namespace, MetricData=batch)

    def forked(self) -> None:
        """Let a client of the child's own be made, with connections of its own."""
        self._kept = None

    def close(self) -> None:
        """Close the client."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _client(self) -> Any:
        if self._kept is None:
            from boto3.session import Session
            from botocore.config import Config

            config = Config(
                connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 2}
            )
            session = Session()
            region = session.region_name or "us-east-1"
            self._kept = session.client(
                "cloudwatch", endpoint_url=self._endpoint_url, region_name=region, config=config
            )
        return self._kept


def data(cell: Cell) -> Iterator[dict[str, Any]]:
    """Yield a cell as the API takes it: several data where a distribution has too many different values for one."""
    found = find(cell.series.name)
    unit = _UNITS[found[0].unit] if found else "None"
    common = {
        "MetricName": cell.series.name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in cell.series.tags if value.strip()],
        "Timestamp": clock.utc(cell.minute),
    }
    if cell.series.kind is Kind.COUNTER:
        yield {**common, "Value": cell.sum, "Unit": "Count" if unit == "None" else unit}
    elif cell.series.kind is Kind.GAUGE:
        yield {**common, "Value": cell.values[-1], "Unit": unit}
    else:
        counts = iter(Counter(cell.values).items())
        while some := list(islice(counts, MOST_VALUES)):
            values, times = zip(*some, strict=True)
            yield {**common, "Values": list(values), "Counts": [float(count) for count in times], "Unit": unit}


def batched(all_data: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the data in batches that one call may carry."""
    batch: list[dict[str, Any]] = []
    size = 0
    for datum in all_data:
        length = 400 + 80 * len(datum.get("Values", ())) + 400 * len(datum["Dimensions"])
        if batch and (len(batch) >= MOST_DATA or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(datum)
        size += length
    if batch:
        yield batch
