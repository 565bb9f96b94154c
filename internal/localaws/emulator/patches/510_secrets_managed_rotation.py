"""Fault: the rotation of a secret that RDS manages cannot be cancelled.

Evidence: RotateSecret with a schedule works on the secret of a cluster with
ManageMasterUserPassword, for RDS rotates it without a function of ours.
CancelRotateSecret then answers InvalidRequestException for want of a function,
so destroying aws_secretsmanager_secret_rotation fails.

It can go when CancelRotateSecret takes a secret with an owning service.
"""

from moto.secretsmanager.models import SecretsManagerBackend


def apply():
    cancel = SecretsManagerBackend.cancel_rotate_secret

    def cancel_rotate_secret(self, secret_id):
        if self._is_valid_identifier(secret_id):
            secret = self.secrets[secret_id]
            if getattr(secret, "owning_service", None) and not secret.is_deleted():
                secret.rotation_enabled = False
                return secret.to_short_dict()
        return cancel(self, secret_id)

    SecretsManagerBackend.cancel_rotate_secret = cancel_rotate_secret
