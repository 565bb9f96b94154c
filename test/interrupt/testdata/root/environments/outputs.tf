output "password" {
  description = "A sensitive value that passes through both layers."
  value       = module.app.password
  sensitive   = true
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}
