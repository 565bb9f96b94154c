output "password" {
  value     = var.password
  sensitive = true
}

output "secret_arn" {
  value = aws_secretsmanager_secret.this.arn
}
