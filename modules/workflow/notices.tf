locals {
  topic_name = "${var.name}-workflow-notices"
  topic_arn  = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.topic_name}"
}

# Tells of goals that ended partial or failed.
resource "aws_sns_topic" "notices" {
  name              = local.topic_name
  kms_master_key_id = var.logs_kms_key_arn

  tags = merge(var.tags, { Name = local.topic_name })
}

# Who may publish is said by the publishers' own roles; this only closes HTTP.
resource "aws_sns_topic_policy" "notices" {
  arn = aws_sns_topic.notices.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sns:Publish"
      Resource  = local.topic_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
