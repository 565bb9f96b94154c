data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  # Made here and not read from the resources: roles and the key's policy come
  # before the functions and their log groups.
  function_arns  = { for name in keys(var.functions) : name => "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}-${name}" }
  log_group_arns = { for name in keys(var.functions) : name => "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${var.name}-${name}" }
}

# First, so that it has a key, a retention and tags: Lambda would make one with
# none of them at the first line.
resource "aws_cloudwatch_log_group" "this" {
  for_each = var.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  kms_key_id        = aws_kms_key.this.arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

# No reserved concurrency: it would take from the account's common pool, which
# new accounts have little of.
resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name = "${var.name}-${each.key}"
  architectures = [var.architecture]
  description   = each.value.description
  kms_key_arn   = aws_kms_key.this.arn
  memory_size   = each.value.memory_mb
  publish       = true
  role          = aws_iam_role.this[each.value.group].arn
  timeout       = each.value.timeout_seconds

  filename         = local.code[each.key].filename
  handler          = local.code[each.key].handler
  runtime          = local.code[each.key].runtime
  s3_bucket        = local.code[each.key].s3_bucket
  s3_key           = local.code[each.key].s3_key
  source_code_hash = local.code[each.key].hash

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  dynamic "environment" {
    for_each = length(each.value.environment) > 0 ? [each.value.environment] : []

    content {
      variables = environment.value
    }
  }

  # The functions leave lines out by themselves. Lambda takes a line without a level,
  # such as a metric in the embedded format, for INFO: with WARN none would be counted.
  logging_config {
    application_log_level = "DEBUG"
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this[each.key].name
    system_log_level      = var.log_level
  }

  tracing_config {
    mode = "Active"
  }

  vpc_config {
    security_group_ids = var.security_group_ids
    subnet_ids         = var.subnet_ids
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  # Lambda tries the role's permissions when it makes the function.
  depends_on = [aws_iam_role_policy.base, aws_iam_role_policy.group]
}

# Everything calls the alias. Terraform makes it, at the version that there is then;
# afterwards the deployer leads it from version to version, and shares calls out
# while it tries a new one.
resource "aws_lambda_alias" "live" {
  for_each = var.functions

  name             = "live"
  description      = "The version that is in use"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  for_each = { for name, function in var.functions : name => function.provisioned_concurrency if function.provisioned_concurrency > 0 }

  function_name                     = aws_lambda_function.this[each.key].function_name
  provisioned_concurrent_executions = each.value
  qualifier                         = aws_lambda_alias.live[each.key].name
}
