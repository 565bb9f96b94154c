output "deploy_role_arn" {
  description = "Role of the deployment workflow, for runs in the GitHub Environment."
  value       = aws_iam_role.this["deploy"].arn

  # A role without its permissions deploys nothing.
  depends_on = [aws_iam_role_policy_attachment.deploy]
}

output "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider in this account."
  value       = local.oidc_provider_arn
}

output "plan_role_arn" {
  description = "Read-only role of pull requests and of the branch's checks."
  value       = aws_iam_role.this["plan"].arn

  depends_on = [aws_iam_role_policy_attachment.plan]
}

output "release_role_arn" {
  description = "Role of the branch's runs that build releases: it stores them and reaches nothing else."
  value       = aws_iam_role.this["release"].arn

  depends_on = [aws_iam_role_policy_attachment.release]
}
