"""Fault: every function lies in the VPC vpc-123abc.

Evidence: CreateFunction with subnets of another VPC; VpcConfig.VpcId of
GetFunctionConfiguration is vpc-123abc (a constant in moto), so whoever looks up
which functions a VPC holds finds none.

It can go when VpcId is the VPC of the subnets.
"""

from moto.awslambda.models import LambdaFunction
from moto.ec2.models import ec2_backends


def apply():
    described = LambdaFunction.vpc_config.fget

    def vpc_config(self):
        config = described(self)
        if config and config.get("SubnetIds"):
            ec2 = ec2_backends[self.account_id][self.region]
            for zone in ec2.subnets.values():
                subnet = zone.get(config["SubnetIds"][0])
                if subnet:
                    config["VpcId"] = subnet.vpc_id
        return config

    LambdaFunction.vpc_config = property(vpc_config)
