"""Fault: a distribution's ARN lacks the empty part of the region.

Evidence: CreateDistribution answers arn:aws:cloudfront:123456789012:distribution/…
where AWS has arn:aws:cloudfront::123456789012:distribution/…, so the policies that
name a distribution (aws:SourceArn of the site's bucket) are not those of AWS, and
nothing that reads an ARN's parts finds the account.

It can go when CreateDistribution answers an ARN of six parts.
"""

from moto.cloudfront.models import Distribution


def apply():
    construct = Distribution.__init__

    def __init__(self, *arguments, **settings):
        construct(self, *arguments, **settings)
        if self.arn.count(":") == 4:
            self.arn = self.arn.replace(":cloudfront:", ":cloudfront::")

    Distribution.__init__ = __init__
