locals {
  # The account in the names, because a bucket's name is unique in the world. The
  # longest is the 63 characters that S3 takes.
  buckets = {
    access = "${local.trail_name}-log-${local.account_id}"
    trail  = "${local.trail_name}-${local.account_id}"
  }
  bucket_arns = { for key, name in local.buckets : key => "arn:${local.partition}:s3:::${name}" }

  # A class that files would reach on the day they expire, or later, is left out:
  # S3 refuses such a rule.
  transitions = {
    for class, days in { GLACIER = var.glacier_days, STANDARD_IA = var.ia_days } : class => days
    if days < var.expiration_days
  }

  tls_only = {
    for key, arn in local.bucket_arns : key => {
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*" # a refusal may be wide
      Resource  = [arn, "${arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }

  bucket_policies = {
    access = [
      local.tls_only.access,
      {
        Sid       = "S3DeliversAccessLogs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arns.access}/trail/*"
        Condition = {
          ArnLike      = { "aws:SourceArn" = local.bucket_arns.trail }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
    trail = [
      local.tls_only.trail,
      {
        Sid       = "CloudTrailLooksAtTheBucket"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = local.bucket_arns.trail
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "CloudTrailDeliversFiles"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arns.trail}/AWSLogs/${local.account_id}/*"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = local.trail_arn
            "s3:x-amz-acl"  = "bucket-owner-full-control"
          }
        }
      },
    ]
  }
}

# The trail's files, and the record of who read them.
resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket        = each.value
  force_destroy = var.force_destroy

  tags = merge(var.tags, { Name = each.value })
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  block_public_acls       = true
  block_public_policy     = true
  bucket                  = each.value.bucket
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

# S3 delivers access logs only where it encrypts with its own keys.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket

  rule {
    bucket_key_enabled = each.key == "trail"

    apply_server_side_encryption_by_default {
      kms_master_key_id = each.key == "trail" ? aws_kms_key.this.arn : null
      sse_algorithm     = each.key == "trail" ? "aws:kms" : "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.bucket_policies[each.key]
  })

  # S3 may refuse a policy while it changes who may set one.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_logging" "this" {
  bucket        = aws_s3_bucket.this["trail"].bucket
  target_bucket = aws_s3_bucket.this["access"].bucket
  target_prefix = "trail/"

  # Without its permission S3 takes the setting and delivers nothing.
  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket

  rule {
    id     = "keep-${var.expiration_days}-days"
    status = "Enabled"

    filter {}

    dynamic "transition" {
      for_each = each.key == "trail" ? local.transitions : {}

      content {
        days          = transition.value
        storage_class = transition.key
      }
    }

    expiration {
      days = var.expiration_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    # What an expiry, an overwriting or a deletion leaves behind.
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
