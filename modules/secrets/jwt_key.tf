# Its output is unknown until the apply in which the key is created or replaced:
# that puts off the generation below to the same apply, so that a plan of a new
# environment neither asks AWS for a password nor holds one.
resource "terraform_data" "jwt_key" {
  input = var.jwt_key
}

ephemeral "aws_secretsmanager_random_password" "jwt_key" {
  exclude_punctuation = true
  password_length     = terraform_data.jwt_key.output.length_characters
}

# Write-only: the value goes to AWS and into no plan and no state. It is written
# again only when the version rises; the key before stays as AWSPREVIOUS.
resource "aws_secretsmanager_secret_version" "jwt_key" {
  secret_id                = aws_secretsmanager_secret.this["jwt-key"].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.jwt_key.random_password
  secret_string_wo_version = var.jwt_key.version
}
