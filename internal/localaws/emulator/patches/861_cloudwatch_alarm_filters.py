"""Fault: of several conditions DescribeAlarms heeds one, and AlarmTypes never.

Evidence: DescribeAlarms with ActionPrefix and StateValue ALARM answers alarms that
are OK; with no AlarmTypes it answers composite alarms, which AWS gives to who asks
for them only. Whoever looks whether something is wrong finds that something always
is.

It can go when ActionPrefix and StateValue are heeded together.
"""

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult


def apply():
    def describe_alarms(self):
        names = self._get_param("AlarmNames", [])
        prefix = self._get_param("AlarmNamePrefix") or ""
        action = self._get_param("ActionPrefix")
        state = self._get_param("StateValue")
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        alarms = [
            alarm
            for alarm in self.cloudwatch_backend.describe_alarms()
            if (not names or alarm.name in names)
            and alarm.name.startswith(prefix)
            and (not state or alarm.state_value == state)
            and (
                not action
                or any(each.startswith(action) for each in alarm.alarm_actions)
            )
        ]
        return ActionResult(
            {
                "MetricAlarms": [
                    alarm
                    for alarm in alarms
                    if alarm.rule is None and "MetricAlarm" in types
                ],
                "CompositeAlarms": [
                    alarm
                    for alarm in alarms
                    if alarm.rule is not None and "CompositeAlarm" in types
                ],
            }
        )

    CloudWatchResponse.describe_alarms = describe_alarms
