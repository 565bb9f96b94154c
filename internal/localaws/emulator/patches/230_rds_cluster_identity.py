"""Fault: creating a cluster whose name is taken replaces the other cluster.

Evidence: a second CreateDBCluster with the same identifier answers 200, and
the first cluster is gone; AWS answers DBClusterAlreadyExistsFault. A run that
creates something twice must be seen.

It can go when moto answers DBClusterAlreadyExistsFault.
"""

from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend


def apply():
    create = RDSBackend.create_db_cluster

    def create_db_cluster(self, kwargs):
        if kwargs["db_cluster_identifier"] in self.clusters:
            raise RDSClientError(
                "DBClusterAlreadyExistsFault", "DB Cluster already exists"
            )
        return create(self, kwargs)

    RDSBackend.create_db_cluster = create_db_cluster
