# Each alarm is described in the file of what it watches:
#   description, threshold, missing   what it says, beyond what, what no data means
#   metrics                           name => { namespace, name, dimensions, stat }
#   expression                        arithmetic over them; null takes the sole metric
#   period_seconds, periods, datapoints   from local.timing
locals {
  # The README tells why three.
  timing = {
    rate   = { period_seconds = 300, periods = 2, datapoints = 2 }
    event  = { period_seconds = 300, periods = 1, datapoints = 1 }
    outage = { period_seconds = 60, periods = 3, datapoints = 2 }
  }

  alarms = merge(
    local.api_alarms,
    local.database_alarms,
    local.delivery_alarms,
    local.function_alarms,
    local.queue_alarms,
    local.reminder_alarms,
    local.workflow_alarms,
  )

  global_alarms = merge(
    local.cloudfront_alarms,
    local.global_delivery_alarms,
  )

  alarm_topic_arns = {
    for key in keys(local.alarms) : key => contains(local.notifier_alarms, key) ? aws_sns_topic.delivery.arn : aws_sns_topic.this.arn
  }

  sole_metrics = {
    for key, alarm in merge(local.alarms, local.global_alarms) : key => values(alarm.metrics)[0] if alarm.expression == null
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description

  actions_enabled     = true
  alarm_actions       = [local.alarm_topic_arns[each.key]]
  comparison_operator = each.value.comparison
  datapoints_to_alarm = each.value.datapoints
  dimensions          = try(local.sole_metrics[each.key].dimensions, null)
  evaluation_periods  = each.value.periods
  extended_statistic  = try(startswith(local.sole_metrics[each.key].stat, "p") ? local.sole_metrics[each.key].stat : null, null)
  metric_name         = try(local.sole_metrics[each.key].name, null)
  namespace           = try(local.sole_metrics[each.key].namespace, null)
  ok_actions          = contains(keys(local.delivery_alarms), each.key) ? [] : [local.alarm_topic_arns[each.key]]
  period              = each.value.expression == null ? each.value.period_seconds : null
  statistic           = try(startswith(local.sole_metrics[each.key].stat, "p") ? null : local.sole_metrics[each.key].stat, null)
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing

  dynamic "metric_query" {
    for_each = each.value.expression == null ? {} : each.value.metrics

    content {
      id          = metric_query.key
      return_data = false

      metric {
        dimensions  = metric_query.value.dimensions
        metric_name = metric_query.value.name
        namespace   = metric_query.value.namespace
        period      = each.value.period_seconds
        stat        = metric_query.value.stat
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == null ? [] : [each.value.expression]

    content {
      expression  = metric_query.value
      id          = "result"
      label       = each.key
      return_data = true
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# An alarm publishes in its own region only, hence the second topic.
resource "aws_cloudwatch_metric_alarm" "us_east_1" {
  for_each = local.global_alarms
  provider = aws.us_east_1

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description

  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.us_east_1.arn]
  comparison_operator = each.value.comparison
  datapoints_to_alarm = each.value.datapoints
  dimensions          = local.sole_metrics[each.key].dimensions
  evaluation_periods  = each.value.periods
  metric_name         = local.sole_metrics[each.key].name
  namespace           = local.sole_metrics[each.key].namespace
  ok_actions          = contains(keys(local.global_delivery_alarms), each.key) ? [] : [aws_sns_topic.us_east_1.arn]
  period              = each.value.period_seconds
  statistic           = local.sole_metrics[each.key].stat
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
