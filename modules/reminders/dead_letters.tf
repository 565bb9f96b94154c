locals {
  dead_letters_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.dead_letters_name}"
  dead_letters_name = "${var.name}-reminders-dead-letters"
}

# Calls that Lambda did not take, after all retries.
resource "aws_sqs_queue" "dead_letters" {
  name                      = local.dead_letters_name
  kms_master_key_id         = var.logs_kms_key_arn
  message_retention_seconds = 1209600 # 14 days, the longest

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["sqs:ReceiveMessage", "sqs:SendMessage"]
      Resource  = local.dead_letters_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  tags = merge(var.tags, { Name = local.dead_letters_name })
}
