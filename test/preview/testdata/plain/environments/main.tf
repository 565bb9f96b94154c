# The least that there can be to apply, with no provider to wait for.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
}

variable "environment" {
  type = string
}

module "note" {
  source = "../modules/note"

  text = var.environment
}
