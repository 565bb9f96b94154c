"""Fault: moto has no monitoring subscription of a distribution.

Evidence: CreateMonitoringSubscription answers 404, so that
aws_cloudfront_monitoring_subscription cannot be created.

The remedy stores the subscription and gives it back; no metric comes of it.

It can go when moto has CreateMonitoringSubscription.
"""

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException, NoSuchDistribution
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult

PATH = "{0}/2020-05-31/distributions/(?P<distribution_id>[^/]+)/monitoring-subscription/?$"


def distribution(response):
    identifier = response._get_param("DistributionId")
    if identifier not in response.backend.distributions:
        raise NoSuchDistribution
    return response.backend.distributions[identifier]


def subscribed(response):
    of = distribution(response)
    if getattr(of, "monitoring_subscription", None) is None:
        raise CloudFrontException(
            "NoSuchMonitoringSubscription",
            "A monitoring subscription does not exist for the distribution.",
        )
    return of


def create_monitoring_subscription(self):
    given = self._get_param("MonitoringSubscription")
    distribution(self).monitoring_subscription = given
    return ActionResult({"MonitoringSubscription": given})


def get_monitoring_subscription(self):
    return ActionResult(
        {"MonitoringSubscription": subscribed(self).monitoring_subscription}
    )


def delete_monitoring_subscription(self):
    subscribed(self).monitoring_subscription = None
    return EmptyResult()


def apply():
    for operation in (
        create_monitoring_subscription,
        delete_monitoring_subscription,
        get_monitoring_subscription,
    ):
        setattr(CloudFrontResponse, operation.__name__, operation)
    urls.url_paths[PATH] = CloudFrontResponse.dispatch
