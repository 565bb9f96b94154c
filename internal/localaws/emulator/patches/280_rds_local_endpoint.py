"""Fault: a cluster's endpoint is a host name that nobody resolves.

Evidence: DescribeDBClusters answers NAME.cluster-xxxxxxxxxxxx.REGION.rds.amazonaws.com,
and no database of this machine has that name. The proxy in front runs a
PostgreSQL for each cluster; its host is the directory of a Unix socket, which
libpq, pgx and psql take in the place of a name.

The directories lie in the one that MANDALA_LOCAL_DATABASES names, each called
by a digest of region and cluster; internal/localaws/rds computes the same.
Without the variable, names stay as they are.

It can go when moto lets one choose the endpoints.
"""

import hashlib
import os

from moto.rds.models import DBCluster, DBInstanceClustered

ENGINES = ("aurora-postgresql", "postgres")


def apply():
    folder = os.environ.get("MANDALA_LOCAL_DATABASES")
    if not folder:
        return
    endpoint = DBCluster.endpoint.fget
    reader_endpoint = DBCluster.reader_endpoint.fget

    def directory(cluster):
        name = f"{cluster.region}/{cluster.db_cluster_identifier}"
        return os.path.join(folder, hashlib.sha256(name.encode()).hexdigest()[:10])

    def local(answer):
        return property(
            lambda self: directory(self) if self.engine in ENGINES else answer(self)
        )

    DBCluster.endpoint = local(endpoint)
    DBCluster.reader_endpoint = local(reader_endpoint)

    address = DBInstanceClustered.address.fget
    DBInstanceClustered.address = property(
        lambda self: (
            directory(self.cluster)
            if self.cluster.engine in ENGINES
            else address(self)
        )
    )
