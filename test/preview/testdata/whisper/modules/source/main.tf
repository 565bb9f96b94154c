variable "label" {
  type = string
}

variable "secret" {
  type      = string
  sensitive = true
}

resource "terraform_data" "token" {
  input = "token:${var.secret}"
}

resource "terraform_data" "label" {
  input = var.label
}

output "label" {
  value = terraform_data.label.output
}

output "token" {
  value     = terraform_data.token.output
  sensitive = true
}
