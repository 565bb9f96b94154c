variable "text" {
  type = string
}

resource "terraform_data" "this" {
  input = var.text
}
