locals {
  topic_names = {
    delivery  = "${var.name}-alerts-delivery"
    this      = "${var.name}-alerts"
    us_east_1 = "${var.name}-alerts-global"
  }

  # Which services publish to which topic, and in whose name.
  publishers = {
    delivery = {
      CloudWatchAlarmsPublish = { service = "cloudwatch", source_arn = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-*" }
    }
    this = {
      CloudWatchAlarmsPublish = { service = "cloudwatch", source_arn = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-*" }
      # EventBridge knows no condition where the topic is encrypted. It publishes
      # for rules of this account only, and a rule is made through IAM.
      EventBridgePublishes = { service = "events", source_arn = null }
    }
    us_east_1 = {
      BudgetsPublish          = { service = "budgets", source_arn = "arn:${local.partition}:budgets::${local.account_id}:*" }
      CloudWatchAlarmsPublish = { service = "cloudwatch", source_arn = "arn:${local.partition}:cloudwatch:${local.global_region}:${local.account_id}:alarm:${var.name}-*" }
      CostAnomaliesPublish    = { service = "costalerts", source_arn = "arn:${local.partition}:ce::${local.account_id}:anomalysubscription/*" }
    }
  }

  # One key in each region: the topic delivery shares that of its region.
  key_policies = {
    for topic, publishers in local.publishers : topic => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        [{
          Sid       = "AccountAdministersThroughIam"
          Effect    = "Allow"
          Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
          Action    = "kms:*"
          Resource  = "*" # a key policy speaks of its own key only
        }],
        [for sid, publisher in publishers : merge(
          {
            Sid       = sid
            Effect    = "Allow"
            Principal = { Service = "${publisher.service}.amazonaws.com" }
            Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
            Resource  = "*" # a key policy speaks of its own key only
          },
          { for source in [publisher.source_arn] : "Condition" => {
            StringEquals = { "aws:SourceAccount" = local.account_id }
          } if source != null },
        )],
      )
    }) if topic != "delivery"
  }

  topic_policies = {
    for topic, publishers in local.publishers : topic => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        [{
          Sid       = "OnlyEncryptedInTransit"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = local.topic_arns[topic]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        }],
        [for sid, publisher in publishers : merge(
          {
            Sid       = sid
            Effect    = "Allow"
            Principal = { Service = "${publisher.service}.amazonaws.com" }
            Action    = "sns:Publish"
            Resource  = local.topic_arns[topic]
          },
          { for source in [publisher.source_arn] : "Condition" => {
            ArnLike      = { "aws:SourceArn" = source }
            StringEquals = { "aws:SourceAccount" = local.account_id }
          } if source != null },
        )],
      )
    })
  }

  topic_arns = {
    delivery  = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.topic_names.delivery}"
    this      = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.topic_names.this}"
    us_east_1 = "arn:${local.partition}:sns:${local.global_region}:${local.account_id}:${local.topic_names.us_east_1}"
  }
}

# A key of our own: CloudWatch may not use the key that SNS brings along.
resource "aws_kms_key" "this" {
  description             = "Alerts of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = local.key_policies.this

  tags = merge(var.tags, { Name = local.topic_names.this })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.topic_names.this}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_sns_topic" "this" {
  name              = local.topic_names.this
  kms_master_key_id = aws_kms_key.this.arn

  tags = merge(var.tags, { Name = local.topic_names.this })
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = local.topic_policies.this
}

resource "aws_kms_key" "us_east_1" {
  provider = aws.us_east_1

  description             = "Alerts of ${var.name} from CloudFront and billing"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = local.key_policies.us_east_1

  tags = merge(var.tags, { Name = local.topic_names.us_east_1 })
}

resource "aws_kms_alias" "us_east_1" {
  provider = aws.us_east_1

  name          = "alias/${local.topic_names.us_east_1}"
  target_key_id = aws_kms_key.us_east_1.key_id
}

resource "aws_sns_topic" "us_east_1" {
  provider = aws.us_east_1

  name              = local.topic_names.us_east_1
  kms_master_key_id = aws_kms_key.us_east_1.arn

  tags = merge(var.tags, { Name = local.topic_names.us_east_1 })
}

resource "aws_sns_topic_policy" "us_east_1" {
  provider = aws.us_east_1

  arn    = aws_sns_topic.us_east_1.arn
  policy = local.topic_policies.us_east_1
}
