data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  api_name         = "${var.name}-api"
  execute_api_host = "${aws_api_gateway_rest_api.this.id}.execute-api.${local.region}.${data.aws_partition.current.dns_suffix}"
  stage_name       = "v1"

  # The functions that a route names, each once.
  called = toset(flatten([for methods in var.routes : [for route in methods : route.function]]))
}

resource "aws_api_gateway_rest_api" "this" {
  name        = local.api_name
  description = local.description
  body        = local.openapi

  # CloudFront, where it stands in front, calls this address.
  disable_execute_api_endpoint = false

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = merge(var.tags, { Name = local.api_name })

  lifecycle {
    precondition {
      condition     = length(distinct(local.operation_ids)) == length(local.operation_ids)
      error_message = "R1.2: two routes have the same operation id; give one of them another operation_id."
    }
  }
}

# A stage serves a deployment: a snapshot of the API. The hash is of the document
# and of nothing else, so that every changed route reaches the stage and nothing
# else touches it.
resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    openapi = sha256(local.openapi)
  }

  # A deployment that a stage serves cannot be deleted: the stage moves first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  deployment_id        = aws_api_gateway_deployment.this.id
  rest_api_id          = aws_api_gateway_rest_api.this.id
  stage_name           = local.stage_name
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = local.access_log_format
  }

  tags = merge(var.tags, { Name = "${local.api_name}-${local.stage_name}" })

  # Logging needs the account's role; the execution log must be there before API
  # Gateway makes one without key and end; and no route may answer before it is
  # allowed to call its function.
  depends_on = [
    aws_api_gateway_account.this,
    aws_cloudwatch_log_group.execution,
    aws_lambda_permission.this,
  ]
}

# Answers belong to the caller, so none may come out of a cache.
#tfsec:ignore:aws-api-gateway-enable-cache
resource "aws_api_gateway_method_settings" "this" {
  method_path = "*/*"
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name

  settings {
    data_trace_enabled     = false # bodies and tokens stay out of the log
    logging_level          = "INFO"
    metrics_enabled        = true
    throttling_burst_limit = var.throttle.burst
    throttling_rate_limit  = var.throttle.rate
  }
}

# One statement per alias, for this stage only. One per route would outgrow the
# 20 KB that a function's policy may have.
resource "aws_lambda_permission" "this" {
  for_each = local.called

  action        = "lambda:InvokeFunction"
  function_name = var.functions[each.key].function_name
  principal     = "apigateway.amazonaws.com"
  qualifier     = var.functions[each.key].alias_name
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${local.stage_name}/*"
  statement_id  = local.api_name
}
