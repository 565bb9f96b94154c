mock_provider "aws" {
  override_during = plan
  source          = "./tests/mocks"
}

variables {
  name = "goal-mandala-test"
}

run "gone_after_two_months" {
  command = plan

  variables {
    expiration_days = 60
  }

  expect_failures = [var.expiration_days]
}

run "glacier_too_soon_after_infrequent_access" {
  command = plan

  variables {
    glacier_days = 59
  }

  expect_failures = [var.glacier_days]
}

run "infrequent_access_too_soon" {
  command = plan

  variables {
    ia_days = 29
  }

  expect_failures = [var.ia_days]
}

run "unknown_insight" {
  command = plan

  variables {
    insights = ["ApiCostInsight"]
  }

  expect_failures = [var.insights]
}

run "unknown_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Goal-Mandala"
  }

  expect_failures = [var.name]
}
