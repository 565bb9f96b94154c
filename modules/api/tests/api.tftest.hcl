mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  cors_origins     = ["https://app.example.com"]
  logs_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  name             = "goal-mandala-test"
  tags             = { Layer = "api" }
  user_pool_arn    = "arn:aws:cognito-idp:ap-northeast-1:123456789012:userpool/ap-northeast-1_example"

  functions = {
    goals = {
      alias_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:live"
      alias_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-goals:live/invocations"
      alias_name       = "live"
      function_name    = "goal-mandala-test-goals"
    }
    health = {
      alias_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-health:live"
      alias_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-health:live/invocations"
      alias_name       = "live"
      function_name    = "goal-mandala-test-health"
    }
    unused = {
      alias_arn        = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-unused:live"
      alias_invoke_arn = "arn:aws:apigateway:ap-northeast-1:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-unused:live/invocations"
      alias_name       = "live"
      function_name    = "goal-mandala-test-unused"
    }
  }

  routes = {
    "/goals" = {
      GET  = { function = "goals", query = { status = true } }
      POST = { function = "goals", operation_id = "createGoal" }
    }
    "/goals/{goalId}" = { GET = { function = "goals" } }
    "/health"         = { GET = { function = "health", authorized = false } }
  }
}

run "the_api_is_regional_and_made_from_the_document" {
  command = plan

  assert {
    condition     = aws_api_gateway_rest_api.this.name == "goal-mandala-test-api" && output.api_name == "goal-mandala-test-api"
    error_message = "R1.2: the API must be NAME-api."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.endpoint_configuration[0].types == tolist(["REGIONAL"])
    error_message = "R1.2: the API must be REGIONAL."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.body == output.openapi && jsondecode(output.openapi).openapi == "3.0.1"
    error_message = "R1.2: the API must be made from the OpenAPI document."
  }

  assert {
    condition     = jsondecode(output.openapi).info.title == aws_api_gateway_rest_api.this.name && jsondecode(output.openapi).info.description == aws_api_gateway_rest_api.this.description
    error_message = "R1.2: an import renames the API, so the document must carry its name."
  }

  assert {
    condition     = keys(jsondecode(output.openapi).paths) == ["/goals", "/goals/{goalId}", "/health"] && keys(jsondecode(output.openapi).paths["/goals"]) == ["get", "options", "post"]
    error_message = "R1.2: the document must have each route and each path's preflight."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.tags.Layer == "api" && aws_api_gateway_stage.this.tags.Layer == "api" && aws_iam_role.logging["this"].tags.Layer == "api"
    error_message = "The Layer tag must reach the resources."
  }
}

run "routes_call_the_alias_of_their_function" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for path, methods in var.routes : [
        for method, route in methods :
        jsondecode(output.openapi).paths[path][lower(method)]["x-amazon-apigateway-integration"] == {
          httpMethod      = "POST"
          timeoutInMillis = 29000
          type            = "aws_proxy"
          uri             = var.functions[route.function].alias_invoke_arn
        }
      ]
    ]))
    error_message = "R1.2: each route must call its function's alias as Lambda proxy."
  }

  assert {
    condition     = { for key, permission in aws_lambda_permission.this : key => "${permission.function_name}:${permission.qualifier}" } == { goals = "goal-mandala-test-goals:live", health = "goal-mandala-test-health:live" }
    error_message = "R4.1: only functions that a route names may be called, by their alias."
  }

  assert {
    condition     = jsondecode(output.openapi).paths["/goals"].get.operationId == "getGoals" && jsondecode(output.openapi).paths["/goals"].post.operationId == "createGoal" && jsondecode(output.openapi).paths["/goals/{goalId}"].get.operationId == "getGoalsGoalId"
    error_message = "R1.2: an operation must have the id that was given, else one made from method and path."
  }

  assert {
    condition     = alltrue(flatten([for path, operations in jsondecode(output.openapi).paths : [for operation in operations : operation.tags == [split("/", path)[1]]]]))
    error_message = "R1.2: an operation's tag must be its path's first segment."
  }
}

run "parameters_are_validated" {
  command = plan

  assert {
    condition = alltrue([
      for operation in jsondecode(output.openapi).paths["/goals/{goalId}"] :
      operation.parameters == [{ in = "path", name = "goalId", required = true, schema = { type = "string" } }]
    ])
    error_message = "R1.2: parameters in the path must be declared and required."
  }

  assert {
    condition     = jsondecode(output.openapi).paths["/goals"].get.parameters == [{ in = "query", name = "status", required = true, schema = { type = "string" } }] && !can(jsondecode(output.openapi).paths["/goals"].post.parameters)
    error_message = "R1.2: parameters in the query must be as the route says."
  }

  assert {
    condition     = jsondecode(output.openapi)["x-amazon-apigateway-request-validators"][jsondecode(output.openapi)["x-amazon-apigateway-request-validator"]] == { validateRequestBody = false, validateRequestParameters = true }
    error_message = "R1.2: API Gateway must check the parameters of every route."
  }
}

run "cognito_knows_the_caller_of_everything_else" {
  command = plan

  assert {
    condition     = jsondecode(output.openapi).components.securitySchemes.cognito["x-amazon-apigateway-authorizer"] == { providerARNs = [var.user_pool_arn], type = "cognito_user_pools" }
    error_message = "R1.2: the authorizer must be the user pool."
  }

  assert {
    condition = {
      for path, operations in jsondecode(output.openapi).paths : path => [for method, operation in operations : method if can(operation.security)]
      } == {
      "/goals"          = ["get", "post"]
      "/goals/{goalId}" = ["get"]
      "/health"         = []
    }
    error_message = "R1.2: every route but those with authorized = false and the preflights must have the authorizer."
  }

  assert {
    condition     = alltrue(flatten([for operations in jsondecode(output.openapi).paths : [for operation in operations : operation.security == [{ cognito = [] }] if can(operation.security)]]))
    error_message = "R1.2: the authorizer must be Cognito's."
  }
}

run "one_origin_is_answered_to_every_preflight" {
  command = plan

  assert {
    condition = alltrue([
      for operations in jsondecode(output.openapi).paths :
      operations.options["x-amazon-apigateway-integration"].type == "mock" &&
      jsondecode(operations.options["x-amazon-apigateway-integration"].requestTemplates["application/json"]).statusCode == 204 &&
      operations.options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://app.example.com'"
    ])
    error_message = "R1.2: a preflight must answer the configured origin."
  }

  assert {
    condition = alltrue([
      for header in ["Authorization", "Content-Type", "Idempotency-Key", "If-Match"] :
      contains(split(",", trim(jsondecode(output.openapi).paths["/goals"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Headers"], "'")), header)
    ])
    error_message = "R1.2: a preflight must allow the headers that the functions read."
  }

  assert {
    condition     = jsondecode(output.openapi).paths["/goals"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Methods"] == "'GET,POST,OPTIONS'"
    error_message = "R1.2: a preflight must name the methods that the path has."
  }

  assert {
    condition = alltrue([
      for operations in jsondecode(output.openapi).paths :
      sort([for header in keys(operations.options.responses["204"].headers) : "method.response.header.${header}"]) == sort(keys(operations.options["x-amazon-apigateway-integration"].responses.default.responseParameters))
    ])
    error_message = "R1.2: API Gateway refuses a header that the response does not declare."
  }

  assert {
    condition     = !strcontains(output.openapi, "responseOverride")
    error_message = "R1.2: one origin needs no template."
  }
}

run "several_origins_are_chosen_from" {
  command = plan

  variables {
    cors_origins = ["https://app.example.com", "https://admin.example.com", "http://localhost:5173"]
  }

  assert {
    condition = alltrue([
      for operations in jsondecode(output.openapi).paths :
      strcontains(
        operations.options["x-amazon-apigateway-integration"].responses.default.responseTemplates["application/json"],
        "#if($origin == \"https://app.example.com\" || $origin == \"https://admin.example.com\" || $origin == \"http://localhost:5173\")",
      )
    ])
    error_message = "R1.2: a preflight must answer the caller's origin where it is one of those configured."
  }

  assert {
    condition = alltrue([
      for operations in jsondecode(output.openapi).paths :
      operations.options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://app.example.com'"
    ])
    error_message = "R1.2: any other origin must get the first, which its browser refuses."
  }
}

run "errors_are_problem_details" {
  command = plan

  assert {
    condition = alltrue([
      for response in jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"] :
      response.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://app.example.com'" &&
      response.responseParameters["gatewayresponse.header.Access-Control-Expose-Headers"] == "'Retry-After, X-Request-Id'" &&
      response.responseParameters["gatewayresponse.header.X-Request-Id"] == "context.requestId" &&
      response.responseParameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    ])
    error_message = "R1.2: the application's pages must be able to read what API Gateway answers by itself."
  }

  assert {
    condition = alltrue([
      for response in jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"] :
      try(tostring(jsondecode(response.responseTemplates["application/json"]).status), "") == try(response.statusCode, "") &&
      jsondecode(response.responseTemplates["application/json"]).requestId == "$context.requestId"
    ])
    error_message = "R1.2: a problem must carry the status with which it is answered, and the request's id."
  }

  assert {
    condition     = alltrue([for type in ["DEFAULT_4XX", "DEFAULT_5XX"] : !can(jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"][type].statusCode)])
    error_message = "R1.2: a default must keep the status of what happened."
  }

  assert {
    condition = alltrue([
      for type, response in jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"] :
      !strcontains(response.responseTemplates["application/json"], "$context.error") || type == "BAD_REQUEST_PARAMETERS"
    ])
    error_message = "R1.2: no internal error text may reach a client."
  }

  assert {
    condition     = jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"].THROTTLED.responseParameters["gatewayresponse.header.Retry-After"] == "'1'"
    error_message = "R1.2: who is throttled must be told when to come back."
  }
}

# CloudFront answers a 403 with the application's page: docs/adr/0008-spa-fallback.md.
run "nothing_answers_403" {
  command = plan

  assert {
    condition = alltrue([
      for response in jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"] :
      try(response.statusCode, "") != "403" && !strcontains(response.responseTemplates["application/json"], "403")
    ])
    error_message = "R1.3: no gateway response may have the status 403."
  }

  assert {
    condition = {
      for type in ["ACCESS_DENIED", "EXPIRED_TOKEN", "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "WAF_FILTERED"] :
      type => jsondecode(output.openapi)["x-amazon-apigateway-gateway-responses"][type].statusCode
      } == {
      ACCESS_DENIED                = "401"
      EXPIRED_TOKEN                = "401"
      INVALID_API_KEY              = "401"
      INVALID_SIGNATURE            = "401"
      MISSING_AUTHENTICATION_TOKEN = "404"
      WAF_FILTERED                 = "400"
    }
    error_message = "R1.3: every type that API Gateway itself answers with 403 must have another status."
  }
}

run "the_stage_is_traced_logged_and_limited" {
  command = plan

  assert {
    condition     = aws_api_gateway_stage.this.stage_name == "v1" && output.stage_name == "v1"
    error_message = "R1.2: the stage must be v1."
  }

  assert {
    condition     = aws_api_gateway_stage.this.xray_tracing_enabled
    error_message = "R3.3: the stage must be traced."
  }

  assert {
    condition = {
      for key in ["requestId", "userSub", "responseLatency", "status"] : key => jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format)[key]
      } == {
      requestId       = "$context.requestId"
      responseLatency = "$context.responseLatency"
      status          = "$context.status"
      userSub         = "$context.authorizer.claims.sub"
    }
    error_message = "R3.4: the access log must be JSON with the request's id, the user, latency and status."
  }

  assert {
    condition     = !strcontains(aws_api_gateway_stage.this.access_log_settings[0].format, "querystring") && !aws_api_gateway_method_settings.this.settings[0].data_trace_enabled
    error_message = "R1.4: tokens and bodies must stay out of the logs."
  }

  assert {
    condition     = aws_api_gateway_method_settings.this.method_path == "*/*" && aws_api_gateway_method_settings.this.settings[0].logging_level == "INFO" && aws_api_gateway_method_settings.this.settings[0].metrics_enabled
    error_message = "R1.2: every method must have metrics and an execution log at INFO."
  }

  assert {
    condition     = aws_api_gateway_method_settings.this.settings[0].throttling_rate_limit == 1000 && aws_api_gateway_method_settings.this.settings[0].throttling_burst_limit == 2000
    error_message = "R1.2: the stage must take 1,000 requests per second with bursts of 2,000."
  }

  assert {
    condition     = alltrue([for group in [aws_cloudwatch_log_group.access, aws_cloudwatch_log_group.execution] : group.retention_in_days == 30 && group.kms_key_id == var.logs_kms_key_arn])
    error_message = "R3.4: logs must be kept 30 days and encrypted."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this) == 0 && length(aws_api_gateway_domain_name.this) == 0 && length(aws_route53_record.this) == 0
    error_message = "R1.2: firewall and host name are optional."
  }
}

run "the_logging_role_writes_logs_of_api_gateway" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.logging["this"].assume_role_policy).Statement[0].Principal == { Service = "apigateway.amazonaws.com" }
    error_message = "R4.1: only API Gateway may take the role."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.logging["this"].policy).Statement :
      alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*")]) && alltrue([for resource in flatten([statement.Resource]) : startswith(resource, "arn:aws:logs:ap-northeast-1:123456789012:log-group:")])
    ])
    error_message = "R4.1: the role must have named actions on log groups of this region."
  }
}

run "another_environment_manages_the_logging_role" {
  command = plan

  variables {
    account_logging = false
  }

  assert {
    condition     = length(aws_api_gateway_account.this) == 0 && length(aws_iam_role.logging) == 0 && length(aws_iam_role_policy.logging) == 0
    error_message = "R3.4: the region's setting must be left to the environment that manages it."
  }

  assert {
    condition     = aws_api_gateway_method_settings.this.settings[0].logging_level == "INFO"
    error_message = "R3.4: the API must log all the same."
  }
}

run "a_host_name_of_its_own" {
  command = plan

  variables {
    domain = {
      certificate_arn = "arn:aws:acm:ap-northeast-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
      name            = "api.example.com"
      zone_id         = "Z00000000000000000000"
    }
  }

  assert {
    condition     = aws_api_gateway_domain_name.this["this"].security_policy == "TLS_1_2" && aws_api_gateway_domain_name.this["this"].endpoint_configuration[0].types == tolist(["REGIONAL"])
    error_message = "R4.4: the host name must be regional and take TLS 1.2 or newer."
  }

  assert {
    condition     = aws_api_gateway_base_path_mapping.this["this"].stage_name == "v1" && aws_route53_record.this["this"].name == "api.example.com" && aws_route53_record.this["this"].zone_id == "Z00000000000000000000"
    error_message = "R1.2: the host name must lead to the stage."
  }

  assert {
    condition     = output.invoke_url == "https://api.example.com" && !aws_api_gateway_rest_api.this.disable_execute_api_endpoint
    error_message = "R1.2: clients use the host name; CloudFront still needs the execute-api address."
  }
}

run "a_web_acl_stands_in_front" {
  command = plan

  variables {
    waf = true
  }

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this["this"].rule : [for statement in rule.statement : [for group in statement.managed_rule_group_statement : group.name]]
    ])) == toset(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "R1.2: the web ACL must have AWS's common, known-bad-inputs and reputation rules."
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.this["this"].rule : rule.name => rule.statement[0].rate_based_statement[0].aggregate_key_type
      if length(rule.statement[0].rate_based_statement) == 1
    } == { rate-per-caller = "FORWARDED_IP", rate-per-source = "IP" }
    error_message = "R1.2: the web ACL must limit the rate of a caller, behind CloudFront, too."
  }

  assert {
    condition     = length(distinct([for rule in aws_wafv2_web_acl.this["this"].rule : rule.priority])) == 5
    error_message = "R1.2: each rule must have a priority of its own."
  }

  assert {
    condition     = aws_cloudwatch_log_group.waf["this"].name == "aws-waf-logs-goal-mandala-test-api" && aws_cloudwatch_log_group.waf["this"].kms_key_id == var.logs_kms_key_arn && aws_cloudwatch_log_group.waf["this"].retention_in_days == 30
    error_message = "R3.4: the firewall's log must have WAF's prefix, be encrypted and kept 30 days."
  }

  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.this["this"].redacted_fields[0].single_header[0].name == "authorization"
    error_message = "R1.4: tokens must stay out of the firewall's log."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1
    error_message = "R1.2: the web ACL must stand in front of the stage."
  }
}
