# What tells that alerts do not arrive must not need what it tells of: each such
# alert would fail again, raise its alarm anew, and never come to rest.
locals {
  # Whatever watches the function that writes to Slack, or the queue in which its
  # failed calls end.
  notifier_alarms = [
    for key, alarm in local.alarms : key
    if anytrue([for metric in values(alarm.metrics) :
      try(metric.dimensions.FunctionName == var.alerts.notifier.function_name, false) ||
      try(metric.dimensions.QueueName == var.dead_letter_queue_names[var.alerts.notifier.dead_letter_queue], false)
    ])
  ]

  # Who watches the watchman: what SNS could not hand over. One recipient may be
  # out of reach and the others hear of it, once: see the alarms' ok_actions.
  delivery_alarms = {
    alerts-undelivered = merge(local.undelivered, {
      metrics = { failed = { namespace = "AWS/SNS", name = "NumberOfNotificationsFailed", dimensions = { TopicName = local.topic_names.this }, stat = "Sum" } }
    })
  }

  global_delivery_alarms = {
    alerts-global-undelivered = merge(local.undelivered, {
      metrics = { failed = { namespace = "AWS/SNS", name = "NumberOfNotificationsFailed", dimensions = { TopicName = local.topic_names.us_east_1 }, stat = "Sum" } }
    })
  }

  undelivered = merge(local.timing.event, {
    description = "R3.2: SNS could not deliver an alert to one of its recipients, Slack or a mail address."
    comparison  = "GreaterThanThreshold"
    expression  = null
    missing     = "notBreaching" # nothing was published
    threshold   = 0
  })
}

# For mail only.
resource "aws_sns_topic" "delivery" {
  name              = local.topic_names.delivery
  kms_master_key_id = aws_kms_key.this.arn

  tags = merge(var.tags, { Name = local.topic_names.delivery })
}

resource "aws_sns_topic_policy" "delivery" {
  arn    = aws_sns_topic.delivery.arn
  policy = local.topic_policies.delivery
}

resource "aws_sns_topic_subscription" "email_delivery" {
  for_each = var.alerts.emails

  endpoint  = each.value
  protocol  = "email"
  topic_arn = aws_sns_topic.delivery.arn
}
