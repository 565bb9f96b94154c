locals {
  # The account in the names, because a bucket's name is unique in the world. The
  # longest is the 63 characters that S3 takes.
  access_log_bucket_name = "${local.trail_name}-log-${local.account_id}"
  access_log_bucket_arn  = "arn:${local.partition}:s3:::${local.access_log_bucket_name}"
  bucket_name            = "${local.trail_name}-${local.account_id}"
  bucket_arn             = "arn:${local.partition}:s3:::${local.bucket_name}"

  # A class that files would reach on the day they expire, or later, is left out:
  # S3 refuses such a rule.
  transitions = {
    for class, days in { GLACIER = var.glacier_days, STANDARD_IA = var.ia_days } : class => days
    if days < var.expiration_days
  }
}

resource "aws_s3_bucket" "trail" {
  bucket        = local.bucket_name
  force_destroy = var.force_destroy

  tags = merge(var.tags, { Name = local.bucket_name })
}

resource "aws_s3_bucket_ownership_controls" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.this.arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_logging" "trail" {
  bucket        = aws_s3_bucket.trail.bucket
  target_bucket = aws_s3_bucket.access_log.bucket
  target_prefix = "trail/"

  # Without its permission S3 takes the setting and delivers nothing.
  depends_on = [aws_s3_bucket_policy.access_log]
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  # Most of the trail's files are below 128 KB, and S3's default moves no such file
  # anywhere. This way Glacier takes all, Infrequent Access still none below that.
  transition_default_minimum_object_size = "varies_by_storage_class"

  rule {
    id     = "keep-${var.expiration_days}-days"
    status = "Enabled"

    filter {}

    dynamic "transition" {
      for_each = local.transitions

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

  # A rule about versions needs versions.
  depends_on = [aws_s3_bucket_versioning.trail]
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "s3:*" # a refusal may be wide
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "CloudTrailLooksAtTheBucket"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = local.bucket_arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "CloudTrailDeliversFiles"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/AWSLogs/${local.account_id}/*"
        Condition = {
          StringEquals = {
            "aws:SourceArn" = local.trail_arn
            "s3:x-amz-acl"  = "bucket-owner-full-control"
          }
        }
      },
    ]
  })

  # S3 refuses a policy while it changes who may set one.
  depends_on = [aws_s3_bucket_public_access_block.trail]
}
