output "bucket_arn" {
  description = "ARN of the bucket with the site's files, for the deployer's permissions."
  value       = aws_s3_bucket.this.arn
}

output "bucket_name" {
  description = "Name of the bucket with the site's files."
  value       = aws_s3_bucket.this.id
}

output "distribution_arn" {
  description = "ARN of the CloudFront distribution."
  value       = aws_cloudfront_distribution.this.arn
}

output "distribution_id" {
  description = "Id of the CloudFront distribution, as invalidations and metrics use it."
  value       = aws_cloudfront_distribution.this.id
}

output "domain_name" {
  description = "CloudFront's own host name of the distribution."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "log_bucket_name" {
  description = "Name of the bucket with the access logs: cloudfront/ and s3/."
  value       = aws_s3_bucket.logs.id
}

output "url" {
  description = "URL of the site: its first name, or CloudFront's own."
  value       = "https://${try(local.names[0], aws_cloudfront_distribution.this.domain_name)}"
}
