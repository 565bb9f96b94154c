locals {
  dead_letters_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.dead_letters_name}"
  dead_letters_name = "${var.name}-functions-dead-letters"
}

# Events that a function failed at, called asynchronously, after all retries.
resource "aws_sqs_queue" "dead_letters" {
  name                      = local.dead_letters_name
  kms_master_key_id         = aws_kms_key.this.arn
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
