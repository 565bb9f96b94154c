locals {
  # Every value is a string: API Gateway writes "-" where it has none.
  access_log_format = jsonencode({
    apiId              = "$context.apiId"
    errorType          = "$context.error.responseType"
    extendedRequestId  = "$context.extendedRequestId"
    httpMethod         = "$context.httpMethod"
    integrationError   = "$context.integration.error"
    integrationLatency = "$context.integration.latency"
    integrationStatus  = "$context.integration.status"
    ip                 = "$context.identity.sourceIp"
    path               = "$context.path"
    protocol           = "$context.protocol"
    requestId          = "$context.requestId"
    requestTime        = "$context.requestTime"
    resourcePath       = "$context.resourcePath"
    responseLatency    = "$context.responseLatency"
    responseLength     = "$context.responseLength"
    stage              = "$context.stage"
    status             = "$context.status"
    userAgent          = "$context.identity.userAgent"
    userSub            = "$context.authorizer.claims.sub"
    wafStatus          = "$context.waf.status"
    xrayTraceId        = "$context.xrayTraceId"
  })

  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${local.api_name}/access"
  kms_key_id        = var.logs_kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

# API Gateway prescribes the name.
resource "aws_cloudwatch_log_group" "execution" {
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.this.id}/${local.stage_name}"
  kms_key_id        = var.logs_kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

resource "aws_iam_role" "logging" {
  for_each = var.account_logging ? toset(["this"]) : toset([])

  name        = "${local.api_name}-logging"
  description = "API Gateway writes the logs of this region's APIs"

  # No aws:SourceAccount: API Gateway does not send it when it takes this role.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = var.tags
}

# The actions that API Gateway tries out when it is given the role. Any API of the
# region logs by it, so the groups are those of API Gateway, not of this API alone.
resource "aws_iam_role_policy" "logging" {
  for_each = aws_iam_role.logging

  name = "write-log-groups"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "WriteApiGatewayLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:CreateLogStream",
          "logs:DescribeLogStreams",
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "logs:PutLogEvents",
        ]
        Resource = [
          "${local.log_group_arn}:/aws/apigateway/*",
          "${local.log_group_arn}:API-Gateway-Execution-Logs_*",
        ]
      },
      {
        Sid      = "FindLogGroups"
        Effect   = "Allow"
        Action   = "logs:DescribeLogGroups"
        Resource = "${local.log_group_arn}:*"
      },
    ]
  })
}

resource "aws_api_gateway_account" "this" {
  for_each = aws_iam_role.logging

  cloudwatch_role_arn = each.value.arn

  depends_on = [aws_iam_role_policy.logging]
}
