output "grants" {
  value = local.grants
}

output "group_ids" {
  value = { for color, app in module.app : color => app.group_id }
}

output "token" {
  value     = module.identity.token
  sensitive = true
}

output "vpc_id" {
  value = module.network.vpc_id
}
