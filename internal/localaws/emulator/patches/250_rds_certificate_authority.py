"""Fault: a new instance gets the certificate authority rds-ca-default.

Evidence: AWS gives new instances rds-ca-rsa2048-g1. Where a configuration
names that one, the provider sees a difference, modifies and reboots the
instance with two more of its fixed waits: creating an
aws_rds_cluster_instance takes 190 s instead of 30 s.

It can go when CreateDBInstance answers rds-ca-rsa2048-g1 by default.
"""

from moto.rds.models import DBInstance

DEFAULT = "rds-ca-rsa2048-g1"


def apply():
    construct = DBInstance.__init__

    def __init__(self, *arguments, **settings):
        settings.setdefault("ca_certificate_identifier", DEFAULT)
        construct(self, *arguments, **settings)

    DBInstance.__init__ = __init__
