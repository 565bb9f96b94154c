# Both publish to the topic in us-east-1, where billing is at home.

resource "aws_budgets_budget" "this" {
  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.cost.budget.limit_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [for key, value in var.cost.tags : format("user:%s$%s", key, value)]
  }

  dynamic "notification" {
    for_each = {
      actual_80    = { percent = 80, type = "ACTUAL" }
      actual_100   = { percent = 100, type = "ACTUAL" }
      forecast_100 = { percent = 100, type = "FORECASTED" }
    }

    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value.type
      subscriber_email_addresses = var.cost.budget.emails
      subscriber_sns_topic_arns  = [aws_sns_topic.us_east_1.arn]
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-monthly" })

  # Budgets checks that it may publish.
  depends_on = [aws_sns_topic_policy.us_east_1]
}

# A custom monitor: of the one that watches every service an account has just one.
resource "aws_ce_anomaly_monitor" "this" {
  for_each = var.cost.anomaly.enabled && var.cost.anomaly.monitor_arn == null ? { this = var.cost.anomaly.tag_key } : {}

  name         = var.name
  monitor_type = "CUSTOM"

  # With all the keys, for that is how it is read back.
  monitor_specification = jsonencode({
    And            = null
    CostCategories = null
    Dimensions     = null
    Not            = null
    Or             = null
    Tags = {
      Key          = each.value
      MatchOptions = null
      Values       = [var.cost.tags[each.value]]
    }
  })

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_ce_anomaly_subscription" "this" {
  for_each = var.cost.anomaly.enabled ? { this = var.cost.anomaly.monitor_arn } : {}

  name             = var.name
  frequency        = "IMMEDIATE" # the one that a topic may have
  monitor_arn_list = [each.value != null ? each.value : aws_ce_anomaly_monitor.this["this"].arn]

  subscriber {
    address = aws_sns_topic.us_east_1.arn
    type    = "SNS"
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.cost.anomaly.impact_usd)]
    }
  }

  tags = merge(var.tags, { Name = var.name })

  depends_on = [aws_sns_topic_policy.us_east_1]
}
