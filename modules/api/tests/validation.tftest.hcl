mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  cors_origins     = ["https://app.example.com"]
  logs_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  name             = "goal-mandala-test"
  user_pool_arn    = "arn:aws:cognito-idp:ap-northeast-1:123456789012:userpool/ap-northeast-1_example"

  functions = {
    goals = {
      alias_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:live"
      alias_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:live/invocations"
      alias_name       = "live"
      function_name    = "goal-mandala-test-goals"
    }
  }

  routes = {
    "/goals" = { GET = { function = "goals" } }
  }
}

run "any_origin" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}

run "no_origin" {
  command = plan

  variables {
    cors_origins = []
  }

  expect_failures = [var.cors_origins]
}

run "origin_with_a_path" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com/"]
  }

  expect_failures = [var.cors_origins]
}

run "origin_in_clear" {
  command = plan

  variables {
    cors_origins = ["http://app.example.com"]
  }

  expect_failures = [var.cors_origins]
}

run "an_origin_twice" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com", "https://app.example.com"]
  }

  expect_failures = [var.cors_origins]
}

run "domain_with_a_scheme" {
  command = plan

  variables {
    domain = { certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/0", name = "https://api.example.com", zone_id = "Z0" }
  }

  expect_failures = [var.domain]
}

run "certificate_by_name" {
  command = plan

  variables {
    domain = { certificate_arn = "api.example.com", name = "api.example.com", zone_id = "Z0" }
  }

  expect_failures = [var.domain]
}

run "unknown_retention" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "key_by_id" {
  command = plan

  variables {
    logs_kms_key_arn = "00000000-0000-0000-0000-000000000000"
  }

  expect_failures = [var.logs_kms_key_arn]
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Goal-Mandala"
  }

  expect_failures = [var.name]
}

run "no_route" {
  command = plan

  variables {
    routes = {}
  }

  expect_failures = [var.routes]
}

run "path_with_a_slash_at_its_end" {
  command = plan

  variables {
    routes = { "/goals/" = { GET = { function = "goals" } } }
  }

  expect_failures = [var.routes]
}

run "method_in_lower_case" {
  command = plan

  variables {
    routes = { "/goals" = { get = { function = "goals" } } }
  }

  expect_failures = [var.routes]
}

run "preflight_as_a_route" {
  command = plan

  variables {
    routes = { "/goals" = { OPTIONS = { function = "goals" } } }
  }

  expect_failures = [var.routes]
}

run "unknown_function" {
  command = plan

  variables {
    routes = { "/goals" = { GET = { function = "tasks" } } }
  }

  expect_failures = [var.routes]
}

run "two_names_for_one_parameter" {
  command = plan

  variables {
    routes = {
      "/goals/{goalId}"   = { GET = { function = "goals" } }
      "/goals/{id}/chart" = { GET = { function = "goals" } }
    }
  }

  expect_failures = [var.routes]
}

run "operation_id_with_a_hyphen" {
  command = plan

  variables {
    routes = { "/goals" = { GET = { function = "goals", operation_id = "get-goals" } } }
  }

  expect_failures = [var.routes]
}

run "two_operations_of_one_id" {
  command = plan

  variables {
    routes = { "/goals" = { GET = { function = "goals" }, POST = { function = "goals", operation_id = "getGoals" } } }
  }

  expect_failures = [aws_api_gateway_rest_api.this]
}

run "burst_above_the_accounts" {
  command = plan

  variables {
    throttle = { burst = 5001 }
  }

  expect_failures = [var.throttle]
}

run "rate_of_nothing" {
  command = plan

  variables {
    throttle = { rate = 0 }
  }

  expect_failures = [var.throttle]
}

run "user_pool_by_id" {
  command = plan

  variables {
    user_pool_arn = "ap-northeast-1_example"
  }

  expect_failures = [var.user_pool_arn]
}
