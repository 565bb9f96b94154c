variable "name" {
  type = string
}

variable "secret" {
  type      = string
  sensitive = true
}

resource "aws_iam_role" "this" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "terraform_data" "token" {
  input = "${aws_iam_role.this.unique_id}:${var.secret}"
}

output "labels" {
  value = { owner = aws_iam_role.this.name, unique = aws_iam_role.this.unique_id }
}

output "role_arn" {
  value = aws_iam_role.this.arn
}

output "token" {
  value     = terraform_data.token.output
  sensitive = true
}

output "zones" {
  value = toset(["a", "c"])
}
