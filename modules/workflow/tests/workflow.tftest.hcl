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
  tags             = { Layer = "workflow" }
}

run "the_state_machine_follows_the_catalogue" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.this.name == "goal-mandala-test-TaskGenerationWorkflow" && aws_sfn_state_machine.this.type == "STANDARD"
    error_message = "R1.2: the state machine is TaskGenerationWorkflow, of type STANDARD."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).TimeoutSeconds == 900
    error_message = "R1.2: an execution ends after 15 minutes."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.ProcessBatches.MaxConcurrency == 3
      && jsondecode(aws_sfn_state_machine.this.definition).States.ProcessBatches.ItemProcessor.States.ProcessActions.MaxConcurrency == 8
    )
    error_message = "R1.2: 3 batches and 8 actions of each run at a time."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.CreateBatches.Parameters.Payload.batchSize == 8
    error_message = "R1.2: a batch has at most 8 actions."
  }

  assert {
    condition = (
      jsondecode(aws_sfn_state_machine.this.definition).States.ProcessBatches.ItemProcessor.States.ProcessActions.ItemProcessor.States.GenerateTasks.TimeoutSeconds == 120
      && jsondecode(aws_sfn_state_machine.this.definition).States.ProcessBatches.ItemProcessor.States.ProcessActions.ItemProcessor.States.GenerateTasks.Retry[1] == { BackoffRate = 2, ErrorEquals = ["States.ALL"], IntervalSeconds = 2, MaxAttempts = 3 }
    )
    error_message = "R1.2: generating tasks ends after 120 s and is tried again 3 times, after 2, 4 and 8 s."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.ProcessBatches.ItemProcessor.States.ProcessActions.ItemProcessor.States.SaveTasks.Retry[1] == { BackoffRate = 2, ErrorEquals = ["States.ALL"], IntervalSeconds = 1, MaxAttempts = 3 }
    error_message = "R1.2: saving tasks is tried again 3 times, after 1, 2 and 4 s."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.ValidateInput.Retry[0] == { ErrorEquals = ["InvalidInputError", "PermissionDeniedError", "QuotaExceededError", "States.Permissions"], MaxAttempts = 0 }
    error_message = "R1.2: invalid input fails at once, and quota and permission errors are permanent."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.ValidateInput.Parameters.FunctionName == "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-validate-input:live"
    error_message = "R1.2: the states invoke aliases."
  }

  assert {
    condition     = alltrue([for name in ["NotifyFailed", "NotifyPartial"] : jsondecode(aws_sfn_state_machine.this.definition).States[name].Parameters.TopicArn == "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-workflow-notices"])
    error_message = "R1.2: a partial or failed goal sends a notice to the topic."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tags.Layer == "workflow" && aws_iam_role.this.tags.Layer == "workflow"
    error_message = "The Layer tag must reach the resources."
  }
}

run "executions_are_logged_and_traced" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].level == "ALL"
    error_message = "R1.2: every event of the workflow is logged."
  }

  assert {
    condition     = !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data
    error_message = "R8.1: what users wrote must not be in the log."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/vendedlogs/states/goal-mandala-test-TaskGenerationWorkflow" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "R3.4: the workflow's log is kept 30 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.logs_kms_key_arn && aws_sns_topic.notices.kms_master_key_id == var.logs_kms_key_arn
    error_message = "R4.4: log and notices are encrypted with the key that was given."
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled
    error_message = "R3.3: the workflow is traced."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.notices.policy).Statement[0].Effect == "Deny" && jsondecode(aws_sns_topic_policy.notices.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "R4.4: notices travel by TLS only."
  }
}

run "the_role_has_named_actions_on_named_resources" {
  command = plan

  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource) == toset(values(var.functions)) && jsondecode(aws_iam_role_policy.this.policy).Statement[0].Action == ["lambda:InvokeFunction"]
    error_message = "R4.1: the role may invoke the aliases of its functions and nothing else."
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]]))
    error_message = "R4.1: every action must be named."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid if statement.Resource == "*"] == ["DeliverLogs", "Trace"]
    error_message = "R4.1: only log delivery and tracing, which take no resource, may have all resources."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "PublishNotices"] == ["arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-workflow-notices"]
    error_message = "R4.1: the role may publish to its own topic only."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012" && jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-test-TaskGenerationWorkflow"
    error_message = "R4.1: only this state machine may assume the role."
  }
}

run "executions_that_end_early_reach_handle_error" {
  command = plan

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.ended_early.event_pattern).detail == { stateMachineArn = ["arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-test-TaskGenerationWorkflow"], status = ["ABORTED", "FAILED", "TIMED_OUT"] }
    error_message = "R1.2: every execution of this state machine that did not succeed must be noticed."
  }

  assert {
    condition     = aws_cloudwatch_event_target.ended_early.arn == var.functions["handle-error"]
    error_message = "R1.2: handle-error settles the goals of executions that ended early."
  }

  assert {
    condition     = aws_lambda_permission.ended_early.function_name == "goal-mandala-test-handle-error" && aws_lambda_permission.ended_early.qualifier == "live" && aws_lambda_permission.ended_early.principal == "events.amazonaws.com"
    error_message = "R4.1: EventBridge may invoke the alias."
  }
}
