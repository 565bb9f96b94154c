mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  availability_zones  = ["ap-northeast-1a", "ap-northeast-1c"]
  name                = "goal-mandala-test"
  secrets_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  security_group_id   = "sg-00000000000000000"
  subnet_ids          = ["subnet-00000000000000001", "subnet-00000000000000002"]
}

run "one_zone_is_too_few" {
  command = plan

  variables {
    availability_zones = ["ap-northeast-1a", "ap-northeast-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "no_backups" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}

run "capacity_upside_down" {
  command = plan

  variables {
    capacity_acu = { min = 4, max = 2 }
  }

  expect_failures = [var.capacity_acu]
}

run "capacity_between_the_steps" {
  command = plan

  variables {
    capacity_acu = { min = 0.7 }
  }

  expect_failures = [var.capacity_acu]
}

run "version_without_a_minor" {
  command = plan

  variables {
    engine_version = "16"
  }

  expect_failures = [var.engine_version]
}

run "no_instance" {
  command = plan

  variables {
    instance_count = 0
  }

  expect_failures = [var.instance_count]
}

run "unknown_log_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "name_with_two_hyphens" {
  command = plan

  variables {
    name = "goal--mandala"
  }

  expect_failures = [var.name]
}

run "not_a_kms_key" {
  command = plan

  variables {
    secrets_kms_key_arn = "alias/secrets"
  }

  expect_failures = [var.secrets_kms_key_arn]
}

run "protected_but_without_a_final_snapshot" {
  command = plan

  variables {
    skip_final_snapshot = true
  }

  expect_failures = [var.skip_final_snapshot]
}

run "one_subnet_is_too_few" {
  command = plan

  variables {
    subnet_ids = ["subnet-00000000000000001"]
  }

  expect_failures = [var.subnet_ids]
}
