output "dead_letter_queue_arn" {
  description = "Queue of the events that a function failed at after all retries."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_name" {
  description = "Name of that queue, as its metrics use it."
  value       = aws_sqs_queue.dead_letters.name
}

output "functions" {
  description = "By short name: alias_arn, alias_invoke_arn (for API Gateway), alias_name, arn, function_name, log_group_name, role_arn."
  value = {
    for name, function in aws_lambda_function.this : name => {
      alias_arn        = aws_lambda_alias.live[name].arn
      alias_invoke_arn = aws_lambda_alias.live[name].invoke_arn
      alias_name       = aws_lambda_alias.live[name].name
      arn              = function.arn
      function_name    = function.function_name
      log_group_name   = aws_cloudwatch_log_group.this[name].name
      role_arn         = function.role
    }
  }
}

output "logs_kms_key_arn" {
  description = "KMS key of the logs, the functions' environment and the queues; log groups of other layers may use it if their name is /aws/SERVICE/NAME…."
  value       = aws_kms_key.this.arn
}

output "role_arns" {
  description = "Roles of the groups, by the group's name."
  value       = { for group, role in aws_iam_role.this : group => role.arn }
}
