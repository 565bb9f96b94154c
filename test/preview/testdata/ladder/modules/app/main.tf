variable "grants" {
  type = map(string)
}

variable "name" {
  type = string
}

variable "owner" {
  type      = string
  sensitive = true
}

variable "vpc_id" {
  type = string
}

resource "aws_security_group" "this" {
  description = var.name
  name        = var.name
  vpc_id      = var.vpc_id
}

resource "aws_iam_policy" "this" {
  name = var.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for zone, arn in var.grants : { Sid = "Zone${upper(zone)}", Effect = "Allow", Action = "ec2:DescribeSubnets", Resource = arn }]
  })
}

resource "terraform_data" "owner" {
  input = { policy = aws_iam_policy.this.arn, owner = var.owner }
}

output "group_id" {
  value = aws_security_group.this.id
}
