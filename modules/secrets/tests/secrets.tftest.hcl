# Not a mock provider: Terraform's mocks have no ephemeral resources. The real one
# makes no call here: credentials are not checked, the account is overridden, and
# the generation of the key is put off to the apply, which no test does.
provider "aws" {
  access_key                  = "none"
  region                      = "ap-northeast-1"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  name = "goal-mandala-test"
  tags = { Layer = "secrets" }
}

run "the_catalogues_secrets_exist" {
  command = plan

  assert {
    condition = { for key, secret in aws_secretsmanager_secret.this : key => secret.name } == {
      external-api  = "goal-mandala-test/external-api"
      jwt-key       = "goal-mandala-test/jwt-key"
      slack-webhook = "goal-mandala-test/slack-webhook"
    }
    error_message = "R1.4: there must be secrets for the JWT key, the external APIs and the Slack webhook."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.recovery_window_in_days == 30])
    error_message = "R1.4: a deleted secret must be recoverable for 30 days."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.tags.Layer == "secrets"])
    error_message = "The Layer tag must reach the secrets."
  }
}

run "the_key_rotates_and_belongs_to_the_account" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "R1.4: the KMS key must rotate and be recoverable."
  }

  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Principal.AWS] == ["arn:aws:iam::123456789012:root"]
    error_message = "R4.1: nobody outside the account may use the key."
  }
}

run "the_jwt_key_is_write_only" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret_version.jwt_key.secret_string_wo_version == 1 && aws_secretsmanager_secret_version.jwt_key.secret_string_wo == null && aws_secretsmanager_secret_version.jwt_key.secret_string == null
    error_message = "R1.4: the JWT key must not be in plan or state."
  }

  assert {
    condition     = terraform_data.jwt_key.input.length_characters * 5 >= 256
    error_message = "R1.4: the JWT key must hold at least 256 bits (a letter or digit holds more than 5)."
  }
}

run "raising_the_version_replaces_the_jwt_key" {
  command = plan

  variables {
    jwt_key = { version = 2 }
  }

  assert {
    condition     = aws_secretsmanager_secret_version.jwt_key.secret_string_wo_version == 2
    error_message = "R1.4: the version must reach the secret."
  }
}
