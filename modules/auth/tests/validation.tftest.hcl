mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  application_url = "https://app.example.com"
  mail            = { domain = "example.com", from_address = "no-reply@example.com", verified = true }
  name            = "goal-mandala-test"
}

run "application_without_tls" {
  command = plan

  variables {
    application_url = "http://app.example.com"
  }

  expect_failures = [var.application_url]
}

run "application_with_a_path" {
  command = plan

  variables {
    application_url = "https://app.example.com/"
  }

  expect_failures = [var.application_url]
}

run "callback_without_tls" {
  command = plan

  variables {
    callback_urls = ["http://app.example.com/auth/callback"]
  }

  expect_failures = [var.callback_urls]
}

run "too_many_callbacks" {
  command = plan

  variables {
    callback_urls = [for number in range(100) : "https://app${number}.example.com/auth/callback"]
  }

  expect_failures = [var.callback_urls]
}

run "domain_prefix_with_a_dot" {
  command = plan

  variables {
    domain_prefix = "goal.mandala"
  }

  expect_failures = [var.domain_prefix]
}

run "domain_prefix_that_aws_reserves" {
  command = plan

  variables {
    domain_prefix = "my-cognito"
  }

  expect_failures = [var.domain_prefix]
}

run "mail_domain_without_a_dot" {
  command = plan

  variables {
    mail = { domain = "example", from_address = "no-reply@example", verified = true }
  }

  expect_failures = [var.mail]
}

run "sender_of_another_domain" {
  command = plan

  variables {
    mail = { domain = "example.com", from_address = "no-reply@notexample.com", verified = true }
  }

  expect_failures = [var.mail]
}

run "sender_name_with_a_comma" {
  command = plan

  variables {
    mail = { domain = "example.com", from_address = "no-reply@example.com", from_name = "Goal, Mandala", verified = true }
  }

  expect_failures = [var.mail]
}

run "unknown_mfa" {
  command = plan

  variables {
    mfa = "SMS"
  }

  expect_failures = [var.mfa]
}

run "name_ends_with_a_hyphen" {
  command = plan

  variables {
    name = "goal-mandala-"
  }

  expect_failures = [var.name]
}

run "unknown_threat_protection" {
  command = plan

  variables {
    threat_protection = "ON"
  }

  expect_failures = [var.threat_protection]
}

run "access_token_of_two_minutes" {
  command = plan

  variables {
    token_validity = { access_minutes = 2 }
  }

  expect_failures = [var.token_validity]
}

run "refresh_token_for_ever" {
  command = plan

  variables {
    token_validity = { refresh_days = 4000 }
  }

  expect_failures = [var.token_validity]
}

run "ses_without_a_verified_domain" {
  command = plan

  variables {
    mail = { domain = "example.com", from_address = "no-reply@example.com" }
  }

  expect_failures = [var.mail]
}
