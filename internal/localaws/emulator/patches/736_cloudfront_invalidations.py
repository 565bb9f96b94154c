"""Fault: an invalidation is made anew each time it is asked for.

Evidence: CreateInvalidation twice with one CallerReference gives two ids; AWS gives
the first one again, and refuses other paths under that reference with
InvalidationBatchAlreadyExists. Its Status is COMPLETED instead of Completed, which
the SDK's waiter looks for, and ListInvalidations of a distribution that does not
exist answers an empty list.

It can go when one CallerReference gives one id.
"""

from moto.cloudfront.exceptions import CloudFrontException, NoSuchDistribution
from moto.cloudfront.models import CloudFrontBackend


class InvalidationBatchAlreadyExists(CloudFrontException):
    def __init__(self):
        super().__init__(
            "InvalidationBatchAlreadyExists",
            "An invalidation batch with this caller reference has other paths.",
        )


def apply():
    create = CloudFrontBackend.create_invalidation
    list_all = CloudFrontBackend.list_invalidations

    def create_invalidation(self, dist_id, paths, caller_ref):
        for made in self.invalidations.get(dist_id) or []:
            if made.caller_ref == caller_ref:
                if sorted(made.paths) != sorted(paths):
                    raise InvalidationBatchAlreadyExists
                return made
        made = create(self, dist_id, paths, caller_ref)
        made.status = "Completed"
        return made

    def list_invalidations(self, dist_id):
        if dist_id not in self.distributions:
            raise NoSuchDistribution
        # As AWS lists them: the newest first.
        return list(reversed(list_all(self, dist_id)))

    CloudFrontBackend.create_invalidation = create_invalidation
    CloudFrontBackend.list_invalidations = list_invalidations
