resource "terraform_data" "this" {
  input = "base"
}

output "id" {
  value = terraform_data.this.id
}
