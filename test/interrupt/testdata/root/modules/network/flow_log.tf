resource "aws_cloudwatch_log_group" "flow_log" {
  name              = "/interrupt/${var.name}/flow-log"
  retention_in_days = var.revision == 1 ? 7 : 14
}

resource "aws_iam_role" "flow_log" {
  name        = "${var.name}-flow-log"
  description = "Revision ${var.revision}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "flow_log" {
  name = "write-log-group"
  role = aws_iam_role.flow_log.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.flow_log.arn}:*"
    }]
  })
}

resource "aws_flow_log" "this" {
  iam_role_arn    = aws_iam_role.flow_log.arn
  log_destination = aws_cloudwatch_log_group.flow_log.arn
  traffic_type    = "ALL"
  vpc_id          = aws_vpc.this.id

  tags = { Name = var.name }

  depends_on = [aws_iam_role_policy.flow_log]
}

resource "aws_kms_key" "this" {
  count = var.key ? 1 : 0

  description             = "Key of ${var.name}"
  deletion_window_in_days = 7

  tags = { Name = var.name }
}

resource "aws_kms_alias" "this" {
  count = var.key ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}
