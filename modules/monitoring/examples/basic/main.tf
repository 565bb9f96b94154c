module "monitoring" {
  source = "../.."

  alerts = {
    emails = ["operations@example.com"]
    notifier = {
      alias_arn     = aws_lambda_alias.notifier.arn
      alias_name    = aws_lambda_alias.notifier.name
      function_name = aws_lambda_function.notifier.function_name
    }
  }
  api = {
    access_log_group_name = aws_cloudwatch_log_group.this["api"].name
    name                  = "goal-mandala-example-api"
    stage_name            = "v1"
  }
  cost = {
    tags = { Environment = "example", Project = "goal-mandala" }
  }
  database = {
    cluster_identifier   = "goal-mandala-example"
    instance_identifiers = ["goal-mandala-example-1", "goal-mandala-example-2"]
    log_group_name       = aws_cloudwatch_log_group.this["database"].name
  }
  dead_letter_queue_names = { functions = "goal-mandala-example-functions-dead-letters" }
  distribution_id         = "EDFDVBD6EXAMPLE"
  functions = {
    reminder = {
      function_name  = "goal-mandala-example-reminder"
      log_group_name = aws_cloudwatch_log_group.this["reminder"].name
    }
    slack-notifier = {
      function_name  = aws_lambda_function.notifier.function_name
      log_group_name = aws_cloudwatch_log_group.this["slack-notifier"].name
    }
  }
  name = "goal-mandala-example"
  reminders = {
    function_name = "goal-mandala-example-reminder"
    mail_metrics  = { failed = "mails-failed", namespace = "goal-mandala-example/reminders", sent = "mails-sent" }
  }
  state_machine = {
    arn            = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-example-TaskGenerationWorkflow"
    log_group_name = aws_cloudwatch_log_group.this["workflow"].name
    name           = "goal-mandala-example-TaskGenerationWorkflow"
  }
  tags = { Layer = "monitoring" }

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }
}
