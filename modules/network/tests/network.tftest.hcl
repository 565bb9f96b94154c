mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  name               = "goal-mandala-test"
  tags               = { Layer = "network" }
}

run "defaults_follow_the_catalogue" {
  command = plan

  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16"
    error_message = "R1.5: the VPC must be 10.0.0.0/16."
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { "ap-northeast-1a" = "10.0.0.0/24", "ap-northeast-1c" = "10.0.1.0/24" }
    error_message = "R1.5: there must be two public subnets over two zones."
  }

  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { "ap-northeast-1a" = "10.0.16.0/20", "ap-northeast-1c" = "10.0.32.0/20" }
    error_message = "R1.5: there must be two private subnets over two zones."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "R1.5: no subnet may give public addresses by itself."
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["ap-northeast-1a"] && length(aws_route.private_nat) == 2
    error_message = "R1.5: one NAT gateway must serve both private subnets."
  }

  assert {
    condition     = keys(aws_vpc_endpoint.gateway) == ["s3"] && length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "R1.5: by default there is the free S3 endpoint and no other."
  }

  assert {
    condition     = aws_vpc.this.tags.Layer == "network" && aws_iam_role.flow_log.tags.Layer == "network"
    error_message = "The Layer tag must reach the resources."
  }
}

run "database_group_is_closed" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_functions.from_port == 5432 && aws_vpc_security_group_ingress_rule.database_functions.to_port == 5432 && aws_vpc_security_group_ingress_rule.database_functions.ip_protocol == "tcp"
    error_message = "R1.5: the database accepts port 5432 only."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_functions.cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.database_functions.cidr_ipv6 == null
    error_message = "R1.5: the database accepts the functions' group, never an address range."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.functions_https.from_port == 443 && aws_vpc_security_group_egress_rule.functions_https.to_port == 443
    error_message = "R4.3: the functions leave by HTTPS only."
  }
}

run "flow_log_is_kept_and_encrypted" {
  command = plan

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.max_aggregation_interval == 600
    error_message = "R1.5: the flow log must record all traffic."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow_log.retention_in_days == 30
    error_message = "R3.4: logs are kept 30 days."
  }

  assert {
    condition     = aws_kms_key.flow_log.enable_key_rotation
    error_message = "R4.4: the key must rotate."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.flow_log.policy).Statement :
      statement.Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] == "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/vpc/goal-mandala-test/flow-log"
      if can(statement.Principal.Service)
    ])
    error_message = "R4.4: CloudWatch Logs may use the key for this log group only."
  }

  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_role_policy.flow_log.policy).Statement[0].Action : !strcontains(action, "*")]) && jsondecode(aws_iam_role_policy.flow_log.policy).Statement[0].Resource == "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/vpc/goal-mandala-test/flow-log:*"
    error_message = "R4.1: the flow log's role has named actions on its own log group."
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow_log.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "R4.1: only this account's flow logs may assume the role."
  }
}

run "one_nat_gateway_per_zone" {
  command = plan

  variables {
    nat_gateways = "per_zone"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["ap-northeast-1a", "ap-northeast-1c"] && length(aws_eip.nat) == 2 && length(aws_route.private_nat) == 2
    error_message = "R1.5: per_zone must give each zone a NAT gateway."
  }
}

run "no_nat_gateway" {
  command = plan

  variables {
    nat_gateways = "none"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.private_nat) == 0
    error_message = "R1.5: none must give no NAT gateway, no address and no route."
  }
}

run "interface_endpoints_are_for_the_functions" {
  command = plan

  variables {
    interface_endpoints = ["secretsmanager", "bedrock-runtime"]
  }

  assert {
    condition     = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.service_name } == { "bedrock-runtime" = "com.amazonaws.ap-northeast-1.bedrock-runtime", "secretsmanager" = "com.amazonaws.ap-northeast-1.secretsmanager" }
    error_message = "R1.5: each named service must get an endpoint."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.endpoints_functions : rule.from_port == 443 && rule.cidr_ipv4 == null])
    error_message = "R4.3: endpoints accept HTTPS from the functions' group only."
  }
}
