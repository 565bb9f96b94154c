output "bucket_arn" {
  description = "ARN of the bucket with the trail's files."
  value       = aws_s3_bucket.trail.arn

  # Whoever reads it finds it closed.
  depends_on = [aws_s3_bucket_policy.trail, aws_s3_bucket_public_access_block.trail]
}

output "bucket_name" {
  description = "Name of the bucket with the trail's files."
  value       = aws_s3_bucket.trail.bucket

  depends_on = [aws_s3_bucket_policy.trail, aws_s3_bucket_public_access_block.trail]
}

output "kms_key_arn" {
  description = "KMS key of the trail's files, log group and notices; readers need kms:Decrypt on it."
  value       = aws_kms_key.this.arn
}

output "log_group_name" {
  description = "CloudWatch log group to which the trail also delivers its events."
  value       = aws_cloudwatch_log_group.this.name
}

output "topic_arn" {
  description = "SNS topic that tells of each delivered file."
  value       = aws_sns_topic.this.arn
}

output "trail_arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.this.arn
}

output "trail_name" {
  description = "Name of the trail."
  value       = aws_cloudtrail.this.name
}
