output "dead_letter_queue_arn" {
  description = "Queue of the calls that Lambda did not take after all retries."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_name" {
  description = "Name of that queue, as its metrics use it."
  value       = aws_sqs_queue.dead_letters.name
}

output "feedback_topic_arn" {
  description = "SNS topic of bounces and complaints, which calls the function."
  value       = aws_sns_topic.feedback.arn
}

output "mail_metrics" {
  description = "Metrics of the mails: namespace, sent and failed (the metrics' names)."
  value = {
    failed    = aws_cloudwatch_log_metric_filter.mails["mails_failed"].metric_transformation[0].name
    namespace = local.metric_namespace
    sent      = aws_cloudwatch_log_metric_filter.mails["mails_sent"].metric_transformation[0].name
  }
}

output "schedule_arn" {
  description = "ARN of the schedule."
  value       = aws_scheduler_schedule.this.arn
}

output "schedule_name" {
  description = "Name of the schedule, and of the group that holds it."
  value       = aws_scheduler_schedule.this.name
}
