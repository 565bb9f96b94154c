"""Fault: changing a distribution leaves its ETag as it is, and checks none.

Evidence: UpdateDistribution with the If-Match of an older configuration answers
200, and GetDistributionConfig the same ETag as before: of two that change a
distribution at once, one loses its change unseen, and nobody can tell by the ETag
that there is something new. AWS answers PreconditionFailed and a new ETag.

It can go when UpdateDistribution answers PreconditionFailed to an old ETag.
"""

from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, random_id
from moto.core.utils import iso_8601_datetime_with_milliseconds


def check(backend, identifier, if_match):
    distribution = backend.distributions.get(identifier)
    # Without one, moto knows the answer.
    if distribution and if_match and if_match != distribution.etag:
        raise CloudFrontException(
            "PreconditionFailed", "The distribution has another version."
        )


def apply():
    delete = CloudFrontBackend.delete_distribution
    update = CloudFrontBackend.update_distribution

    def delete_distribution(self, distribution_id, if_match):
        check(self, distribution_id, if_match)
        return delete(self, distribution_id, if_match)

    def update_distribution(self, dist_config, _id, if_match):
        check(self, _id, if_match)
        distribution, location, _ = update(self, dist_config, _id, if_match)
        distribution.etag = random_id()
        distribution.last_modified_time = iso_8601_datetime_with_milliseconds()
        return distribution, location, distribution.etag

    CloudFrontBackend.delete_distribution = delete_distribution
    CloudFrontBackend.update_distribution = update_distribution
