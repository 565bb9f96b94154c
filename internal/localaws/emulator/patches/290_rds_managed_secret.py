"""Fault: the secret of a managed master user names another user.

Evidence: CreateDBCluster with MasterUsername mandala and
ManageMasterUserPassword, then GetSecretValue of the cluster's MasterUserSecret:
the username is admin, and every cluster has the same password.

It can go when moto writes the master user's name into the secret.
"""

import json
import secrets

import moto.rds.models as models


def apply():
    def _generate_secret_string(self):
        return json.dumps(
            {
                "username": self.resource.master_username or "admin",
                "password": secrets.token_urlsafe(24),
            }
        )

    models.MasterUserSecret._generate_secret_string = _generate_secret_string
