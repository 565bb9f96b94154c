variable "name" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

resource "aws_ssm_parameter" "this" {
  name  = var.name
  type  = "SecureString"
  value = var.token
}
