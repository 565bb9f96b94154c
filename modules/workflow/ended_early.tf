# A state machine cannot catch its own timeout, an abort or a fault of its data
# flow. Without this rule a goal would stay "generating" for good.
resource "aws_cloudwatch_event_rule" "ended_early" {
  name        = "${var.name}-workflow-ended-early"
  description = "Executions of ${local.state_machine_name} that did not succeed"

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [local.state_machine_arn]
      status          = ["ABORTED", "FAILED", "TIMED_OUT"]
    }
  })

  tags = merge(var.tags, { Name = "${var.name}-workflow-ended-early" })
}

resource "aws_cloudwatch_event_target" "ended_early" {
  arn       = var.functions["handle-error"]
  rule      = aws_cloudwatch_event_rule.ended_early.name
  target_id = "handle-error"

  input_transformer {
    input_paths = {
      arn    = "$.detail.executionArn"
      name   = "$.detail.name"
      status = "$.detail.status"
    }
    # The same shape as the states' own calls of the function. Without quotes:
    # EventBridge puts them around a placeholder that holds a string.
    input_template = "{\"scope\":\"execution\",\"execution\":{\"arn\":<arn>,\"name\":<name>},\"error\":{\"Error\":<status>}}"
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }

  depends_on = [aws_lambda_permission.ended_early]
}

resource "aws_lambda_permission" "ended_early" {
  statement_id  = "workflow-ended-early"
  action        = "lambda:InvokeFunction"
  function_name = regex(local.alias_pattern, var.functions["handle-error"]).function
  principal     = "events.amazonaws.com"
  qualifier     = regex(local.alias_pattern, var.functions["handle-error"]).alias
  source_arn    = aws_cloudwatch_event_rule.ended_early.arn
}
