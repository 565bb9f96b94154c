output "alarm_names" {
  description = "Names of the alarms by short name, those in us-east-1 included."
  value = merge(
    { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name },
    { for key, alarm in aws_cloudwatch_metric_alarm.us_east_1 : key => alarm.alarm_name },
  )
}

output "dashboard_names" {
  description = "Names of the dashboards by short name: overview, api, functions, database, cloudfront, workflow."
  value       = { for key, dashboard in aws_cloudwatch_dashboard.this : key => dashboard.dashboard_name }
}

output "delivery_topic_arn" {
  description = "ARN of the topic, for mail only, of the alarms about the function that writes to Slack."
  value       = aws_sns_topic.delivery.arn

  depends_on = [aws_sns_topic_policy.delivery]
}

output "kms_key_arn" {
  description = "KMS key of the region's topics; whoever else publishes to them needs it."
  value       = aws_kms_key.this.arn
}

output "topic_arn" {
  description = "ARN of the topic that the alarms of the region publish to, those about the function that writes to Slack apart."
  value       = aws_sns_topic.this.arn

  # Nobody may publish before the policy says so.
  depends_on = [aws_sns_topic_policy.this]
}

output "topic_name" {
  description = "Name of that topic."
  value       = aws_sns_topic.this.name
}

output "us_east_1_topic_arn" {
  description = "ARN of the topic in us-east-1, of CloudFront's alarms, the budget and cost anomalies."
  value       = aws_sns_topic.us_east_1.arn

  depends_on = [aws_sns_topic_policy.us_east_1]
}
