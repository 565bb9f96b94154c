locals {
  # X-Ray takes names of up to 32 characters.
  trace_name = length(var.name) <= 32 ? var.name : "${substr(var.name, 0, 25)}-${substr(sha256(var.name), 0, 6)}"
}

# What enters through the API and what the workflow does, with all that they call.
resource "aws_xray_group" "this" {
  group_name        = local.trace_name
  filter_expression = "service(id(name: \"${var.api.name}/${var.api.stage_name}\", type: \"AWS::ApiGateway::Stage\")) OR service(id(name: \"${var.state_machine.name}\", type: \"AWS::StepFunctions::StateMachine\"))"

  insights_configuration {
    insights_enabled      = var.tracing.insights
    notifications_enabled = false # the alarms tell
  }

  tags = merge(var.tags, { Name = local.trace_name })
}

# The API decides for everything that a request passes through.
resource "aws_xray_sampling_rule" "this" {
  rule_name = local.trace_name

  fixed_rate     = var.tracing.sampling_rate
  host           = "*"
  http_method    = "*"
  priority       = 1000
  reservoir_size = var.tracing.reservoir
  resource_arn   = "*" # any resource of the service named below
  service_name   = "${var.api.name}/${var.api.stage_name}"
  service_type   = "AWS::ApiGateway::Stage"
  url_path       = "*"
  version        = 1

  tags = merge(var.tags, { Name = local.trace_name })
}
