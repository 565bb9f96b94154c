mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  functions          = { auth = { description = "Profile and sign-out", group = "api" } }
  groups             = { api = { statements = [] } }
  name               = "goal-mandala-test"
  security_group_ids = ["sg-00000000000000000"]
  subnet_ids         = ["subnet-00000000000000001", "subnet-00000000000000002"]
}

run "unknown_processor" {
  command = plan

  variables {
    architecture = "arm"
  }

  expect_failures = [var.architecture]
}

run "no_functions" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}

run "function_name_with_capitals" {
  command = plan

  variables {
    functions = { sendMail = { description = "Mails", group = "api" } }
  }

  expect_failures = [var.functions]
}

run "function_name_too_long" {
  command = plan

  variables {
    functions = { a-name-of-a-function-that-does-too-much-for-one-name = { description = "Too much", group = "api" } }
  }

  expect_failures = [var.functions]
}

run "hash_not_in_hexadecimal" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", artifact = { bucket = "artifacts", key = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=.zip", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" } } }
  }

  expect_failures = [var.functions]
}

run "key_without_the_hash" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", artifact = { bucket = "artifacts", key = "latest.zip", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } } }
  }

  expect_failures = [var.functions]
}

run "description_too_long" {
  command = plan

  variables {
    functions = { auth = { description = join("", [for digit in range(257) : "0"]), group = "api" } }
  }

  expect_failures = [var.functions]
}

run "unknown_group" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "ai" } }
  }

  expect_failures = [var.functions]
}

run "too_little_memory" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", memory_mb = 64 } }
  }

  expect_failures = [var.functions]
}

run "too_much_time" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", timeout_seconds = 901 } }
  }

  expect_failures = [var.functions]
}

run "half_a_concurrent_execution" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", provisioned_concurrency = 0.5 } }
  }

  expect_failures = [var.functions]
}

run "unknown_runtime" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", runtime = "go" } }
  }

  expect_failures = [var.functions]
}

run "environment_that_lambda_sets" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { AWS_REGION = "ap-northeast-1" } } }
  }

  expect_failures = [var.functions]
}

run "environment_name_with_a_hyphen" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { LOG-LEVEL = "INFO" } } }
  }

  expect_failures = [var.functions]
}

run "secret_by_its_name" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { JWT_SECRET = "a value" } } }
  }

  expect_failures = [var.functions]
}

run "webhook_by_its_name" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { SLACK_WEBHOOK_URL = "https://example.com/hook" } } }
  }

  expect_failures = [var.functions]
}

run "webhook_by_its_value" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { NOTIFY = "https://hooks.slack.com/services/T0/B0/x" } } }
  }

  expect_failures = [var.functions]
}

run "access_key_by_its_value" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { KEY_ID = "AKIAIOSFODNN7EXAMPLE" } } }
  }

  expect_failures = [var.functions]
}

run "password_in_a_url" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { DATABASE = "postgres://mandala:password@host/goalmandalamain" } } }
  }

  expect_failures = [var.functions]
}

run "private_key_by_its_value" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "api", environment = { SIGNING = "-----BEGIN PRIVATE KEY-----" } } }
  }

  expect_failures = [var.functions]
}

run "group_name_too_long" {
  command = plan

  variables {
    functions = { auth = { description = "Profile and sign-out", group = "a-group-whose-name-is-longer-than-a-role-s" } }
    groups    = { a-group-whose-name-is-longer-than-a-role-s = { statements = [] } }
  }

  expect_failures = [var.groups]
}

run "every_action_of_a_service" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "All", actions = ["s3:*"], resources = ["arn:aws:s3:::bucket"] }] } }
  }

  expect_failures = [var.groups]
}

run "actions_by_their_beginning" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "Reads", actions = ["s3:Get*"], resources = ["arn:aws:s3:::bucket/*"] }] } }
  }

  expect_failures = [var.groups]
}

run "statement_without_resources" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "Nothing", actions = ["s3:GetObject"], resources = [] }] } }
  }

  expect_failures = [var.groups]
}

run "all_resources_among_others" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "Mixed", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::bucket/*", "*"] }] } }
  }

  expect_failures = [var.groups]
}

run "sid_with_a_hyphen" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "read-it", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::bucket/*"] }] } }
  }

  expect_failures = [var.groups]
}

run "sid_twice" {
  command = plan

  variables {
    groups = { api = { statements = [{ sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::a/*"] }, { sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::b/*"] }] } }
  }

  expect_failures = [var.groups]
}

run "unknown_log_level" {
  command = plan

  variables {
    log_level = "VERBOSE"
  }

  expect_failures = [var.log_level]
}

run "unknown_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "no_security_group" {
  command = plan

  variables {
    security_group_ids = []
  }

  expect_failures = [var.security_group_ids]
}

run "one_subnet_is_too_few" {
  command = plan

  variables {
    subnet_ids = ["subnet-00000000000000001"]
  }

  expect_failures = [var.subnet_ids]
}

run "settings_about_secrets_are_allowed" {
  command = plan

  variables {
    functions = {
      auth = {
        description = "Profile and sign-out"
        environment = {
          EXTERNAL_API_SECRET_NAME = "goal-mandala-test/external-api"
          SECRETS_CACHE_SECONDS    = "300"
          TOKEN_REVOCATION         = "true"
          UNSUBSCRIBE_TOKEN_KEY    = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-test/jwt-key-AbCdEf"
        }
        group = "api"
      }
    }
  }

  assert {
    condition     = length(aws_lambda_function.this["auth"].environment[0].variables) == 4
    error_message = "R1.4: names, ARNs, numbers and switches about secrets must be allowed."
  }
}
