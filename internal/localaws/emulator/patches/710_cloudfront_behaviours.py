"""Fault: a cache behaviour loses its functions and gains ForwardedValues.

Evidence: CreateDistribution with a CachePolicyId and FunctionAssociations;
GetDistribution has no association, and ForwardedValues that nobody gave. Every
plan of aws_cloudfront_distribution wants to remove a forwarded_values block and
to add the functions. AWS answers ForwardedValues and its TTLs only where they
were given.

It can go when GetDistribution answers a behaviour's FunctionAssociations, and no
ForwardedValues for one with a cache policy.
"""

from moto.cloudfront.models import DefaultCacheBehaviour

LEGACY = {
    "ForwardedValues": "forwarded_values",
    "MinTTL": "min_ttl",
    "DefaultTTL": "default_ttl",
    "MaxTTL": "max_ttl",
}


def apply():
    construct = DefaultCacheBehaviour.__init__

    def __init__(self, config):
        given = set(config)
        construct(self, config)
        for name in ("FunctionAssociations", "LambdaFunctionAssociations"):
            associations = config.get(name) or {}
            items = associations.get("Items") or []
            kept = {"Quantity": len(items)}
            if items:
                kept["Items"] = items
            attribute = name.replace("Associations", "_associations").replace(
                "LambdaFunction", "lambda_function"
            )
            setattr(self, attribute.lower(), kept)
        if self.cache_policy_id:
            for name, attribute in LEGACY.items():
                if name not in given:
                    setattr(self, attribute, None)

    DefaultCacheBehaviour.__init__ = __init__
