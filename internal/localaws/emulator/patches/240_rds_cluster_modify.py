"""Fault: ModifyDBCluster loses IAM authentication, and a failed one the cluster.

Evidence: after ModifyDBCluster EnableIAMDatabaseAuthentication=true,
DescribeDBClusters says false, for the value is stored under a name that
nothing reads. An error in the middle (RotateMasterUserPassword without
ApplyImmediately) leaves the cluster out of its dictionary for ever, and an
unknown cluster is a KeyError: 500.

It can go when all three are as AWS does them.
"""

from moto.rds.exceptions import DBClusterNotFoundError
from moto.rds.models import DBCluster, RDSBackend


def apply():
    modify = RDSBackend.modify_db_cluster

    def modify_db_cluster(self, kwargs):
        identifier = kwargs["db_cluster_identifier"]
        cluster = self.clusters.get(identifier)
        if cluster is None:
            raise DBClusterNotFoundError(identifier)
        try:
            return modify(self, kwargs)
        except Exception:
            self.clusters[identifier] = cluster
            raise

    RDSBackend.modify_db_cluster = modify_db_cluster
    DBCluster.enable_iam_database_authentication = property(
        lambda self: self.iam_auth,
        lambda self, value: setattr(self, "iam_auth", value),
    )
