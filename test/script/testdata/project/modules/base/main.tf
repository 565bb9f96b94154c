resource "terraform_data" "this" {
  input = "base"
}

output "id" {
  description = "Id of the base."
  value       = terraform_data.this.id
}
