"""Fault: a deleted alarm leaves its tags behind for the next one of its name.

Evidence: PutMetricAlarm with tags, DeleteAlarms, PutMetricAlarm with other tags
or none, then ListTagsForResource answers the former ones, too. Where an
environment is destroyed and made again with fewer tags, each plan of
aws_cloudwatch_metric_alarm wants to take them away.

It can go when a new alarm has none but its own tags.
"""

from moto.cloudwatch.models import CloudWatchBackend


def apply():
    delete = CloudWatchBackend.delete_alarms

    def delete_alarms(self, alarm_names):
        for name in alarm_names:
            if alarm := self.alarms.get(name):
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        return delete(self, alarm_names)

    CloudWatchBackend.delete_alarms = delete_alarms
