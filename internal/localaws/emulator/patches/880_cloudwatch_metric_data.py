"""Fault: the dimensions of a metric are not what tells it from others.

Evidence: PutMetricData of one name with {FunctionName}, with {FunctionName, Resource}
and with none; GetMetricData without dimensions answers the sum of all, and so does
GetMetricStatistics with FunctionName alone. With dimensions GetMetricData mixes
namespaces, and finds three of them only if they come in the order of before.
ListMetrics gives a metric of two dimensions once per value. On AWS each set of
dimensions is a metric of its own.

The remedy gives moto's own sums nothing but the metric's values. What the proxy puts
into AWS's namespaces, some of it each second, is kept by the minute, as on AWS: a
load test would otherwise leave more than can be summed up.

It can go when GetMetricData without dimensions leaves out what has some.
"""

from moto.cloudwatch.metric_data_expression_parser import parse_expression
from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum


def dimensions_of(datum):
    return tuple(sorted((each.name, each.value) for each in datum.dimensions))


def given(dimensions):
    return tuple(sorted((each["Name"], each.get("Value")) for each in dimensions or ()))


class Values:
    """What moto's sums need of a backend: the values of one metric."""

    def __init__(self, backend, namespace, name, dimensions):
        wanted = given(dimensions)
        self._values = [
            datum
            for datum in backend.get_all_metrics()
            if datum.namespace == namespace
            and datum.name == name
            and dimensions_of(datum) == wanted
        ]

    def get_all_metrics(self):
        return self._values


def without_dimensions(query):
    metric = {**query["MetricStat"]["Metric"], "Dimensions": []}
    return {
        **query,
        "MetricStat": {**query["MetricStat"], "Metric": metric},
        "ReturnData": True,
    }


def add(kept, datum):
    kept.sum += datum.sum
    kept.sample_count += datum.sample_count
    kept.min = min(kept.min, datum.min)
    kept.max = max(kept.max, datum.max)


def apply():
    get_data = CloudWatchBackend.get_metric_data
    get_statistics = CloudWatchBackend.get_metric_statistics
    put = CloudWatchBackend.put_metric_data

    def get_metric_data(
        self, queries, start_time, end_time, scan_by="TimestampAscending"
    ):
        start_time = start_time.replace(second=0, microsecond=0)
        found, answer = [], []
        for query in queries:
            if "MetricStat" in query:
                metric = query["MetricStat"]["Metric"]
                values = Values(
                    self,
                    metric["Namespace"],
                    metric["MetricName"],
                    metric.get("Dimensions"),
                )
                results = get_data(
                    values, [without_dimensions(query)], start_time, end_time, scan_by
                )
                found += results
                if query.get("ReturnData", True):
                    answer += results
        for query in queries:
            if "MetricStat" in query:
                continue
            if query["Expression"].startswith("SELECT"):
                answer += get_data(self, [query], start_time, end_time, scan_by)
                continue
            values, timestamps = parse_expression(query["Expression"], found)
            answer.append(
                {
                    "id": query["Id"],
                    "label": query.get("Label") or query["Id"],
                    "values": values,
                    "timestamps": timestamps,
                    "status_code": "Complete",
                }
            )
        return answer

    def get_metric_statistics(
        self,
        namespace,
        metric_name,
        start_time,
        end_time,
        period,
        stats,
        dimensions,
        unit=None,
    ):
        return get_statistics(
            Values(self, namespace, metric_name, dimensions),
            namespace,
            metric_name,
            start_time.replace(second=0, microsecond=0),
            end_time,
            period,
            stats,
            [],
            unit,
        )

    def get_filtered_metrics(self, metric_name, namespace, dimensions):
        metrics = {
            (datum.namespace, datum.name, dimensions_of(datum)): datum
            for datum in self.get_all_metrics()
        }
        return [
            datum
            for datum in metrics.values()
            if datum.filter(namespace, metric_name, dimensions)
        ]

    def put_metric_data(self, namespace, metric_data):
        if not namespace.startswith("AWS/"):
            return put(self, namespace, metric_data)
        count = len(self.metric_data)
        put(self, namespace, metric_data)
        minutes = self.__dict__.setdefault("minutes", {})
        new = self.metric_data[count:]
        del self.metric_data[count:]
        for datum in new:
            if isinstance(datum, MetricAggregatedDatum):
                datum.timestamp = datum.timestamp.replace(second=0, microsecond=0)
                key = (namespace, datum.name, dimensions_of(datum), datum.timestamp)
                if key in minutes:
                    add(minutes[key], datum)
                    continue
                minutes[key] = datum
            self.metric_data.append(datum)

    CloudWatchBackend.get_filtered_metrics = get_filtered_metrics
    CloudWatchBackend.get_metric_data = get_metric_data
    CloudWatchBackend.get_metric_statistics = get_metric_statistics
    CloudWatchBackend.put_metric_data = put_metric_data
