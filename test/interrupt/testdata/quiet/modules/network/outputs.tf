output "password" {
  value     = var.password
  sensitive = true
}
