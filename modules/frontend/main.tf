data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Named here and not read from the buckets: policies are known at the plan.
  # Bucket names are the whole world's, so the account is part of them.
  bucket_name     = "${var.name}-site-${local.account_id}"
  bucket_arn      = "arn:${local.partition}:s3:::${local.bucket_name}"
  log_bucket_name = "${var.name}-site-logs-${local.account_id}"
  log_bucket_arn  = "arn:${local.partition}:s3:::${local.log_bucket_name}"

  bucket_log_prefix     = "s3/"
  cloudfront_log_prefix = "cloudfront/"
}
