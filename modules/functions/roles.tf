# One role per group (R4.1). No condition on who assumes it: Lambda sends neither
# aws:SourceAccount nor aws:SourceArn when it assumes an execution role, and giving
# a function this role needs iam:PassRole in this account.
resource "aws_iam_role" "this" {
  for_each = var.groups

  name        = "${var.name}-functions-${each.key}"
  description = "Functions of the group ${each.key} of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

# What every function needs to run.
resource "aws_iam_role_policy" "base" {
  for_each = var.groups

  name = "base"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for arns in [[for name, function in var.functions : "${local.log_group_arns[name]}:*" if function.group == each.key]] : {
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = arns
      } if length(arns) > 0],
      # Lambda makes the interfaces with this role. Without the denial the code
      # could, too; it needs none of it.
      [for arns in [[for name, function in var.functions : local.function_arns[name] if function.group == each.key]] : {
        Sid    = "KeepTheCodeFromNetworkInterfaces"
        Effect = "Deny"
        Action = local.network_actions
        # R4.1 exception: a denial, which may not leave anything out.
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = arns } }
      } if length(arns) > 0],
      [
        {
          Sid      = "SendDeadLetters"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = local.dead_letters_arn
        },
        {
          Sid      = "UseTheFunctionsKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = aws_kms_key.this.arn
        },
        {
          Sid    = "ManageNetworkInterfaces"
          Effect = "Allow"
          Action = local.network_changes
          # Lambda refuses a narrower set than all of EC2's resources here.
          Resource = "arn:${local.partition}:ec2:${local.region}:${local.account_id}:*/*"
        },
        {
          Sid    = "LookUpNetworkInterfaces"
          Effect = "Allow"
          Action = local.network_reads
          # R4.1 exception: EC2's Describe actions know no resources.
          Resource = "*"
        },
        {
          Sid    = "WriteTraces"
          Effect = "Allow"
          Action = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          # R4.1 exception: X-Ray's writes know no resources.
          Resource = "*"
        },
      ],
    )
  })
}

locals {
  network_actions = concat(local.network_changes, local.network_reads)
  network_changes = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
  network_reads   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
}

# What the group's functions need for their work.
resource "aws_iam_role_policy" "group" {
  for_each = { for group, permissions in var.groups : group => permissions.statements if length(permissions.statements) > 0 }

  name = each.key
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in each.value : { for part, value in {
      Sid       = statement.sid
      Effect    = "Allow"
      Action    = statement.actions
      Resource  = statement.resources
      Condition = length(statement.conditions) > 0 ? statement.conditions : null
    } : part => value if value != null }]
  })
}
