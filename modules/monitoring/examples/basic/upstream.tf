# What the other modules give in an environment.

resource "aws_cloudwatch_log_group" "this" {
  for_each = {
    api            = "/aws/apigateway/goal-mandala-example-api"
    database       = "/aws/rds/cluster/goal-mandala-example/postgresql"
    reminder       = "/aws/lambda/goal-mandala-example-reminder"
    slack-notifier = "/aws/lambda/goal-mandala-example-slack-notifier"
    workflow       = "/aws/vendedlogs/states/goal-mandala-example-TaskGenerationWorkflow"
  }

  name              = each.value
  retention_in_days = 30
}

resource "aws_iam_role" "notifier" {
  name = "goal-mandala-example-slack-notifier"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_lambda_function" "notifier" {
  filename         = "${path.module}/notifier.zip"
  function_name    = "goal-mandala-example-slack-notifier"
  handler          = "index.handler"
  publish          = true
  role             = aws_iam_role.notifier.arn
  runtime          = "nodejs22.x"
  source_code_hash = filebase64sha256("${path.module}/notifier.zip")

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_lambda_alias" "notifier" {
  name             = "live"
  function_name    = aws_lambda_function.notifier.function_name
  function_version = aws_lambda_function.notifier.version
}
