data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  alias_name = reverse(split(":", var.function.alias_arn))[0]
}

resource "aws_scheduler_schedule_group" "this" {
  name = "${var.name}-reminders"

  tags = merge(var.tags, { Name = "${var.name}-reminders" })
}

resource "aws_scheduler_schedule" "this" {
  name        = "${var.name}-reminders"
  description = "Daily reminders of due and overdue tasks"

  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = var.schedule.expression
  schedule_expression_timezone = var.schedule.timezone
  state                        = var.schedule.enabled ? "ENABLED" : "DISABLED"

  # On the minute: who reads at 10:00 should have the mail at 10:00.
  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function.alias_arn
    role_arn = aws_iam_role.scheduler.arn

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = var.retry.maximum_age_seconds
      maximum_retry_attempts       = var.retry.attempts
    }
  }

  # Scheduler tries the role's permissions when it makes the schedule.
  depends_on = [aws_iam_role_policy.scheduler]
}

# Scheduler hands the call over and is done: its retries are for calls that Lambda
# did not take. These are for calls that the function failed at; after the last one
# the event goes to the function's own dead-letter queue.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = var.function.function_name
  maximum_event_age_in_seconds = var.retry.maximum_age_seconds
  maximum_retry_attempts       = var.retry.attempts
  qualifier                    = local.alias_name
}
