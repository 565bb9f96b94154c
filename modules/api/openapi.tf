locals {
  description = "Goals, tasks and reflections of ${var.name}"

  cors = {
    "Access-Control-Allow-Headers" = "Authorization,Content-Type,Idempotency-Key,If-Match"
    "Access-Control-Allow-Origin"  = var.cors_origins[0]
    "Access-Control-Max-Age"       = "3600"
    "Vary"                         = "Origin"
  }

  # Only with several origins: answers a preflight with the caller's origin where
  # it is one of them. Any other gets the first one's, and the browser refuses.
  preflight_template = <<-VTL
    #set($origin = $input.params().header.get("origin"))
    #if(!$origin || $origin == "")#set($origin = $input.params().header.get("Origin"))#end
    #if(${join(" || ", [for origin in var.cors_origins : "$origin == \"${origin}\""])})
    #set($context.responseOverride.header.Access-Control-Allow-Origin = "$origin")
    #end
  VTL

  # /goals/{goalId}/sub-goals => GoalsGoalIdSubGoals
  pascal = {
    for path in keys(var.routes) : path => join("", [
      for word in regexall("[A-Za-z0-9]+", path) : "${upper(substr(word, 0, 1))}${substr(word, 1, -1)}"
    ])
  }

  path_parameters = {
    for path in keys(var.routes) : path => [
      for name in flatten(regexall("\\{([A-Za-z0-9_]+)\\}", path)) :
      { name = name, in = "path", required = true, schema = { type = "string" } }
    ]
  }

  # The loops with an "if" leave out what an operation does not have.
  operations = {
    for path, methods in var.routes : path => {
      for method, route in methods : lower(method) => {
        for key, value in {
          operationId = coalesce(route.operation_id, "${lower(method)}${local.pascal[path]}")
          parameters = concat(local.path_parameters[path], [
            for name, required in route.query :
            { name = name, in = "query", required = required, schema = { type = "string" } }
          ])
          responses = { "200" = { description = "Answered by the function ${route.function}" } }
          security  = [{ cognito = [] }]
          tags      = [split("/", path)[1]]
          x-amazon-apigateway-integration = {
            httpMethod      = "POST" # how API Gateway calls Lambda, whatever the route's method
            timeoutInMillis = 29000
            type            = "aws_proxy"
            uri             = var.functions[route.function].alias_invoke_arn
          }
        } : key => value if !(key == "security" && !route.authorized) && !(key == "parameters" && length(value) == 0)
      }
    }
  }

  preflights = {
    for path, methods in var.routes : path => {
      for key, value in {
        operationId = "options${local.pascal[path]}"
        parameters  = local.path_parameters[path]
        responses = {
          "204" = {
            description = "What pages of the configured origins may send here"
            headers     = { for header in concat(keys(local.cors), ["Access-Control-Allow-Methods"]) : header => { schema = { type = "string" } } }
          }
        }
        tags = [split("/", path)[1]]
        x-amazon-apigateway-integration = {
          passthroughBehavior = "when_no_match"
          requestTemplates    = { "application/json" = jsonencode({ statusCode = 204 }) }
          responses = {
            default = {
              for key, value in {
                responseParameters = merge(
                  { for header, value in local.cors : "method.response.header.${header}" => "'${value}'" },
                  { "method.response.header.Access-Control-Allow-Methods" = "'${join(",", concat(sort(keys(methods)), ["OPTIONS"]))}'" },
                )
                responseTemplates = { "application/json" = local.preflight_template }
                statusCode        = "204"
              } : key => value if key != "responseTemplates" || length(var.cors_origins) > 1
            }
          }
          type = "mock"
        }
      } : key => value if !(key == "parameters" && length(value) == 0)
    }
  }

  operation_ids = flatten([for operations in local.operations : [for operation in operations : operation.operationId]])

  openapi = jsonencode({
    openapi = "3.0.1"
    info = {
      description = local.description
      title       = local.api_name
      version     = local.stage_name
    }
    paths = { for path, operations in local.operations : path => merge(operations, { options = local.preflights[path] }) }
    components = {
      securitySchemes = {
        cognito = {
          in                           = "header"
          name                         = "Authorization"
          type                         = "apiKey"
          x-amazon-apigateway-authtype = "cognito_user_pools"
          x-amazon-apigateway-authorizer = {
            providerARNs = [var.user_pool_arn]
            type         = "cognito_user_pools"
          }
        }
      }
    }
    x-amazon-apigateway-gateway-responses  = local.gateway_responses
    x-amazon-apigateway-request-validator  = "parameters"
    x-amazon-apigateway-request-validators = { parameters = { validateRequestBody = false, validateRequestParameters = true } }
  })
}
