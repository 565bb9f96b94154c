variable "labels" {
  type = map(string)
}

variable "name" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

resource "aws_ssm_parameter" "this" {
  name  = "/${var.name}/token"
  type  = "SecureString"
  value = var.token
  tags  = var.labels
}

output "name" {
  value = aws_ssm_parameter.this.name
}
