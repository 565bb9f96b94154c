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
  tags                        = { Layer = "reminders" }
}

run "weekdays_at_one" {
  command = plan

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "cron(0 1 ? * MON-FRI *)" && aws_scheduler_schedule.this.schedule_expression_timezone == "UTC" && aws_scheduler_schedule.this.state == "ENABLED"
    error_message = "R1.7: reminders must go out on weekdays at 01:00 UTC."
  }

  assert {
    condition     = aws_scheduler_schedule.this.flexible_time_window[0].mode == "OFF"
    error_message = "R1.7: reminders must go out on time."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].arn == var.function.alias_arn && aws_scheduler_schedule.this.group_name == aws_scheduler_schedule_group.this.name
    error_message = "R1.7: the schedule must call the alias."
  }

  assert {
    condition     = aws_scheduler_schedule_group.this.tags.Layer == "reminders"
    error_message = "The Layer tag must reach the resources."
  }
}

run "two_retries" {
  command = plan

  assert {
    condition     = aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_retry_attempts == 2 && aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_event_age_in_seconds == 3600
    error_message = "R1.7: Scheduler must try a call again twice, within an hour."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 2 && aws_lambda_function_event_invoke_config.this.maximum_event_age_in_seconds == 3600 && aws_lambda_function_event_invoke_config.this.qualifier == "live"
    error_message = "R1.7: Lambda must try a failed run again twice, within an hour."
  }

  assert {
    condition     = aws_scheduler_schedule.this.target[0].dead_letter_config[0].arn == aws_sqs_queue.dead_letters.arn
    error_message = "R1.7: a call that was never taken must be kept."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.kms_master_key_id == var.logs_kms_key_arn && aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "R4.4: the queue must be encrypted with the key, and keep 14 days."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letters.policy).Statement : [statement.Effect, statement.Condition.Bool["aws:SecureTransport"]]] == [["Deny", "false"]]
    error_message = "R4.4: the queue must be reached by TLS only."
  }
}

run "the_role_may_make_this_call_only" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role.scheduler.assume_role_policy).Statement : [statement.Principal.Service, statement.Condition]] == [["scheduler.amazonaws.com", {
      ArnEquals    = { "aws:SourceArn" = "arn:aws:scheduler:ap-northeast-1:123456789012:schedule-group/goal-mandala-test-reminders" }
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }]]
    error_message = "R4.1: only this account's schedules of this group may assume the role."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.scheduler.policy).Statement : join(",", statement.Action) => statement.Resource } == {
      "kms:Decrypt,kms:GenerateDataKey" = var.logs_kms_key_arn
      "lambda:InvokeFunction"           = var.function.alias_arn
      "sqs:SendMessage"                 = "arn:aws:sqs:ap-northeast-1:123456789012:goal-mandala-test-reminders-dead-letters"
    }
    error_message = "R4.1: the role may invoke the alias and send dead letters, nothing else."
  }
}

run "mails_are_counted" {
  command = plan

  assert {
    condition = { for field, filter in aws_cloudwatch_log_metric_filter.mails : field => "${filter.pattern} ${filter.metric_transformation[0].value} ${filter.metric_transformation[0].name}" } == {
      mails_failed = "{ $.mails_failed >= 0 } $.mails_failed ReminderMailsFailed"
      mails_sent   = "{ $.mails_sent >= 0 } $.mails_sent ReminderMailsSent"
    }
    error_message = "R1.7: sent and failed mails must be counted from the function's log."
  }

  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_metric_filter.mails : filter.log_group_name == var.function.log_group_name])
    error_message = "R1.7: the metrics must come from the function's log group."
  }

  assert {
    condition     = output.mail_metrics == { failed = "ReminderMailsFailed", namespace = "GoalMandala/goal-mandala-test", sent = "ReminderMailsSent" }
    error_message = "R1.7: the alarms need the metrics' names."
  }
}

run "mail_that_comes_back_reaches_the_function" {
  command = plan

  assert {
    condition     = aws_ses_event_destination.feedback.configuration_set_name == "goal-mandala-test" && aws_ses_event_destination.feedback.enabled && aws_ses_event_destination.feedback.matching_types == toset(["bounce", "complaint"]) && aws_ses_event_destination.feedback.sns_destination[0].topic_arn == aws_sns_topic.feedback.arn
    error_message = "R1.7: SES must tell the topic of bounces and complaints."
  }

  assert {
    condition     = aws_sns_topic_subscription.feedback.endpoint == var.function.alias_arn && aws_sns_topic_subscription.feedback.protocol == "lambda" && aws_sns_topic_subscription.feedback.topic_arn == aws_sns_topic.feedback.arn
    error_message = "R1.7: the topic must call the function's alias."
  }

  assert {
    condition     = aws_lambda_permission.feedback.function_name == var.function.function_name && aws_lambda_permission.feedback.qualifier == "live" && aws_lambda_permission.feedback.principal == "sns.amazonaws.com" && aws_lambda_permission.feedback.source_arn == aws_sns_topic.feedback.arn
    error_message = "R4.1: this topic alone may call the alias."
  }

  assert {
    condition     = output.feedback_topic_arn == aws_sns_topic.feedback.arn && aws_sns_topic.feedback.name == "goal-mandala-test-mail-feedback" && aws_sns_topic.feedback.tags.Layer == "reminders"
    error_message = "R1.7: the topic must have the environment's name and the layer's tag."
  }
}

run "the_feedback_is_encrypted" {
  command = plan

  assert {
    condition     = aws_sns_topic.feedback.kms_master_key_id == aws_kms_key.feedback.arn && aws_kms_key.feedback.enable_key_rotation
    error_message = "R4.4: the topic must be encrypted with a key that rotates."
  }

  assert {
    condition = { for statement in jsondecode(aws_kms_key.feedback.policy).Statement : statement.Sid => statement.Action if try(statement.Principal.Service, "") == "ses.amazonaws.com" } == {
      SesEncryptsWhatItPublishes = ["kms:Decrypt", "kms:GenerateDataKey*"]
    }
    error_message = "R4.4: SES must be able to encrypt, or the feedback is lost."
  }

  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.feedback.policy).Statement : statement.Sid => jsonencode([statement.Effect, statement.Principal, statement.Action, statement.Condition]) } == {
      OnlyEncryptedInTransit = jsonencode(["Deny", "*", "sns:Publish", { Bool = { "aws:SecureTransport" = "false" } }])
      SesPublishes = jsonencode(["Allow", { Service = "ses.amazonaws.com" }, "sns:Publish", {
        ArnEquals    = { "aws:SourceArn" = "arn:aws:ses:ap-northeast-1:123456789012:configuration-set/goal-mandala-test" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }])
    }
    error_message = "R4.1, R4.4: SES alone may publish, for this configuration set, and over TLS."
  }
}

run "in_japan_and_switched_off" {
  command = plan

  variables {
    retry    = { attempts = 0, maximum_age_seconds = 60 }
    schedule = { enabled = false, expression = "cron(0 10 ? * MON-FRI *)", timezone = "Asia/Tokyo" }
  }

  assert {
    condition     = aws_scheduler_schedule.this.state == "DISABLED" && aws_scheduler_schedule.this.schedule_expression_timezone == "Asia/Tokyo" && aws_scheduler_schedule.this.schedule_expression == "cron(0 10 ? * MON-FRI *)"
    error_message = "R1.7: the schedule must be what is said."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this.maximum_retry_attempts == 0 && aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_retry_attempts == 0
    error_message = "R1.7: no retries must be possible."
  }
}
