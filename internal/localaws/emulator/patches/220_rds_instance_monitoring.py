"""Fault: Performance Insights and enhanced monitoring of instances are lost.

Evidence: CreateDBInstance with EnablePerformanceInsights, MonitoringInterval
and MonitoringRoleArn; DescribeDBInstances has none of them, so every plan of
aws_rds_cluster_instance wants to set them again. ModifyDBInstance stores the
request's name (EnablePerformanceInsights), not the answer's
(PerformanceInsightsEnabled).

It can go when DescribeDBInstances answers what CreateDBInstance was given.
"""

from moto.rds.models import DBInstance

DEFAULT_RETENTION_DAYS = 7


class EnablePerformanceInsights:
    """The request's name of the switch, stored under the answer's name."""

    def __get__(self, instance, owner):
        return getattr(instance, "performance_insights_enabled", False)

    def __set__(self, instance, value):
        instance.performance_insights_enabled = value
        if not value:
            instance.performance_insights_kms_key_id = None
            instance.performance_insights_retention_period = None
            return
        if getattr(instance, "performance_insights_retention_period", None) is None:
            instance.performance_insights_retention_period = DEFAULT_RETENTION_DAYS
        if getattr(instance, "performance_insights_kms_key_id", None) is None:
            instance.performance_insights_kms_key_id = (
                f"arn:aws:kms:{instance.region}:{instance.account_id}:alias/aws/rds"
            )


def apply():
    construct = DBInstance.__init__

    def __init__(self, *arguments, **settings):
        construct(self, *arguments, **settings)
        self.monitoring_interval = settings.get("monitoring_interval") or 0
        self.monitoring_role_arn = settings.get("monitoring_role_arn")
        self.performance_insights_kms_key_id = settings.get(
            "performance_insights_kms_key_id"
        )
        self.performance_insights_retention_period = settings.get(
            "performance_insights_retention_period"
        )
        self.database_insights_mode = settings.get("database_insights_mode") or "standard"
        self.enable_performance_insights = bool(
            settings.get("enable_performance_insights")
        )

    def enhanced_monitoring_resource_arn(self):
        if not self.monitoring_interval:
            return None
        return (
            f"arn:aws:logs:{self.region}:{self.account_id}:"
            f"log-group:RDSOSMetrics:log-stream:{self.dbi_resource_id}"
        )

    DBInstance.__init__ = __init__
    DBInstance.enable_performance_insights = EnablePerformanceInsights()
    DBInstance.enhanced_monitoring_resource_arn = property(
        enhanced_monitoring_resource_arn
    )
