"""Fault: CloudTrail knows a trail by its name only, not by its ARN.

Evidence: the provider names trails by ARN. StartLogging and StopLogging then
answer 500 (KeyError), so aws_cloudtrail cannot be created, and DeleteTrail
answers 200 and leaves the trail, so that after a destroy it is still there.
AWS takes either, and answers TrailNotFoundException for an unknown trail.

It can go when StartLogging, StopLogging and DeleteTrail take ARNs.
"""

from moto.cloudtrail.models import CloudTrailBackend


def apply():
    def by_name(method):
        def call(self, name):
            return method(self, self.get_trail(name).trail_name)

        return call

    for operation in ("start_logging", "stop_logging", "delete_trail"):
        original = getattr(CloudTrailBackend, operation)
        setattr(CloudTrailBackend, operation, by_name(original))
