# The provider replaces a deployment whose triggers change, and no other. Mocks
# know nothing of replacement, so it is the triggers that are looked at here.
mock_provider "aws" {
  source = "./tests/mocks"

  override_resource {
    target = aws_api_gateway_rest_api.this
    values = {
      execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:abcdefghij"
      id            = "abcdefghij"
    }
  }

  override_resource {
    target = aws_api_gateway_stage.this
    values = { arn = "arn:aws:apigateway:ap-northeast-1::/restapis/abcdefghij/stages/v1" }
  }

  override_resource {
    target = aws_cloudwatch_log_group.access
    values = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:access" }
  }

  override_resource {
    target = aws_iam_role.logging
    values = { arn = "arn:aws:iam::123456789012:role/goal-mandala-test-api-logging" }
  }
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

run "first" {
  assert {
    condition     = aws_api_gateway_stage.this.deployment_id == aws_api_gateway_deployment.this.id
    error_message = "R1.2: the stage must serve the deployment."
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers == tomap({ openapi = sha256(output.openapi) })
    error_message = "R1.2: the document's hash, and nothing else, must make a deployment."
  }

  assert {
    condition     = aws_lambda_permission.this["goals"].source_arn == "arn:aws:execute-api:ap-northeast-1:123456789012:abcdefghij/v1/*"
    error_message = "R4.1: only this API's stage may call the function."
  }

  assert {
    condition     = aws_cloudwatch_log_group.execution.name == "API-Gateway-Execution-Logs_abcdefghij/v1"
    error_message = "R3.4: the execution log must be the group that API Gateway writes to."
  }

  assert {
    condition     = output.domain_name == "abcdefghij.execute-api.ap-northeast-1.amazonaws.com" && output.invoke_url == "https://abcdefghij.execute-api.ap-northeast-1.amazonaws.com/v1"
    error_message = "R1.2: the outputs must tell where the stage is."
  }
}

run "the_same_routes_never_redeploy" {
  command = plan

  # Whatever is no part of the document.
  variables {
    account_logging    = false
    log_retention_days = 60
    tags               = { Release = "v1.3.0" }
    throttle           = { burst = 100, rate = 50 }
    waf                = true

    routes = {
      "/goals" = { GET = { authorized = true, function = "goals", operation_id = "getGoals", query = {} } }
    }
  }

  assert {
    condition     = output.openapi == run.first.openapi
    error_message = "R1.2: the document must be the same for the same routes."
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers == tomap({ openapi = sha256(run.first.openapi) })
    error_message = "Property 1: what does not change the document must not redeploy the stage."
  }
}

run "a_changed_route_redeploys" {
  command = plan

  variables {
    routes = {
      "/goals" = { GET = { function = "goals", query = { status = false } } }
    }
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers == tomap({ openapi = sha256(output.openapi) }) && output.openapi != run.first.openapi
    error_message = "R1.2: a changed route must reach the stage."
  }
}

run "another_origin_redeploys" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com", "https://admin.example.com"]
  }

  assert {
    condition     = aws_api_gateway_deployment.this.triggers == tomap({ openapi = sha256(output.openapi) }) && output.openapi != run.first.openapi
    error_message = "R1.2: another origin must reach the stage."
  }
}

run "another_alias_redeploys" {
  command = plan

  variables {
    functions = {
      goals = {
        alias_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:next"
        alias_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:next/invocations"
        alias_name       = "next"
        function_name    = "goal-mandala-test-goals"
      }
    }
  }

  assert {
    condition     = output.openapi != run.first.openapi
    error_message = "R1.2: another alias must reach the stage."
  }
}
