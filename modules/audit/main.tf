data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Written here and not read from the resources, because the policies that the
  # trail needs before it exists speak of it.
  trail_name = "${var.name}-audit"
  trail_arn  = "arn:${local.partition}:cloudtrail:${local.region}:${local.account_id}:trail/${local.trail_name}"

  log_group_name = "/aws/cloudtrail/${local.trail_name}"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group_name}"
  topic_arn      = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.trail_name}"
}

resource "aws_cloudtrail" "this" {
  name = local.trail_name

  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.this.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.logs.arn
  enable_log_file_validation    = true
  enable_logging                = true
  include_global_service_events = true
  is_multi_region_trail         = true
  kms_key_id                    = aws_kms_key.this.arn
  s3_bucket_name                = aws_s3_bucket.trail.bucket
  sns_topic_name                = aws_sns_topic.this.name

  # Every management event, those of KMS and the RDS Data API included (R8.2).
  advanced_event_selector {
    name = "Management events"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  # Without the trail's own buckets: each delivery would be an event of the next.
  dynamic "advanced_event_selector" {
    for_each = var.data_events.objects ? [true] : []

    content {
      name = "S3 objects"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::S3::Object"]
      }

      field_selector {
        field           = "resources.ARN"
        not_starts_with = ["${local.access_log_bucket_arn}/", "${local.bucket_arn}/"]
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = var.data_events.functions ? [true] : []

    content {
      name = "Function invocations"

      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }

      field_selector {
        field  = "resources.type"
        equals = ["AWS::Lambda::Function"]
      }
    }
  }

  dynamic "insight_selector" {
    for_each = var.insights

    content {
      insight_type = insight_selector.value
    }
  }

  tags = merge(var.tags, { Name = local.trail_name })

  # CloudTrail tries all its ways of delivery before it accepts the trail.
  depends_on = [
    aws_iam_role_policy.logs,
    aws_s3_bucket_policy.trail,
    aws_sns_topic_policy.this,
  ]
}
