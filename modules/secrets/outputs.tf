output "kms_key_arn" {
  description = "KMS key that encrypts every secret of the environment, the database's included."
  value       = aws_kms_key.this.arn
}

output "secret_arns" {
  description = "ARNs of the secrets by short name: external-api, jwt-key, slack-webhook."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "secret_names" {
  description = "Full names of the secrets by short name, as an operator gives them to `aws secretsmanager put-secret-value`."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}
