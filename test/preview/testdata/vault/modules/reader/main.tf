variable "arns" {
  type = map(string)
}

resource "terraform_data" "this" {
  input = var.arns
}
