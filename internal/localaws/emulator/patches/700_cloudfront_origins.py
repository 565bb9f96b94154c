"""Fault: an origin of a distribution loses its origin access control.

Evidence: CreateDistribution with OriginAccessControlId; GetDistribution has
none, and no S3OriginConfig either, so every plan of aws_cloudfront_distribution
wants to set it again, and nobody can tell who may read the bucket.

It can go when GetDistribution answers the origin's OriginAccessControlId.
"""

from moto.cloudfront.models import Origin


def apply():
    construct = Origin.__init__

    def __init__(self, origin):
        construct(self, origin)
        self.origin_access_control_id = origin.get("OriginAccessControlId") or ""
        if "S3OriginConfig" in origin:
            self.s3_origin_config = {"OriginAccessIdentity": self.s3_access_identity}

    Origin.__init__ = __init__
