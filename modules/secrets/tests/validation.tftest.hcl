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
}

run "jwt_key_of_less_than_256_bits" {
  command = plan

  variables {
    jwt_key = { length_characters = 42 }
  }

  expect_failures = [var.jwt_key]
}

run "jwt_key_version_zero" {
  command = plan

  variables {
    jwt_key = { version = 0 }
  }

  expect_failures = [var.jwt_key]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "recovery_window_too_short" {
  command = plan

  variables {
    recovery_window_days = 6
  }

  expect_failures = [var.recovery_window_days]
}
