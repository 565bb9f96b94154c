resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  kms_key_id        = aws_kms_key.this.arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

# Without aws:SourceAccount and aws:SourceArn: CloudTrail sends neither when it
# assumes this role, and the permissions reach no further than its log streams.
resource "aws_iam_role" "logs" {
  name        = "${local.trail_name}-logs"
  description = "CloudTrail of ${var.name} writes to its log group"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "logs" {
  name = "write-log-group"
  role = aws_iam_role.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_group_arn}:log-stream:${local.account_id}_CloudTrail_${local.region}*"
    }]
  })
}

# Tells of each file that was delivered.
resource "aws_sns_topic" "this" {
  name              = local.trail_name
  kms_master_key_id = aws_kms_key.this.arn

  tags = merge(var.tags, { Name = local.trail_name })
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CloudTrailPublishes"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
