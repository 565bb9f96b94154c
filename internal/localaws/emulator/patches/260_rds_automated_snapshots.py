"""Fault: automated snapshots outlive their cluster.

Evidence: creating one takes a snapshot named after it and the minute; deleting
it leaves the snapshot. Creating it anew within the minute answers
DBClusterSnapshotAlreadyExistsFault and leaves half a cluster. AWS deletes
automated snapshots along with the cluster, and so no creation fails.

It can go when a cluster can be created, deleted and created in one minute.
"""

from moto.rds.models import RDSBackend


def apply():
    delete = RDSBackend.delete_db_cluster

    def delete_db_cluster(self, cluster_identifier, *arguments, **settings):
        cluster = delete(self, cluster_identifier, *arguments, **settings)
        for name, snapshot in list(self.cluster_snapshots.items()):
            if (
                snapshot.snapshot_type == "automated"
                and snapshot.db_cluster_identifier == cluster.db_cluster_identifier
            ):
                del self.cluster_snapshots[name]
        return cluster

    RDSBackend.delete_db_cluster = delete_db_cluster
