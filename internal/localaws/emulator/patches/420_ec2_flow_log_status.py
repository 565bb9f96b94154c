"""Fault: a flow log that names its log group by ARN never delivers.

Evidence: DescribeFlowLogs says DeliverLogsStatus FAILED, "Access error", of one
that was created with LogDestination, for moto looks for the group only where
it has a name.

It can go when such a flow log, whose group exists, delivers.
"""

from moto.ec2.models.flow_logs import FlowLogs
from moto.logs.models import logs_backends


def apply():
    init = FlowLogs.__init__

    def __init__(self, ec2_backend, *args, **kwargs):
        init(self, ec2_backend, *args, **kwargs)
        _, by_arn, group = (self.log_destination or "").partition(":log-group:")
        groups = logs_backends[ec2_backend.account_id][ec2_backend.region_name].groups
        if by_arn and group.removesuffix(":*") in groups:
            self.deliver_logs_status = "SUCCESS"
            self.deliver_logs_error_message = None

    FlowLogs.__init__ = __init__
