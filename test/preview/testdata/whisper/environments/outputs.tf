output "label" {
  value = module.source.label
}

output "token" {
  value     = module.source.token
  sensitive = true
}
