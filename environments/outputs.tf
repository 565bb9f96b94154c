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

output "nat_public_ips" {
  description = "Public addresses from which functions reach the internet."
  value       = module.network.nat_public_ips
}

output "private_subnet_ids" {
  description = "Private subnets, one per zone."
  value       = module.network.private_subnet_ids
}

output "public_subnet_ids" {
  description = "Public subnets, one per zone."
  value       = module.network.public_subnet_ids
}

output "secret_arns" {
  description = "ARNs of the secrets by short name."
  value       = module.secrets.secret_arns
}

output "secret_names" {
  description = "Full names of the secrets by short name."
  value       = module.secrets.secret_names
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}
