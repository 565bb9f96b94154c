variable "deletion_protection" {
  type = bool
}

variable "name" {
  type = string
}

resource "aws_cognito_user_pool" "this" {
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  name                = var.name
}
