"""Fault: a cluster that is not Serverless v1 answers ScalingConfigurationInfo.

Evidence: DescribeDBClusters holds an empty <ScalingConfigurationInfo/> for
every cluster, the provider reads it as a scaling_configuration block, and each
plan of aws_rds_cluster wants to remove it. AWS leaves the element out.

It can go when DescribeDBClusters of a provisioned cluster has no such element.
"""

from moto.rds.models import DBCluster


def apply():
    answer = DBCluster.scaling_configuration_info.fget
    DBCluster.scaling_configuration_info = property(
        lambda self: answer(self) if self.scaling_configuration else None
    )
