"""Fault: moto has no composite alarms.

Evidence: PutCompositeAlarm answers 500, though DescribeAlarms has a place for them.

The remedy stores the alarm and gives it back; its rule is not evaluated, and its
state is what SetAlarmState says.

It can go when moto has PutCompositeAlarm.
"""

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import EmptyResult


def put_composite_alarm(self):
    nothing = dict.fromkeys(
        (
            "namespace",
            "metric_name",
            "metric_data_queries",
            "comparison_operator",
            "evaluation_periods",
            "datapoints_to_alarm",
            "period",
            "threshold",
            "statistic",
            "extended_statistic",
            "unit",
            "treat_missing_data",
            "evaluate_low_sample_count_percentile",
            "threshold_metric_id",
        )
    )
    self.cloudwatch_backend.put_metric_alarm(
        **nothing,
        name=self._get_param("AlarmName"),
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=self._get_bool_param("ActionsEnabled"),
        rule=self._get_param("AlarmRule"),
        tags=self._get_param("Tags", []),
    )
    return EmptyResult()


def apply():
    CloudWatchResponse.put_composite_alarm = put_composite_alarm
