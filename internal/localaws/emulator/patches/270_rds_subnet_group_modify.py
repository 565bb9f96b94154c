"""Fault: changing a DB subnet group deletes it.

Evidence: after ModifyDBSubnetGroup, DescribeDBSubnetGroups of that name
answers DBSubnetGroupNotFoundFault (moto takes the group out of its table and
does not put it back), so Terraform reports "Root object was present, but now
absent".

It can go when a changed group is still there.
"""

from moto.rds.models import RDSBackend


def apply():
    modify = RDSBackend.modify_db_subnet_group

    def modify_db_subnet_group(self, subnet_name, description, subnets):
        # An unknown name has to reach DBSubnetGroupNotFoundFault.
        self.describe_db_subnet_groups(subnet_name)
        group = modify(self, subnet_name, description, subnets)
        self.subnet_groups[subnet_name] = group
        return group

    RDSBackend.modify_db_subnet_group = modify_db_subnet_group
