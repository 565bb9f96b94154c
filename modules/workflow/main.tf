data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  state_machine_name = "${var.name}-TaskGenerationWorkflow"
  state_machine_arn  = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.state_machine_name}"
}

# Under /aws/vendedlogs/ one resource policy serves all groups; elsewhere each
# state machine adds to a policy of the account that holds 5,120 characters.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${local.state_machine_name}"
  kms_key_id        = var.logs_kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

# No published versions: an execution under way keeps the definition that it
# began with, and going back is an apply of the release before.
resource "aws_sfn_state_machine" "this" {
  name       = local.state_machine_name
  definition = jsonencode(local.definition)
  role_arn   = aws_iam_role.this.arn
  type       = "STANDARD"

  # Every event without its input and output: a user's goals and tasks stay out
  # of the log (R8.1).
  logging_configuration {
    include_execution_data = false
    level                  = "ALL"
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  tags = merge(var.tags, { Name = local.state_machine_name })

  # Step Functions looks at creation whether its role may deliver logs.
  depends_on = [aws_iam_role_policy.this]
}
