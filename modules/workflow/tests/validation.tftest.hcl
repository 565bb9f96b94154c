mock_provider "aws" {
  override_during = plan
  source          = "./tests/mocks"
}

variables {
  functions = {
    aggregate-results  = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-aggregate-results:live"
    create-batches     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-create-batches:live"
    get-actions        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-get-actions:live"
    handle-error       = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-handle-error:live"
    save-tasks         = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-save-tasks:live"
    task-generation    = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-task-generation:live"
    update-goal-status = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-update-goal-status:live"
    update-progress    = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-update-progress:live"
    validate-input     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-validate-input:live"
  }
  logs_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name             = "goal-mandala-test"
}

run "batch_of_nine" {
  command = plan

  variables {
    batch_size = 9
  }

  expect_failures = [var.batch_size]
}

run "more_at_a_time_than_a_state_machine_runs" {
  command = plan

  variables {
    concurrency = { batches = 6 }
  }

  expect_failures = [var.concurrency]
}

run "no_batch_at_a_time" {
  command = plan

  variables {
    concurrency = { batches = 0 }
  }

  expect_failures = [var.concurrency]
}

run "a_function_is_missing" {
  command = plan

  variables {
    functions = { handle-error = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-handle-error:live" }
  }

  expect_failures = [var.functions]
}

run "a_function_without_alias" {
  command = plan

  variables {
    functions = { for name in ["aggregate-results", "create-batches", "get-actions", "handle-error", "save-tasks", "task-generation", "update-goal-status", "update-progress", "validate-input"] : name => "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-${name}" }
  }

  expect_failures = [var.functions]
}

run "unknown_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "a_key_by_its_alias" {
  command = plan

  variables {
    logs_kms_key_arn = "alias/goal-mandala-test"
  }

  expect_failures = [var.logs_kms_key_arn]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "longer_than_15_minutes" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}
