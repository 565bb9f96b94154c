"""Fault: automated snapshots outlive their cluster.

Evidence: creating one takes a snapshot named after it and the minute; deleting
it leaves the snapshot. Creating it anew within the minute answers
DBClusterSnapshotAlreadyExistsFault and leaves half a cluster. AWS deletes
automated snapshots along with the cluster, and so no creation fails. Nor may
it fail when the cluster of the name before got another name meanwhile.

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

    create_auto = RDSBackend.create_auto_cluster_snapshot

    def create_auto_cluster_snapshot(self, cluster_identifier, snapshot_identifier):
        self.cluster_snapshots.pop(snapshot_identifier, None)
        return create_auto(self, cluster_identifier, snapshot_identifier)

    RDSBackend.delete_db_cluster = delete_db_cluster
    RDSBackend.create_auto_cluster_snapshot = create_auto_cluster_snapshot
