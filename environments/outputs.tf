output "alerts_topic_arn" {
  description = "SNS topic of the alarms."
  value       = module.monitoring.topic_arn
}

output "api_url" {
  description = "Address of the API itself; the site has it under /api, too."
  value       = module.api.invoke_url
}

output "database_endpoint" {
  description = "Host name of the database's writer."
  value       = module.database.endpoint
}

output "database_master_user_secret_arn" {
  description = "ARN of the secret with the database's master credentials."
  value       = module.database.master_user_secret_arn
}

output "database_name" {
  description = "Name of the application's database."
  value       = module.database.database_name
}

output "database_reader_endpoint" {
  description = "Host name that spreads connections over the database's readers."
  value       = module.database.reader_endpoint
}

output "deploy_role_arn" {
  description = "Role by which GitHub Actions deploys."
  value       = module.delivery.deploy_role_arn
}

output "distribution_id" {
  description = "Id of the CloudFront distribution."
  value       = module.frontend.distribution_id
}

output "function_names" {
  description = "Full names of the functions by short name."
  value       = { for name, function in module.functions.functions : name => function.function_name }
}

output "mail_dkim_tokens" {
  description = "DKIM tokens: CNAME records TOKEN._domainkey.DOMAIN to publish where no zone is set."
  value       = module.auth.mail_dkim_tokens
}

output "nat_public_ips" {
  description = "Public addresses from which functions reach the internet."
  value       = module.network.nat_public_ips
}

output "plan_role_arn" {
  description = "Role by which GitHub Actions plans."
  value       = module.delivery.plan_role_arn
}

output "private_subnet_ids" {
  description = "Private subnets, one per zone."
  value       = module.network.private_subnet_ids
}

output "project" {
  description = "Name of the project, the first part of every name."
  value       = var.project
}

output "public_subnet_ids" {
  description = "Public subnets, one per zone."
  value       = module.network.public_subnet_ids
}

output "release_role_arn" {
  description = "Role by which GitHub Actions builds releases."
  value       = module.delivery.release_role_arn
}

output "secret_arns" {
  description = "ARNs of the secrets by short name."
  value       = module.secrets.secret_arns
}

output "secret_names" {
  description = "Full names of the secrets by short name."
  value       = module.secrets.secret_names
}

output "site_bucket" {
  description = "Bucket of the site's files."
  value       = module.frontend.bucket_name
}

output "site_url" {
  description = "Address of the site."
  value       = module.frontend.url
}

output "state_machine_arn" {
  description = "ARN of the task generation workflow."
  value       = module.workflow.state_machine_arn
}

output "trail_bucket" {
  description = "Bucket of the audit trail."
  value       = module.audit.bucket_name
}

output "user_pool_client_id" {
  description = "Id of the application's client of the user pool."
  value       = module.auth.client_id
}

output "user_pool_id" {
  description = "Id of the user pool."
  value       = module.auth.user_pool_id
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}
