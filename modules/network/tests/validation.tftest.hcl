mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  availability_zones = ["ap-northeast-1a", "ap-northeast-1c"]
  name               = "goal-mandala-test"
}

run "one_zone_is_too_few" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "a_zone_twice" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-1a", "ap-northeast-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "range_too_small" {
  command = plan

  variables {
    cidr_block = "10.0.0.0/24"
  }

  expect_failures = [var.cidr_block]
}

run "not_a_range" {
  command = plan

  variables {
    cidr_block = "10.0.0.0.0/16"
  }

  expect_failures = [var.cidr_block]
}

run "range_with_host_bits" {
  command = plan

  variables {
    cidr_block = "10.0.1.0/16"
  }

  expect_failures = [var.cidr_block]
}

run "unknown_retention" {
  command = plan

  variables {
    flow_log = { retention_days = 31 }
  }

  expect_failures = [var.flow_log]
}

run "unknown_aggregation" {
  command = plan

  variables {
    flow_log = { aggregation_seconds = 300 }
  }

  expect_failures = [var.flow_log]
}

run "unknown_traffic" {
  command = plan

  variables {
    flow_log = { traffic_type = "SOME" }
  }

  expect_failures = [var.flow_log]
}

run "gateway_endpoint_of_another_service" {
  command = plan

  variables {
    gateway_endpoints = ["secretsmanager"]
  }

  expect_failures = [var.gateway_endpoints]
}

run "interface_endpoint_by_full_name" {
  command = plan

  variables {
    interface_endpoints = ["com amazonaws secretsmanager"]
  }

  expect_failures = [var.interface_endpoints]
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Goal-Mandala"
  }

  expect_failures = [var.name]
}

run "unknown_number_of_nat_gateways" {
  command = plan

  variables {
    nat_gateways = "two"
  }

  expect_failures = [var.nat_gateways]
}
