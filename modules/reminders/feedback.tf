# Mail that came back: SES tells a topic of bounces and complaints, and the topic calls
# the function, which switches reminders off for such an address.
locals {
  configuration_set_arn = "arn:${local.partition}:ses:${local.region}:${local.account_id}:configuration-set/${var.mail_configuration_set_name}"
  feedback_topic_arn    = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.feedback_topic_name}"
  feedback_topic_name   = "${var.name}-mail-feedback"
}

# A key of our own: SES may not use the key that SNS brings along, nor that of the logs.
resource "aws_kms_key" "feedback" {
  description             = "Bounces and complaints of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

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
        # Without a condition, as AWS writes it for SES. The topic's policy says for
        # which configuration set SES may publish.
        Sid       = "SesEncryptsWhatItPublishes"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*" # a key policy speaks of its own key only
      },
    ]
  })

  tags = merge(var.tags, { Name = local.feedback_topic_name })
}

resource "aws_kms_alias" "feedback" {
  name          = "alias/${local.feedback_topic_name}"
  target_key_id = aws_kms_key.feedback.key_id
}

resource "aws_sns_topic" "feedback" {
  name              = local.feedback_topic_name
  kms_master_key_id = aws_kms_key.feedback.arn

  tags = merge(var.tags, { Name = local.feedback_topic_name })
}

resource "aws_sns_topic_policy" "feedback" {
  arn = aws_sns_topic.feedback.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyEncryptedInTransit"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.feedback_topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "SesPublishes"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.feedback_topic_arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = local.configuration_set_arn }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })
}

resource "aws_ses_event_destination" "feedback" {
  name                   = "${var.name}-feedback"
  configuration_set_name = var.mail_configuration_set_name
  enabled                = true
  matching_types         = ["bounce", "complaint"]

  sns_destination {
    topic_arn = aws_sns_topic.feedback.arn
  }

  # SES tries to publish when it is told of the topic.
  depends_on = [aws_sns_topic_policy.feedback]
}

resource "aws_lambda_permission" "feedback" {
  action        = "lambda:InvokeFunction"
  function_name = var.function.function_name
  principal     = "sns.amazonaws.com"
  qualifier     = local.alias_name
  source_arn    = aws_sns_topic.feedback.arn
  statement_id  = "MailFeedback"
}

resource "aws_sns_topic_subscription" "feedback" {
  endpoint  = var.function.alias_arn
  protocol  = "lambda"
  topic_arn = aws_sns_topic.feedback.arn

  depends_on = [aws_lambda_permission.feedback]
}
