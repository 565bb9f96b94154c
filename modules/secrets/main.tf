data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  secrets = {
    external-api  = "Credentials of external APIs (Bedrock, SES), a JSON object set by an operator"
    jwt-key       = "HS256 signing key of at least 256 bits, generated"
    slack-webhook = "Slack incoming webhook URL, set by an operator"
  }
}

resource "aws_kms_key" "this" {
  description             = "Secrets of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  # Who may decrypt is said by the readers' own roles, so that adding a reader
  # does not touch the key.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersThroughIam"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*" # a key policy speaks of its own key only
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-secrets" })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-secrets"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.recovery_window_days

  tags = merge(var.tags, { Name = "${var.name}/${each.key}" })
}
