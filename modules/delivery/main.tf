data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  issuer            = "token.actions.githubusercontent.com"
  oidc_provider_arn = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${local.issuer}"

  # The subject of a run in a GitHub Environment names the environment instead
  # of the branch: which branches may deploy is a setting of the environment.
  subjects = {
    deploy = ["repo:${var.github.repository}:environment:${var.github.environment}"]
    plan = [
      "repo:${var.github.repository}:pull_request",
      "repo:${var.github.repository}:ref:refs/heads/${var.github.branch}",
    ]
    release = ["repo:${var.github.repository}:ref:refs/heads/${var.github.branch}"]
  }
  role_descriptions = {
    deploy  = "GitHub Actions deploys ${var.name}"
    plan    = "GitHub Actions plans changes of ${var.name}, read-only"
    release = "GitHub Actions builds releases of ${var.name}"
  }
}

# No thumbprint: AWS knows GitHub's certificate authority.
resource "aws_iam_openid_connect_provider" "github" {
  for_each = var.create_oidc_provider ? toset(["this"]) : toset([])

  client_id_list = ["sts.amazonaws.com"]
  url            = "https://${local.issuer}"

  tags = merge(var.tags, { Name = local.issuer })
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${var.name}-delivery-${each.key}"
  description          = local.role_descriptions[each.key]
  max_session_duration = each.key == "deploy" ? 7200 : 3600 # seconds

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value
        }
      }
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-delivery-${each.key}" })

  # IAM refuses a trust in a provider that does not exist yet.
  depends_on = [aws_iam_openid_connect_provider.github]
}
