"""Fault: changing an alarm sets its state back to OK.

Evidence: SetAlarmState ALARM, PutMetricAlarm with another threshold, then
DescribeAlarms answers OK, for the alarm is made anew. AWS leaves the state
unchanged, so that an alarm that is raised stays raised over an apply.

It can go when PutMetricAlarm keeps an alarm's state.
"""

from moto.cloudwatch.models import CloudWatchBackend


def apply():
    put = CloudWatchBackend.put_metric_alarm

    def put_metric_alarm(self, name, *arguments, **settings):
        before = self.alarms.get(name)
        alarm = put(self, name, *arguments, **settings)
        if before is not None:
            alarm.state_value = before.state_value
            alarm.state_reason = before.state_reason
            alarm.state_reason_data = before.state_reason_data
            alarm.state_updated_timestamp = before.state_updated_timestamp
            alarm.history = before.history
        return alarm

    CloudWatchBackend.put_metric_alarm = put_metric_alarm
