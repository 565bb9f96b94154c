"""Fault: security group rules that name a group or prefix list lose their
description, and modifying a rule knows little but IPv4 ranges.

Evidence: AuthorizeSecurityGroupIngress with a description on a
UserIdGroupPair, then DescribeSecurityGroupRules has none, so each plan of
aws_vpc_security_group_ingress_rule wants to set it. ModifySecurityGroupRules
files the description of such a rule under its (absent) range, refuses
protocol -1 for want of ports, and ignores a changed group.

It can go when DescribeSecurityGroupRules answers the description of a rule
with a referenced group, and ModifySecurityGroupRules takes protocol -1.
"""

from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule


def apply():
    construct = SecurityGroupRule.__init__
    modify = SecurityGroupBackend.modify_security_group_rules

    def __init__(self, *arguments, **settings):
        construct(self, *arguments, **settings)
        # Positional, for moto calls it so: the seventh is the prefix list.
        prefix_list = settings.get("prefix_list_id") or next(iter(arguments[7:8]), None)
        self.prefix_description = (prefix_list or {}).get("Description")

    def description(self):
        if self.source_group:
            return self.source_group.get("Description")
        if self.prefix_list_id:
            return self.prefix_description
        return self.ip_range.get("Description")

    def modify_security_group_rules(self, group_id, rules):
        every_port = {
            rule_id for rule_id, new in rules.items() if new.get("IpProtocol") == "-1"
        }
        for rule_id in every_port:
            rules[rule_id].update(FromPort=-1, ToPort=-1)
        modify(self, group_id, rules)
        group = self.get_security_group_by_name_or_id(group_id)
        for rule_id, new in rules.items():
            rule = group.get_rule(rule_id)
            if rule_id in every_port:
                rule.from_port = rule.to_port = None
            if rule.source_group or rule.prefix_list_id:
                text = rule.ip_range.pop("Description", None)
                if rule.prefix_list_id:
                    rule.prefix_description = text
                elif text is not None:
                    rule.source_group["Description"] = text
            if other := new.get("ReferencedGroupId"):
                rule.source_group["GroupId"] = other
            if range6 := new.get("CidrIpv6"):
                rule.ip_range["CidrIpv6"] = range6

    SecurityGroupRule.__init__ = __init__
    SecurityGroupRule.description = property(description)
    SecurityGroupBackend.modify_security_group_rules = modify_security_group_rules
