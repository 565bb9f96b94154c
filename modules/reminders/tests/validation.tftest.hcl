mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  function = {
    alias_arn      = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-reminder:live"
    function_name  = "goal-mandala-test-reminder"
    log_group_name = "/aws/lambda/goal-mandala-test-reminder"
  }
  logs_kms_key_arn            = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  mail_configuration_set_name = "goal-mandala-test"
  name                        = "goal-mandala-test"
}

run "a_function_without_alias" {
  command = plan

  variables {
    function = { alias_arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-reminder", function_name = "goal-mandala-test-reminder", log_group_name = "/aws/lambda/goal-mandala-test-reminder" }
  }

  expect_failures = [var.function]
}

run "a_key_by_its_alias_name" {
  command = plan

  variables {
    logs_kms_key_arn = "alias/aws/sqs"
  }

  expect_failures = [var.logs_kms_key_arn]
}

run "a_configuration_set_by_its_arn" {
  command = plan

  variables {
    mail_configuration_set_name = "arn:aws:ses:ap-northeast-1:123456789012:configuration-set/goal-mandala-test"
  }

  expect_failures = [var.mail_configuration_set_name]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "too_many_retries" {
  command = plan

  variables {
    retry = { attempts = 3 }
  }

  expect_failures = [var.retry]
}

run "older_than_lambda_keeps" {
  command = plan

  variables {
    retry = { maximum_age_seconds = 21601 }
  }

  expect_failures = [var.retry]
}

run "cron_without_its_name" {
  command = plan

  variables {
    schedule = { expression = "0 1 * * 1-5" }
  }

  expect_failures = [var.schedule]
}

run "an_offset_for_a_time_zone" {
  command = plan

  variables {
    schedule = { timezone = "+09:00" }
  }

  expect_failures = [var.schedule]
}
