locals {
  # Metric by the field of the function's JSON log that holds its number.
  mail_metrics = {
    mails_failed = "ReminderMailsFailed"
    mails_sent   = "ReminderMailsSent"
  }
  metric_namespace = "GoalMandala/${var.name}"
}

# The alarm on the failure rate is in the monitoring module.
resource "aws_cloudwatch_log_metric_filter" "mails" {
  for_each = local.mail_metrics

  name           = "${var.name}-${replace(each.key, "_", "-")}"
  log_group_name = var.function.log_group_name
  pattern        = "{ $.${each.key} >= 0 }"

  metric_transformation {
    name          = each.value
    default_value = "0"
    namespace     = local.metric_namespace
    unit          = "Count"
    value         = "$.${each.key}"
  }
}
