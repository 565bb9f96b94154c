variable "base_id" {
  description = "What the application stands on."
  type        = string
  nullable    = false
}

variable "size" {
  description = "How large the application is."
  type        = number
  nullable    = false
}

resource "terraform_data" "this" {
  input = { base = var.base_id, size = var.size }
}

output "id" {
  description = "Id of the application."
  value       = terraform_data.this.id
}
