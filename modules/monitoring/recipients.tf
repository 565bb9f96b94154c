# SNS asks each address for consent by mail; until then the subscription waits.
resource "aws_sns_topic_subscription" "email" {
  for_each = var.alerts.emails

  endpoint  = each.value
  protocol  = "email"
  topic_arn = aws_sns_topic.this.arn
}

resource "aws_sns_topic_subscription" "email_us_east_1" {
  for_each = var.alerts.emails
  provider = aws.us_east_1

  endpoint  = each.value
  protocol  = "email"
  topic_arn = aws_sns_topic.us_east_1.arn
}

locals {
  # Statement id => topic. The policy belongs to the function's alias and so to
  # the function's region, wherever the topic is.
  notifier_topic_arns = merge(
    { Alerts = aws_sns_topic.this.arn, AlertsGlobal = aws_sns_topic.us_east_1.arn },
    { for key, arn in var.alerts.notice_topics : "Notice-${key}" => arn },
  )
}

resource "aws_lambda_permission" "notifier" {
  for_each = local.notifier_topic_arns

  action        = "lambda:InvokeFunction"
  function_name = var.alerts.notifier.function_name
  principal     = "sns.amazonaws.com"
  qualifier     = var.alerts.notifier.alias_name
  source_arn    = each.value
  statement_id  = each.key
}

resource "aws_sns_topic_subscription" "notifier" {
  endpoint  = var.alerts.notifier.alias_arn
  protocol  = "lambda"
  topic_arn = aws_sns_topic.this.arn

  depends_on = [aws_lambda_permission.notifier]
}

# SNS calls a function in another region, too.
resource "aws_sns_topic_subscription" "notifier_us_east_1" {
  provider = aws.us_east_1

  endpoint  = var.alerts.notifier.alias_arn
  protocol  = "lambda"
  topic_arn = aws_sns_topic.us_east_1.arn

  depends_on = [aws_lambda_permission.notifier]
}

resource "aws_sns_topic_subscription" "notice" {
  for_each = var.alerts.notice_topics

  endpoint  = var.alerts.notifier.alias_arn
  protocol  = "lambda"
  topic_arn = each.value

  depends_on = [aws_lambda_permission.notifier]
}
