output "api_url" {
  value = var.address
}

output "app" {
  value = module.app.id
}

output "deploy_role_arn" {
  value = var.roles.deploy
}

output "function_names" {
  value = { counter = "${var.project}-production-counter" }
}

output "plan_role_arn" {
  value = var.roles.plan
}

output "project" {
  value = var.project
}

output "release_role_arn" {
  value = var.roles.release
}

output "site_bucket" {
  value = var.site_bucket
}

output "site_url" {
  value = var.address
}

output "vpc_id" {
  value = var.vpc_id
}
