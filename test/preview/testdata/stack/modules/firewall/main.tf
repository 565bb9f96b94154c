variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

resource "aws_security_group" "this" {
  description = var.name
  name        = var.name
  vpc_id      = var.vpc_id
}

# Nothing of it changes with the group, but deleting the group in a stage of
# its own deletes this first, since it depends on it.
resource "aws_iam_role" "watcher" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })

  depends_on = [aws_security_group.this]
}

output "group_id" {
  value = aws_security_group.this.id
}
