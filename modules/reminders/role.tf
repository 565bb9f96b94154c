resource "aws_iam_role" "scheduler" {
  name        = "${var.name}-reminders"
  description = "EventBridge Scheduler calls the reminder function of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Scheduler names the group here, not the schedule.
      Condition = {
        ArnEquals    = { "aws:SourceArn" = aws_scheduler_schedule_group.this.arn }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name = "call-the-function"
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CallTheAlias"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = var.function.alias_arn
      },
      {
        Sid      = "SendDeadLetters"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = local.dead_letters_arn
      },
      {
        Sid      = "EncryptDeadLetters"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.logs_kms_key_arn
      },
    ]
  })
}
