output "log_group_name" {
  description = "CloudWatch log group of the workflow's executions."
  value       = aws_cloudwatch_log_group.this.name
}

output "notification_topic_arn" {
  description = "SNS topic that tells of goals that ended partial or failed."
  value       = aws_sns_topic.notices.arn
}

output "state_machine_arn" {
  description = "ARN of the workflow's state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "state_machine_name" {
  description = "Name of the workflow's state machine: the name prefix followed by TaskGenerationWorkflow."
  value       = aws_sfn_state_machine.this.name
}
