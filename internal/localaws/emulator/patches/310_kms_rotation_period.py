"""Fault: the rotation period of a KMS key is not kept.

Evidence: EnableKeyRotation with RotationPeriodInDays=180, then
GetKeyRotationStatus has no RotationPeriodInDays, so the provider reads 0 and
each plan of aws_kms_key.rotation_period_in_days differs. AWS answers 365
where none was given, and the next rotation's date.

It can go when GetKeyRotationStatus answers RotationPeriodInDays.
"""

import datetime
import json

from moto.kms.responses import KmsResponse

DEFAULT_DAYS = 365


def apply():
    enable = KmsResponse.enable_key_rotation
    status = KmsResponse.get_key_rotation_status

    def key_of(self):
        return self.kms_backend.keys[
            self.kms_backend.get_key_id(self._get_param("KeyId"))
        ]

    def enable_key_rotation(self):
        answer = enable(self)
        key = key_of(self)
        key.rotation_period_in_days = (
            self._get_param("RotationPeriodInDays") or DEFAULT_DAYS
        )
        key.rotation_enabled_at = datetime.datetime.now(datetime.timezone.utc)
        return answer

    def get_key_rotation_status(self):
        answer = json.loads(status(self))
        if answer["KeyRotationEnabled"]:
            key = key_of(self)
            days = getattr(key, "rotation_period_in_days", DEFAULT_DAYS)
            answer["RotationPeriodInDays"] = days
            if since := getattr(key, "rotation_enabled_at", None):
                following = since + datetime.timedelta(days=days)
                answer["NextRotationDate"] = following.timestamp()
        return json.dumps(answer)

    KmsResponse.enable_key_rotation = enable_key_rotation
    KmsResponse.get_key_rotation_status = get_key_rotation_status
