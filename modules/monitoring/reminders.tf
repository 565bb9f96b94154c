locals {
  reminder_metrics = {
    for id, metric in { duration = ["Duration", "Maximum"], errors = ["Errors", "Sum"] } : id => {
      namespace                  = "AWS/Lambda", name = metric[0], dimensions = { FunctionName = var.reminders.function_name }, stat = metric[1]
    }
  }

  # The function runs once a day: two periods in a row never have data, so
  # these alarms take one.
  reminder_alarms = {
    reminders-errors = merge(local.timing.event, {
      description = "R1.7: the reminder function failed."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { errors = local.reminder_metrics.errors }
      missing     = "notBreaching" # not its time
      threshold   = 0
    })
    reminders-duration = merge(local.timing.event, {
      description = "R1.7: the reminder function took longer than ${var.thresholds.reminder_duration_ms} ms; it is cut off at 300,000."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { duration = local.reminder_metrics.duration }
      missing     = "notBreaching"
      threshold   = var.thresholds.reminder_duration_ms
    })
    reminders-mail-failure-rate = merge(local.timing.event, {
      description = "R1.7: more than ${var.thresholds.mail_failure_percent} % of the reminder mails failed."
      comparison  = "GreaterThanThreshold"
      expression  = "IF(FILL(sent, 0) + FILL(failed, 0) > 0, 100 * FILL(failed, 0) / (FILL(sent, 0) + FILL(failed, 0)), 0)"
      metrics = {
        failed = { namespace = var.reminders.mail_metrics.namespace, name = var.reminders.mail_metrics.failed, dimensions = {}, stat = "Sum" }
        sent   = { namespace = var.reminders.mail_metrics.namespace, name = var.reminders.mail_metrics.sent, dimensions = {}, stat = "Sum" }
      }
      missing   = "notBreaching"
      threshold = var.thresholds.mail_failure_percent
    })
  }

  queue_alarms = {
    for key, name in var.dead_letter_queue_names : "dead-letters-${key}" => merge(local.timing.event, {
      description = "R6.3: messages lie in the dead-letter queue ${key}: something was given up after its retries."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { depth = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, stat = "Maximum" } }
      missing     = "notBreaching" # SQS stops reporting for a queue unused for 6 hours
      threshold   = 0
    })
  }
}
