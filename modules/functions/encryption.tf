# Logs, environment variables and queues of the functions and of what calls them:
# the workflow, the API and the reminders.
resource "aws_kms_key" "this" {
  description             = "Functions of ${var.name}: logs, environment, queues"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  # Lambda, SQS and Scheduler use the key with the rights of the role that they
  # act for; CloudWatch Logs has none.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministersThroughIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*" # a key policy speaks of its own key only
      },
      {
        Sid       = "CloudWatchLogsEncryptsTheseGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
          "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/*/${var.name}*",
          # The execution log of a stage, whose name API Gateway chooses.
          "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:API-Gateway-Execution-Logs_*",
          # The beginning that WAF wants.
          "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:aws-waf-logs-${var.name}*",
        ] } }
      },
    ]
  })

  tags = merge(var.tags, { Name = "${var.name}-functions" })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-functions"
  target_key_id = aws_kms_key.this.key_id
}
